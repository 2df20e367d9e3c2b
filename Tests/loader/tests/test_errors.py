# SPDX-License-Identifier: Apache-2.0 OR GPL-2.0-only
"""What is said when it does not work."""

import errno
import os
import unittest

import loader

REASONS = {
    "EPERM": "CAP_SYS_BOOT",
    "EIO": "could not be read",
    "ENOEXEC": "CONFIG_KEXEC_EFI",
    "ENOMEM": "not enough memory",
    "EACCES": "integrity policy",
    "EBUSY": "try again",
    "EINVAL": "COMMAND_LINE_SIZE",
    "ETXTBSY": "open for writing",
    "EFBIG": "too large",
    "ENOSYS": "CONFIG_KEXEC_FILE",
    "ENODATA": "not signed",
    "ENOPKG": "algorithm",
    "EBADMSG": "malformed",
    "ELIBBAD": "malformed",
    "EADDRNOTAVAIL": "no free range",
    "ENOKEY": "does not know",
    "EKEYEXPIRED": "expired",
    "EKEYREVOKED": "revoked",
    "EKEYREJECTED": "altered",
}


class Errors(unittest.TestCase):
    @classmethod
    def setUpClass(cls):
        loader.FOLDER.chmod(0o755)
        cls.program = loader.build("errors")
        cls.image = loader.FOLDER / "image.efi"
        cls.image.write_bytes(b"MZ")

    def test_every_error_number_is_said_in_words(self):
        for name, words in REASONS.items():
            with self.subTest(name):
                result = loader.run(self.program, self.image, answer=getattr(errno, name))
                self.assertEqual(result.returncode, 1)
                first = result.stderr.splitlines()[0]
                self.assertTrue(first.startswith(f"kexec-efi-load: {self.image}: "), first)
                self.assertTrue(first.endswith(f" ({name})"), first)
                self.assertIn(words, result.stderr)
                self.assertTrue(all(len(line) <= 120 for line in result.stderr.splitlines()[1:]))

    def test_an_unknown_error_number_is_said(self):
        result = loader.run(self.program, self.image, answer=errno.EXFULL)
        self.assertEqual(result.returncode, 1)
        self.assertIn(f"(error {errno.EXFULL})", result.stderr)

    def test_without_room_a_crash_kernel_needs_a_larger_region(self):
        result = loader.run(self.program, "-p", self.image, answer=errno.EADDRNOTAVAIL)
        self.assertIn("crashkernel=SIZE", result.stderr)
        result = loader.run(self.program, "-p", self.image, answer=errno.ENOEXEC)
        self.assertIn("CONFIG_KEXEC_EFI", result.stderr)

    def test_unload_has_no_image_to_name(self):
        result = loader.run(self.program, "-u", answer=errno.EBUSY)
        self.assertTrue(result.stderr.startswith("kexec-efi-load: unload: another kexec"), result.stderr)

    def test_without_privileges_the_real_kernel_refuses(self):
        # Nothing stands between: EPERM, or ENOSYS where the machine's kernel has no kexec_file_load.
        result = loader.run(self.program, self.image, unfiltered=True)
        self.assertEqual(result.returncode, 1)
        self.assertRegex(result.stderr, r"\((EPERM|ENOSYS)\)")

    def test_files_that_cannot_be_read_are_named(self):
        secret = loader.FOLDER / "secret"
        secret.write_bytes(b"")
        secret.chmod(0)
        loop = loader.FOLDER / "loop"
        if not loop.is_symlink():
            loop.symlink_to("loop")
        for path, reason in ((loader.FOLDER / "absent", "no such file (ENOENT)"),
                             (self.image / "below", "no folder (ENOTDIR)"), (loop, "lead nowhere (ELOOP)"),
                             (secret, "may not read it"), ("x" * 300, "cannot be opened (error 36)")):
            with self.subTest(path=str(path)[-20:]):
                for arguments in ([path], ["--initrd", path, self.image]):
                    result = loader.run(self.program, *arguments)
                    self.assertEqual(result.returncode, 66, result.stderr)
                    self.assertIn(f"kexec-efi-load: {path}: ", result.stderr)
                    self.assertIn(reason, result.stderr)

    def test_a_full_standard_output_does_not_hang(self):
        with open("/dev/full", "w", encoding="ascii") as full:
            self.assertEqual(os.waitstatus_to_exitcode(os.system(f"{self.program} --help >{full.name}")), 0)
