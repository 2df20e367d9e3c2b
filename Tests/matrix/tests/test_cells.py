# SPDX-License-Identifier: Apache-2.0 OR GPL-2.0-only
"""The matrix as it stands, and what is refused of one."""

import copy
import itertools
import tomllib
import unittest

import cells
import covers


class TheMatrix(unittest.TestCase):
    @classmethod
    def setUpClass(cls):
        cls.matrix = cells.load()
        cls.chosen = {cover: cls.matrix.cells(cover) for cover in cells.COVERS}

    def test_every_cell_satisfies_every_constraint(self):
        for cover, chosen in self.chosen.items():
            for cell in chosen:
                excluding = self.matrix.excluding(**dict(zip(cells.AXES, cell.values)))
                self.assertEqual([], excluding, f"{cover}: {cell.name}")

    def test_pairwise_covers_every_pair_that_a_cell_can_have(self):
        self.assert_covered("pairwise", 2)

    def test_triples_cover_every_triple_that_a_cell_can_have(self):
        self.assert_covered("triples", 3)

    def assert_covered(self, cover, strength):
        """Reckoned from the axes' values and the constraints, not by what made the cover."""
        for arch, axes in self.matrix.axes.items():
            had = set()
            for cell in self.chosen[cover]:
                if cell.arch == arch:
                    had |= set(itertools.combinations(zip(cells.AXES, cell.values), strength))
            for names in itertools.combinations(cells.AXES, strength):
                for values in itertools.product(*(axes[name] for name in names)):
                    combination = tuple(zip(names, values))
                    if combination not in had:
                        self.assertFalse(self.is_possible(arch, dict(combination)), f"{cover} lacks {combination}")

    def is_possible(self, arch, fixed):
        axes = self.matrix.axes[arch]
        return any(not self.matrix.excluding(**dict(zip(cells.AXES, values)))
                   for values in itertools.product(*([fixed[name]] if name in fixed else axes[name]
                                                     for name in cells.AXES)))

    def test_all_is_every_combination_but_the_excluded(self):
        count = 0
        for axes in self.matrix.axes.values():
            count += sum(not self.matrix.excluding(**dict(zip(cells.AXES, values)))
                         for values in itertools.product(*(axes[name] for name in cells.AXES)))
        self.assertEqual(count, len(self.chosen["all"]))

    def test_covers_are_parts_of_all_without_repetitions_and_the_same_each_time(self):
        every = set(self.chosen["all"])
        for cover, chosen in self.chosen.items():
            self.assertEqual(len(chosen), len(set(chosen)), cover)
            self.assertLessEqual(set(chosen), every, cover)
            self.assertEqual(chosen, cells.load().cells(cover), cover)

    def test_a_cover_is_smaller_than_the_next(self):
        sizes = [len(self.chosen[cover]) for cover in ("pairwise", "triples", "all")]
        self.assertEqual(sizes, sorted(set(sizes)))

    def test_every_constraint_matters_and_has_a_reason(self):
        """A constraint that excludes nothing, or only what others exclude, is a slip of the pen."""
        for constraint in self.matrix.constraints:
            others = copy.copy(self.matrix)
            others.constraints = [other for other in self.matrix.constraints if other is not constraint]
            more = sum(len(list(others.every(arch))) for arch in others.arches)
            self.assertGreater(more, len(self.chosen["all"]), constraint)
            self.assertTrue(constraint.reason)

    def test_the_names_say_everything(self):
        names = {cell.name for cell in self.chosen["all"]}
        self.assertEqual(len(self.chosen["all"]), len(names))
        for cell in self.chosen["pairwise"]:
            self.assertEqual(cell, cells.Cell(*cell.name.split("/")))

    def test_a_reference_is_shared_by_what_boots_the_same_image_on_the_same_machine(self):
        one = self.chosen["all"][0]
        for cell in self.chosen["all"]:
            same = all(getattr(cell, axis) == getattr(one, axis) for axis in ("arch", "payload", "kernel", "machine"))
            self.assertEqual(same, cell.reference == one.reference)


class Tables(unittest.TestCase):
    def setUp(self):
        self.table = tomllib.loads(cells.FILE.read_text())

    def assert_refused(self, text):
        with self.assertRaisesRegex((ValueError, TypeError, KeyError), text):
            cells.Matrix(self.table)

    def test_an_unknown_axis_in_a_constraint(self):
        self.table["constraint"][0]["cells"] = {"colour": "red"}
        self.assert_refused("the axis colour; there are arch, payload")

    def test_an_unknown_value_in_a_constraint(self):
        self.table["constraint"][0]["cells"] = {"road": ["kexec", "ship"]}
        self.assert_refused("road does not have: ship")

    def test_a_constraint_without_a_reason(self):
        self.table["constraint"][0]["reason"] = ""
        self.assert_refused("without a reason")

    def test_an_unknown_payload(self):
        self.table["x86_64"]["payload"].append("floppy")
        self.assert_refused("x86_64: no payload is called floppy")

    def test_an_unknown_field(self):
        self.table["x86_64"]["machine"]["base"]["disc"] = "1G"
        self.assert_refused("disc")

    def test_an_unknown_cover(self):
        with self.assertRaisesRegex(ValueError, "no cover is called some; there are pairwise, triples, all"):
            cells.Matrix(self.table).cells("some")


class Covers(unittest.TestCase):
    def test_of_nothing(self):
        self.assertEqual([], covers.cover([], 2))

    def test_of_one_cell(self):
        one = cells.load().cells("all")[:1]
        self.assertEqual(one, covers.cover(one, 2))

    def test_what_others_have_is_left_out(self):
        self.assertEqual([1, 2], covers.needed([0, 1, 2], [{1, 2}, {1, 3}, {2, 3}]))

    def test_what_only_one_has_stays(self):
        self.assertEqual([0, 1], covers.needed([0, 1], [{1, 2}, {2, 3}]))


if __name__ == "__main__":
    unittest.main()
