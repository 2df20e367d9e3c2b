# SPDX-License-Identifier: Apache-2.0 OR GPL-2.0-only
import pathlib
import sys
import unittest

import layout

HEADER = """
struct one {
	VIRGIL_U64 magic; /* not; a = field */
	VIRGIL_U8 sha256[32];	/* of the file */
};

enum kind {
	A = 1,
};

struct two {
	struct one first;
	VIRGIL_U32 last;
};
"""


class Fields(unittest.TestCase):
    def test_structures_and_their_fields_in_order(self):
        self.assertEqual(list(layout.fields(HEADER)), [("one", ["magic", "sha256"]), ("two", ["first", "last"])])

    def test_the_projects_headers_have_all_records(self):
        folder = pathlib.Path(__file__).resolve().parents[3] / "Sources/CHandover/include"
        names = [name for name, _ in layout.all_fields(folder)]
        text = "".join((folder / header).read_text() for header in layout.HEADERS)
        self.assertEqual(len(names), text.count("\nstruct virgil_"))


class Comparison(unittest.TestCase):
    structures = [("one", ["magic", "sha256"])]

    def test_sides_that_agree(self):
        self.assertEqual(layout.compare(self.structures, {"a": [40, 0, 8], "b": [40, 0, 8]}), 3)

    def test_a_side_that_differs_is_named_with_the_field(self):
        with self.assertRaisesRegex(layout.Failure, r"offsetof\(struct one, sha256\) is 8 to a and 16 to b"):
            layout.compare(self.structures, {"a": [40, 0, 8], "b": [40, 0, 16]})

    def test_a_side_that_says_too_little(self):
        with self.assertRaisesRegex(layout.Failure, "b: 2 numbers for 3"):
            layout.compare(self.structures, {"a": [40, 0, 8], "b": [40, 0]})


if __name__ == "__main__":
    sys.exit(unittest.main())
