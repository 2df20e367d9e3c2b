# SPDX-License-Identifier: Apache-2.0 OR GPL-2.0-only
import sys
import unittest

import guests
import kinds
import series

SAID = """[    0.1] VIRGIL-FIRST release 6.12.1\r
VIRGIL-FIRST load image ENODATA 0 1\r
VIRGIL-FIRST enter\r
VIRGIL-MARK cmdline=a=b c\r
VIRGIL-MARK efi=yes\r
VIRGIL-MARK end\r
"""


class Logs(unittest.TestCase):
    log = guests.Log(SAID, 0)

    def test_lines_of_the_first_kernel(self):
        self.assertEqual(self.log.first, ["release 6.12.1", "load image ENODATA 0 1", "enter"])

    def test_loads(self):
        self.assertEqual(self.log.loads(), {"image": ("ENODATA", False, True)})

    def test_marks(self):
        self.assertEqual(self.log.marks["cmdline"], "a=b c")


class Checks(unittest.TestCase):
    log = guests.Log(SAID, 0)

    def test_a_load_as_expected(self):
        kinds.check_load(self.log, "image", "ENODATA", (False, True))

    def test_another_error(self):
        with self.assertRaisesRegex(kinds.Failure, "gave ENODATA, not ENOKEY"):
            kinds.check_load(self.log, "image", "ENOKEY", (False, True))

    def test_an_image_that_did_not_stay(self):
        with self.assertRaisesRegex(kinds.Failure, "another image is loaded"):
            kinds.check_load(self.log, "image", "ENODATA", (True, True))

    def test_a_load_that_never_was(self):
        with self.assertRaisesRegex(kinds.Failure, "said nothing"):
            kinds.check_load(self.log, "other", "0", (True, False))

    def test_marks_as_expected(self):
        kinds.check_marks(self.log, ["efi=yes", "cmdline~b c"])

    def test_marks_that_differ_or_are_missing(self):
        for expectation in ("efi=no", "cmdline~x", "vmcore=177ELF"):
            with self.assertRaises(kinds.Failure):
                kinds.check_marks(self.log, [expectation])

    def test_a_guest_that_hung_after_its_marks(self):
        with self.assertRaisesRegex(kinds.Failure, "did not end by itself"):
            kinds.check_marks(guests.Log(SAID, None), ["efi=yes"])

    def test_a_second_kernel_that_did_not_get_there(self):
        with self.assertRaisesRegex(kinds.Failure, "did not reach its last mark"):
            kinds.check_marks(guests.Log(SAID.replace("VIRGIL-MARK end", ""), 0), ["efi=yes"])


class Exceptions(unittest.TestCase):
    exception = series.Justified({"type": "LONG_LINE", "where": "kernel/kexec_efi/", "reason": "a test"})

    def test_of_its_type_and_place(self):
        self.assertTrue(self.exception.covers("kernel/kexec_efi/pe.c:1: WARNING:LONG_LINE: line length", "kexec: x"))

    def test_of_another_type_or_place(self):
        self.assertFalse(self.exception.covers("kernel/kexec_efi/pe.c:1: WARNING:SPACING: no", "kexec: x"))
        self.assertFalse(self.exception.covers("arch/x86/kernel/a.c:1: WARNING:LONG_LINE: line length", "kexec: x"))


if __name__ == "__main__":
    sys.exit(unittest.main())
