# SPDX-License-Identifier: Apache-2.0 OR GPL-2.0-only
"""Comparing what user space saw, and the differences that are declared."""

import json
import unittest

import state

KEXEC = {"release": "6.12", "state-cmdline": "quiet", "state-memory:total": "1000", "state-efi-table:RNG": "yes",
         "first-efi": "yes"}
FIRMWARE = {"release": "6.12", "state-cmdline": "quiet", "state-memory:total": "1004"}
DECLARED = [{"key": "state-memory:*", "reason": "a few pages", "tolerance": 4},
            {"key": "state-efi-table:RNG", "reason": "a seed", "only": "kexec"}]


def found(kexec, firmware, declared=DECLARED):
    return state.differences(KEXEC | kexec, FIRMWARE | firmware, declared)


class Marks(unittest.TestCase):
    def test_of_json(self):
        said = {"marks": {"state-cmdline": "a=b"}, "first": {"efi": "no"}, "outcome": "passed"}
        expected = {"state-cmdline": "a=b", "first-efi": "no"}
        self.assertEqual(expected, state.marks(said))
        self.assertEqual(expected, state.marks(json.dumps(said)))

    def test_of_a_log(self):
        log = "noise\r\nVIRGIL-FIRST begin 6.12\r\nVIRGIL-FIRST efi yes\r\n\x1b[0mVIRGIL-MARK a=b=c\r\nVIRGIL-MARK end\r\n"
        self.assertEqual({"a": "b=c", "first-efi": "yes"}, state.marks(log))

    def test_without_a_first_kernel(self):
        self.assertEqual({"a": "b"}, state.marks("VIRGIL-MARK a=b\n"))


class Differences(unittest.TestCase):
    def test_none_where_all_is_equal_or_declared(self):
        self.assertEqual([], found({}, {}))

    def test_other_marks_are_not_compared(self):
        self.assertEqual([], found({"release": "7.2"}, {}))

    def test_a_value(self):
        self.assertEqual(["cmdline: quiet by kexec, loud by firmware"], found({}, {"state-cmdline": "loud"}))

    def test_a_mark_that_one_road_lacks(self):
        self.assertEqual(["extra:x: absent by kexec, 1 by firmware"], found({}, {"state-extra:x": "1"}))
        self.assertEqual(["extra:x: 1 by kexec, absent by firmware"], found({"state-extra:x": "1"}, {}))

    def test_beyond_the_tolerance(self):
        self.assertEqual(["memory:total: 1000 by kexec, 1005 by firmware"], found({}, {"state-memory:total": "1005"}))

    def test_a_tolerance_is_of_numbers_that_are_there(self):
        self.assertEqual(1, len(found({}, {"state-memory:total": "much"})))
        self.assertEqual(1, len(found({"state-memory:given": "3"}, {})))

    def test_what_may_be_missing_may_not_differ(self):
        self.assertEqual(["efi-table:RNG: yes by kexec, no by firmware"], found({}, {"state-efi-table:RNG": "no"}))

    def test_what_kexec_alone_may_have_must_not_be_firmware_s_alone(self):
        self.assertEqual(["efi-table:RNG: absent by kexec, yes by firmware"],
                         state.differences({"state-cmdline": "quiet"}, {"state-cmdline": "quiet",
                                                                        "state-efi-table:RNG": "yes"}, DECLARED))

    def test_declared_for_some_boots_only(self):
        declared = DECLARED + [{"key": "state-acpi:*", "reason": "none", "when": {"first-efi": "no"}}]
        self.assertEqual(1, len(found({}, {"state-acpi:APIC": "1"}, declared)))
        self.assertEqual([], found({"first-efi": "no"}, {"state-acpi:APIC": "1"}, declared))

    def test_two_boots_without_state_are_not_equal(self):
        self.assertEqual(["no state by kexec and by firmware"], state.differences({}, {"release": "6.12"}, DECLARED))


class Declared(unittest.TestCase):
    def test_the_file_can_be_read(self):
        self.assertTrue(state.load())
