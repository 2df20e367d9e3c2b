# SPDX-License-Identifier: Apache-2.0 OR GPL-2.0-only
"""Parts of a cover, and names."""

import argparse
import unittest

import selection
from samples import cover


class Selection(unittest.TestCase):
    def test_the_parts_are_the_whole_without_repetitions(self):
        whole = cover("triples")
        parts = [selection.chosen(whole, (number, 3)) for number in (1, 2, 3)]
        self.assertEqual(sorted(cell.name for cell in whole), sorted(cell.name for part in parts for cell in part))

    def test_cells_of_a_reference_are_in_one_part(self):
        parts = [{cell.reference for cell in selection.chosen(cover("triples"), (number, 3))} for number in (1, 2, 3)]
        self.assertFalse(parts[0] & parts[1] or parts[1] & parts[2] or parts[0] & parts[2])

    def test_names_and_patterns(self):
        whole = cover("pairwise")
        name = whole[0].name
        self.assertEqual([whole[0]], selection.chosen(whole, patterns=[name]))
        for cell in selection.chosen(whole, patterns=["x86_64/*/la57"]):
            self.assertEqual(("x86_64", "la57"), (cell.arch, cell.machine))
        self.assertEqual([], selection.chosen(whole, patterns=["no such cell"]))
        both = selection.chosen(whole, patterns=["/la57", "/el2"])
        self.assertEqual({"la57", "el2"}, {cell.machine for cell in both})

    def test_parts_as_text(self):
        self.assertEqual((2, 3), selection.shard("2/3"))
        for wrong in ("", "2", "0/3", "4/3", "a/b", "1/3/5", "-1/3"):
            with self.assertRaises(argparse.ArgumentTypeError, msg=wrong):
                selection.shard(wrong)


if __name__ == "__main__":
    unittest.main()
