# SPDX-License-Identifier: Apache-2.0 OR GPL-2.0-only
"""The page and the picture."""

import html.parser
import pathlib
import re
import tempfile
import unittest
import xml.etree.ElementTree

import cells
import page
import pairs
import picture
import report
import results
from samples import booted, entry, whole

MATRIX = cells.load()
CELL = MATRIX.cells("pairwise")[0]
VOID = {"meta", "br", "link", "img", "hr"}


class Reader(html.parser.HTMLParser):
    """What elements there are, whether they are closed in order, and where links lead."""

    def __init__(self, text):
        super().__init__()
        self.open, self.links, self.ids, self.names, self.text = [], [], [], set(), []
        self.feed(text)
        self.close()

    def handle_starttag(self, tag, attributes):
        self.names.add(tag)
        found = dict(attributes)
        self.links += [found["href"]] if "href" in found else []
        self.ids += [found["id"]] if "id" in found else []
        if tag not in VOID:
            self.open.append(tag)

    def handle_endtag(self, tag):
        if not self.open or self.open.pop() != tag:
            raise AssertionError(f"</{tag}> does not close what is open")

    def handle_data(self, data):
        self.text.append(data)


def failing(reason="<script>alert('&')</script>"):
    return whole(entries={CELL: entry(CELL, booted(CELL, "kexec", "failed", reason))})


class Page(unittest.TestCase):
    def test_is_well_formed_and_has_no_scripts(self):
        reader = Reader(page.html(failing()))
        self.assertEqual([], reader.open)
        self.assertNotIn("script", reader.names)
        self.assertIn("<script>alert('&')</script>", "".join(reader.text))

    def test_every_anchor_that_is_linked_exists_once(self):
        reader = Reader(page.html(failing()))
        self.assertEqual(len(reader.ids), len(set(reader.ids)))
        inner = [link[1:] for link in reader.links if link.startswith("#")]
        self.assertTrue(inner)
        self.assertLessEqual(set(inner), set(reader.ids))

    def test_every_cell_and_its_two_logs_are_there(self):
        of = whole()
        reader = Reader(page.html(of))
        for one in of["cells"]:
            self.assertIn(one["log"], reader.links)
            self.assertIn(one["reference_log"], reader.links)

    def test_totals_reasons_and_what_is_absent_are_said(self):
        text = "".join(Reader(page.html(failing("a reason"))).text)
        count = len(MATRIX.cells("pairwise"))
        self.assertRegex(text, rf"{count - 1} passed, 1 failed, 0 skipped")
        for said in ["a reason", *(constraint.reason for constraint in MATRIX.constraints),
                     *(absent["reason"] for absent in MATRIX.absent)]:
            self.assertIn(said, text)

    def test_long_results_are_folded(self):
        self.assertIn("<details open>", page.html(whole()))
        self.assertNotIn("<details open>", page.html(whole("triples")))


class Picture(unittest.TestCase):
    def test_is_well_formed_with_a_title_and_a_square_for_every_pair(self):
        root = xml.etree.ElementTree.fromstring(picture.svg(failing()))
        names = [element.tag.split("}")[1] for element in root.iter()]
        self.assertEqual(("svg", "title", "desc"), (names[0], names[1], names[2]))
        squares = sum(len(pairs.squares(arch, whole())) for arch in MATRIX.arches)
        self.assertEqual(squares + len(picture.LEGEND), sum(element.get("class") == "square" for element in root.iter()))

    def test_every_square_says_in_text_what_it_is(self):
        self.assertEqual(["failed", "partly"], [pairs.Square(failed=1).kind, pairs.Square(passed=3, failed=1).kind])
        marks = {pairs.Square(passed=3).mark, pairs.Square(passed=3, failed=1).mark, pairs.Square(skipped=1).mark,
                 pairs.Square().mark, pairs.Square(excluded=("why",)).mark}
        self.assertEqual({"3", "✗1", "s1", "·", "/"}, marks)

    def test_stays_the_same_size_however_many_cells_there_are(self):
        sizes = {re.search(r'viewBox="[^"]*"', picture.svg(whole(cover)))[0] for cover in ("pairwise", "triples")}
        self.assertEqual(1, len(sizes))


class Pairs(unittest.TestCase):
    def test_a_pairwise_cover_leaves_no_square_untried(self):
        for arch in MATRIX.arches:
            kinds = {square.kind for square in pairs.squares(arch, whole()).values()}
            self.assertEqual({"passed", "excluded"}, kinds)

    def test_what_is_excluded_is_what_no_cell_has(self):
        nothing = whole() | {"cells": []}
        every = MATRIX.cells("all")
        for arch in MATRIX.arches:
            possible = {(one, other) for cell in every if cell.arch == arch for one in zip(cells.AXES, cell.values)
                        for other in zip(cells.AXES, cell.values)}
            for (one, other), square in pairs.squares(arch, nothing).items():
                cannot = ((one.axis, one.name), (other.axis, other.name)) not in possible
                self.assertEqual("excluded" if cannot else "none", square.kind, (one, other))

    def test_a_failure_shows_in_every_pair_of_its_cell_and_in_no_other(self):
        squares = pairs.squares(CELL.arch, failing())
        own = {(axis, value) for axis, value in zip(cells.AXES, CELL.values)}
        for (one, other), square in squares.items():
            in_cell = (one.axis, one.name) in own and (other.axis, other.name) in own
            self.assertEqual(int(in_cell), square.failed)


class Together(unittest.TestCase):
    def setUp(self):
        self.folder = tempfile.TemporaryDirectory()
        self.addCleanup(self.folder.cleanup)
        self.path = pathlib.Path(self.folder.name).resolve()

    def test_parts_of_a_cover_become_one_page_with_links_from_where_it_is(self):
        of = whole()
        for number in range(2):
            part = of | {"cells": of["cells"][number::2], "references": of["references"][number::2]}
            for one in part["cells"]:
                one["log"] = str(self.path / "parts" / "logs" / "x.log")
            results.save(self.path / "parts" / f"{number}.json", part)
        report.write(sorted((self.path / "parts").glob("*.json")), self.path / "out")
        text = (self.path / "out" / "report.html").read_text()
        self.assertIn(f"{len(of['cells'])}</b> passed", text)
        self.assertIn('href="../parts/logs/x.log"', text)
        self.assertEqual({"report.html", "matrix.svg"}, {file.name for file in (self.path / "out").iterdir()})

    def test_a_later_result_of_the_same_cell_counts(self):
        self.assertEqual(0, report.together([failing(), whole()])["totals"]["failed"])
        self.assertEqual(1, report.together([whole(), failing()])["totals"]["failed"])

    def test_different_matrices_are_not_put_together(self):
        with self.assertRaisesRegex(ValueError, "different matrices"):
            report.together([whole(), whole() | {"absent": []}])


if __name__ == "__main__":
    unittest.main()
