# SPDX-License-Identifier: Apache-2.0 OR GPL-2.0-only
"""What is asked for, and what reaches the kernel of it."""

import unittest

import loader

UNLOAD, ON_CRASH, NO_INITRAMFS, DEBUG = 1, 2, 4, 8

# Positions of kexec_file_load's arguments.
INITRD, SIZE, FLAGS = 1, 2, 4


class Options(unittest.TestCase):
    @classmethod
    def setUpClass(cls):
        loader.FOLDER.chmod(0o755)
        cls.program = loader.build("options")
        cls.image = loader.FOLDER / "image"
        cls.image.write_bytes(b"MZ")
        cls.initrd = loader.FOLDER / "initrd"
        cls.initrd.write_bytes(b"070701")

    def passed(self, argument, *arguments):
        """What the kernel gets as an argument of kexec_file_load."""
        result = loader.run(self.program, *arguments, echo=argument)
        if result.returncode == 0:
            return 0
        self.assertEqual(result.returncode, 1, result.stderr)
        known = {1: "EPERM", 8: "ENOEXEC", 5: "EIO", 12: "ENOMEM", 13: "EACCES"}
        for number, name in known.items():
            if f"({name})" in result.stderr:
                return number
        return int(result.stderr.split("(error ")[1].split(")")[0])

    def refused(self, reason, *arguments):
        result = loader.run(self.program, *arguments)
        self.assertEqual(result.returncode, 64, result.stdout + result.stderr)
        self.assertIn(reason, result.stderr)
        self.assertIn("see kexec-efi-load --help", result.stderr)
        self.assertEqual(result.stdout, "")

    def test_flags_are_what_was_asked_for(self):
        for wanted, arguments in (
            (NO_INITRAMFS, [self.image]),
            (NO_INITRAMFS, ["-l", "-s", self.image]),
            (NO_INITRAMFS | ON_CRASH, ["-p", self.image]),
            (NO_INITRAMFS | ON_CRASH, ["--load-panic", self.image]),
            (NO_INITRAMFS | DEBUG, ["-d", self.image]),
            (NO_INITRAMFS | ON_CRASH | DEBUG, ["-spd", self.image]),
            (ON_CRASH, ["-p", "--initrd", self.initrd, self.image]),
            (UNLOAD, ["--unload"]),
            (UNLOAD, ["-u"]),
            (UNLOAD | ON_CRASH, ["-u", "-p"]),
            (UNLOAD | ON_CRASH, ["-pu"]),
        ):
            with self.subTest(arguments=arguments):
                self.assertEqual(self.passed(FLAGS, *arguments), wanted)

    def test_an_initrd_is_passed_open(self):
        # The first two files that a program opens are 3 and 4.
        self.assertEqual(self.passed(INITRD, f"--initrd={self.initrd}", self.image), 4)
        self.assertEqual(self.passed(INITRD, "--ramdisk", self.initrd, self.image), 4)

    def test_the_kernel_counts_the_end_of_the_command_line(self):
        for arguments, wanted in (
            ([], 0),
            (["--command-line="], 1),
            (["--command-line", ""], 1),
            (["--append=quiet"], 6),
            (["--command-line", "x" * 3000], 3001),
            # Twelve bits come back.
            (["--command-line", "x" * 100000], 100001 & 0xFFF),
        ):
            with self.subTest(length=len(arguments[-1]) if arguments else None):
                self.assertEqual(self.passed(SIZE, *arguments, self.image), wanted)

    def test_debug_says_what_is_passed(self):
        result = loader.run(self.program, "-d", "--command-line=a b", "--initrd", self.initrd, self.image)
        self.assertEqual(result.returncode, 0, result.stderr)
        self.assertEqual(result.stdout.splitlines(), [
            f"image: {self.image}", f"initrd: {self.initrd}", "command line: a b", "flags: 8"])

    def test_nothing_is_said_when_all_is_well(self):
        result = loader.run(self.program, self.image)
        self.assertEqual((result.returncode, result.stdout, result.stderr), (0, "", ""))

    def test_a_name_may_begin_with_a_dash(self):
        result = loader.run(self.program, "--", "-image")
        self.assertEqual(result.returncode, 66)
        self.assertIn("-image: there is no such file", result.stderr)

    def test_wrong_command_lines_are_refused_with_a_reason(self):
        image = self.image
        self.refused("no image is given")
        self.refused("no image is given", "-p")
        self.refused("no image is given", "-e", "--initrd", self.initrd)
        self.refused("two: one and other", "one", "other")
        self.refused("there is no option --frobnicate", "--frobnicate", image)
        self.refused("there is no option --loaded", "--loaded", image)
        self.refused("there is no option --initrds=x", "--initrds=x", image)
        self.refused("there is no option -x, as in -dx", "-dx", image)
        self.refused("--initrd needs a value", image, "--initrd")
        self.refused("--debug takes no value", "--debug=1", image)
        self.refused("--initrd is given twice", "--initrd=a", "--ramdisk=b", image)
        self.refused("--command-line is given twice", "--append=a", "--command-line=a", image)
        self.refused("exclude each other", "--reuse-cmdline", "--append=a", image)
        self.refused("does not go with --load-panic", "-p", "-e", image)
        self.refused("--unload goes with", "--unload", image)
        self.refused("--unload goes with", "--unload", "--exec")

    def test_help_has_every_option_an_example_and_the_exit_statuses(self):
        result = loader.run(self.program, "--help")
        self.assertEqual((result.returncode, result.stderr), (0, ""))
        for text in ("--load-panic", "--unload", "--exec", "--initrd", "--command-line", "--reuse-cmdline", "--debug",
                     "--version", "Example:\n  kexec-efi-load --initrd=", "Exit status:", "CONFIG_KEXEC_EFI"):
            self.assertIn(text, result.stdout)
        self.assertEqual(loader.run(self.program, "-dh").stdout, result.stdout)
        self.assertLessEqual(max(map(len, result.stdout.splitlines())), 90)

    def test_version(self):
        result = loader.run(self.program, "--version")
        self.assertEqual(result.returncode, 0)
        self.assertRegex(result.stdout, r"\Akexec-efi-load \S+\n\Z")

    def test_exec_alone_and_after_loading(self):
        for arguments in (["-e"], ["--exec", self.image]):
            result = loader.run(self.program, *arguments)
            self.assertEqual(result.returncode, 1)
            self.assertIn("exec: no image is loaded (EINVAL)", result.stderr)
        # What cannot be loaded is not entered.
        result = loader.run(self.program, "-e", self.image, answer=8)
        self.assertIn("(ENOEXEC)", result.stderr)
        self.assertNotIn("exec:", result.stderr)
