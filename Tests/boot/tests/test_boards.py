# SPDX-License-Identifier: Apache-2.0 OR GPL-2.0-only
"""What boards are made of."""

import unittest

import boards

SOURCE = """/dts-v1/;

/ {
\tmodel = "linux,dummy-virt";
\tcompatible = "linux,dummy-virt";

\tmemory@40000000 {
\t\tdevice_type = "memory";
\t};

\tgpio-keys {
\t\tpoweroff {
\t\t};
\t};

\tpl061@9030000 {
\t};

\tother {
\t\tcompatible = "linux,dummy-virt";
\t};

\tchosen {
\t\tstdout-path = "/pl011@9000000";
\t\trng-seed = <0x01 0x02>;
\t\tkaslr-seed = <0x03>;
\t};
};
"""


class Trees(unittest.TestCase):
    def test_a_board_has_another_name_and_no_memory_of_its_own(self):
        made = boards.tree(SOURCE, "board", "virgil,board")
        for gone in ("memory@", "gpio-keys", "poweroff", "pl061@", "seed"):
            self.assertNotIn(gone, made)
        self.assertIn('\n\tmodel = "board";\n\tcompatible = "virgil,board";\n', made)
        self.assertIn('other {\n\t\tcompatible = "linux,dummy-virt";\n\t};\n', made)
        self.assertIn('stdout-path = "/pl011@9000000";', made)
        self.assertEqual(made.count("{"), made.count("}"))


class Hardware(unittest.TestCase):
    def test_identifiers_are_those_that_fwupd_computes(self):
        # From fwupd's documentation of HWIDs: manufacturer only.
        self.assertEqual(boards.identifier("LENOVO"), "6de5d951-d755-576b-bd09-c5cf66b27234")

    def test_microcode_is_one_archive_of_whole_words(self):
        archive = boards.microcode()
        self.assertEqual(len(archive) % 4, 0)
        self.assertTrue(archive.startswith(b"070701"))
        start = (110 + len(b"kernel/x86/microcode/AuthenticAMD.bin\0") + 3) & ~3
        self.assertEqual(archive[start:start + 4], b"DMA\0")
        self.assertIn(b"TRAILER!!!\0", archive[start + 64:])


if __name__ == "__main__":
    unittest.main()
