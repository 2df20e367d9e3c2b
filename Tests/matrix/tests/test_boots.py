# SPDX-License-Identifier: Apache-2.0 OR GPL-2.0-only
"""What is said of a guest that did not pass, and what its image is called."""

import types
import unittest

import boots
import cells

MATRIX = cells.load()


def said(**changes):
    return {"outcome": "failed", "phase": "executing", "reason": "it ended", "differences": [], "lastLines": []} | changes


class Reasons(unittest.TestCase):
    def test_expectations_that_were_not_met(self):
        self.assertEqual("a; b", boots.reason(said(outcome="different", differences=["a", "b"])))

    def test_where_it_ended_and_the_last_line_that_complains(self):
        lines = ["virgil: error: first", "[   1.5] Kernel panic - not syncing: VFS", "[   1.6] ---[ end ]---"]
        self.assertEqual("it ended, in the phase executing: Kernel panic - not syncing: VFS",
                         boots.reason(said(lastLines=lines)))

    def test_no_line_that_complains(self):
        self.assertEqual("timed out, in the phase executing", boots.reason(said(reason=None, lastLines=["all is well"])))


class Images(unittest.TestCase):
    def setUp(self):
        chosen = MATRIX.cells("all")
        options = types.SimpleNamespace(artefacts=cells.FILE.parent, scratch=cells.FILE.parent)
        self.chosen, self.boots = chosen, boots.Boots(MATRIX, chosen, options)

    def test_cells_with_the_same_image_name_want_the_same_image(self):
        by_name = {}
        for cell in self.chosen:
            by_name.setdefault(self.boots.image_name(cell), []).append(self.boots.spec(cell))
        for name, specs in by_name.items():
            self.assertTrue(all(spec == specs[0] for spec in specs), name)
        self.assertEqual(len(by_name), len({str(specs[0]) for specs in by_name.values()}))

    def test_a_reference_has_the_image_of_its_cells(self):
        for cell in self.chosen:
            self.assertEqual(self.boots.image_name(cell), self.boots.image_name(cell.reference))

    def test_uses_are_counted_for_cells_and_references(self):
        references = {cell.reference for cell in self.chosen}
        self.assertEqual(len(self.chosen) + len(references), sum(self.boots.uses.values()))


if __name__ == "__main__":
    unittest.main()
