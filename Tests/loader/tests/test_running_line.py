# SPDX-License-Identifier: Apache-2.0 OR GPL-2.0-only
"""--reuse-cmdline, with command lines that other kernels may have."""

import subprocess
import unittest

import loader


class RunningLine(unittest.TestCase):
    @classmethod
    def setUpClass(cls):
        loader.FOLDER.chmod(0o755)
        cls.program = loader.build("running-line")
        cls.image = loader.FOLDER / "image.efi"
        cls.image.write_bytes(b"MZ")
        cls.line = loader.FOLDER / "cmdline"

    def wrapper(self):
        """Puts a file in the place of /proc/cmdline, for one program."""
        return ["unshare", "--user", "--map-root-user", "--mount", "sh", "-c",
                f'mount --bind {self.line} /proc/cmdline && exec "$0" "$@"']

    def reused(self, line, *arguments):
        self.line.write_bytes(line)
        probe = subprocess.run([*self.wrapper(), "true"], capture_output=True, text=True, check=False)
        if probe.returncode:
            self.skipTest(f"/proc/cmdline cannot be replaced here: {probe.stderr.strip()}")
        result = loader.run(self.program, "-d", "--reuse-cmdline", *arguments, self.image, wrapper=self.wrapper())
        self.assertEqual(result.returncode, 0, result.stderr)
        return next(said for said in result.stdout.split("\n") if said.startswith("command line: "))[14:]

    def test_it_is_taken_as_it_is(self):
        self.assertEqual(self.reused(b"root=/dev/vda1  quiet\n"), "root=/dev/vda1  quiet")
        self.assertEqual(self.reused(b"\n"), "")
        self.assertEqual(self.reused(b""), "")
        self.assertEqual(self.reused(b"no-line-end"), "no-line-end")

    def test_what_is_about_the_running_kernel_only_goes(self):
        self.assertEqual(self.reused(b"BOOT_IMAGE=/vmlinuz root=/dev/vda1\n"), "root=/dev/vda1")
        self.assertEqual(self.reused(b"quiet BOOT_IMAGE=/vmlinuz\n"), "quiet ")
        self.assertEqual(self.reused(b'a BOOT_IMAGE="/with blank" b\n'), "a b")
        self.assertEqual(self.reused(b"x.BOOT_IMAGE=1 y\n"), "x.BOOT_IMAGE=1 y")
        self.assertEqual(self.reused(b'a="BOOT_IMAGE=1 crashkernel=1" b\n', "-p"), 'a="BOOT_IMAGE=1 crashkernel=1" b')

    def test_a_crash_kernel_reserves_no_memory_for_another(self):
        line = b"crashkernel=256M,high quiet crashkernel=72M,low\n"
        self.assertEqual(self.reused(line), line.decode().strip())
        self.assertEqual(self.reused(line, "-p"), "quiet ")

    def test_long_lines(self):
        line = b"x" * 200000
        self.assertEqual(self.reused(line), line.decode())

    def test_a_line_that_is_too_long_is_refused_whole(self):
        self.reused(b"")
        self.line.write_bytes(b"x" * 256 * 1024)
        result = loader.run(self.program, "--reuse-cmdline", self.image, wrapper=self.wrapper())
        self.assertEqual(result.returncode, 66)
        self.assertIn("/proc/cmdline: longer than 262143 bytes", result.stderr)
