# SPDX-License-Identifier: Apache-2.0 OR GPL-2.0-only
"""What becomes of two boots, and what of it can be taken over."""

import json
import pathlib
import tempfile
import unittest

import cells
import results
from samples import STATE, booted, entry, whole

CELL = cells.load().cells("pairwise")[0]


class Results(unittest.TestCase):
    def test_both_passed_and_the_same(self):
        found = entry(CELL)
        self.assertEqual(("passed", "", []), (found["result"], found["reason"], found["differences"]))
        self.assertEqual(CELL.machine, found["machine"])
        self.assertFalse(found["repeated"])

    def test_user_space_sees_a_difference(self):
        found = entry(CELL, firmware=booted(CELL, "firmware", marks=STATE | {"state-cmdline": "a"}))
        self.assertEqual("failed", found["result"])
        self.assertEqual(["cmdline: a b by kexec, a by firmware"], found["differences"])
        self.assertEqual("user space sees 1 difference", found["reason"])

    def test_a_difference_that_is_declared(self):
        declared = [{"key": "state-cmdline", "reason": "a test"}]
        found = entry(CELL, firmware=booted(CELL, "firmware", marks=STATE | {"state-cmdline": "a"}), declared=declared)
        self.assertEqual("passed", found["result"])

    def test_no_state_is_no_pass(self):
        self.assertEqual("failed", entry(CELL, kexec=booted(CELL, "kexec", marks={}))["result"])

    def test_a_failure_on_either_road_fails_the_cell_and_says_which(self):
        found = entry(CELL, kexec=booted(CELL, "kexec", "failed", "panic"))
        self.assertEqual(("failed", "panic"), (found["result"], found["reason"]))
        found = entry(CELL, firmware=booted(CELL, "firmware", "failed", "panic"))
        self.assertEqual(("failed", "by firmware: panic"), (found["result"], found["reason"]))

    def test_a_failure_counts_more_than_a_skip(self):
        found = entry(CELL, booted(CELL, "kexec", "skipped", "no kernel"), booted(CELL, "firmware", "failed", "panic"))
        self.assertEqual("failed", found["result"])

    def test_a_skip_says_its_reason_once(self):
        skipped = [booted(CELL, road, "skipped", "no kernel") for road in ("kexec", "firmware")]
        self.assertEqual(("skipped", "no kernel"), tuple(entry(CELL, *skipped)[key] for key in ("result", "reason")))

    def test_totals(self):
        self.assertEqual({"passed": 2, "failed": 1, "skipped": 0},
                         results.totals([{"result": "passed"}, {"result": "failed"}, {"result": "passed"}]))


class Files(unittest.TestCase):
    def setUp(self):
        self.folder = tempfile.TemporaryDirectory()
        self.addCleanup(self.folder.cleanup)
        self.path = pathlib.Path(self.folder.name).resolve() / "results.json"

    def test_logs_are_relative_in_the_file_and_whole_again_when_read(self):
        before = whole()
        results.save(self.path, before)
        inside = json.loads(self.path.read_text())["cells"][0]["log"]
        self.assertTrue(inside.startswith("../"), inside)
        self.assertEqual(before["cells"], results.load(self.path)["cells"])
        self.assertEqual([self.path.name], [file.name for file in self.path.parent.iterdir()])

    def test_what_is_taken_over(self):
        def inputs(_):
            return "0123"

        self.assertTrue(results.still_good(entry(CELL), CELL, inputs))
        self.assertFalse(results.still_good(entry(CELL), CELL, lambda _: "4567"))
        self.assertFalse(results.still_good(None, CELL, inputs))
        self.assertFalse(results.still_good(entry(CELL, booted(CELL, "kexec", "failed", "panic")), CELL, inputs))

    def test_the_inputs_change_with_what_they_are_of(self):
        matrix = cells.load()
        for name in ("virgil", f"virgil-{CELL.arch}.blob"):
            (self.path.parent / name).write_text(name)
        before = results.Inputs(matrix, self.path.parent)(CELL)
        self.assertEqual(before, results.Inputs(matrix, self.path.parent)(CELL))
        (self.path.parent / "virgil").write_text("another")
        self.assertNotEqual(before, results.Inputs(matrix, self.path.parent)(CELL))
        other = next(cell for cell in matrix.cells("all") if cell.machine != CELL.machine and cell.arch == CELL.arch)
        self.assertNotEqual(results.Inputs(matrix, self.path.parent)(CELL), results.Inputs(matrix, self.path.parent)(other))


if __name__ == "__main__":
    unittest.main()
