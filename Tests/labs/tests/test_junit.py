# SPDX-License-Identifier: Apache-2.0 OR GPL-2.0-only
"""JUnit XML of results: well-formed whatever the results say, and with their counts."""

import json
import pathlib
import subprocess
import sys
import tempfile
import unittest
import xml.etree.ElementTree as ET

import junit
from support import LABS, MATRIX


def results(*kinds, **more):
    cells = MATRIX.cells("pairwise")[:len(kinds)] + MATRIX.cells("pairwise")[-1:]
    entries = [{"name": cell.name, **{axis: getattr(cell, axis) for axis in junit.AXES}, "result": kind, "seconds": 1.5,
                "reason": "why" if kind == "skipped" else "", "differences": ["a: 1 by kexec, 2 by firmware", "b"]
                if kind == "failed" else [], "log": "logs/a.log", "reference_log": "logs/b.log"}
               for cell, kind in zip(cells, (*kinds, "passed"))]
    return {"cells": entries, "cover": "pairwise", "started": "2026-11-25T12:00:00+00:00", "seconds": 6, **more}


class JUnit(unittest.TestCase):
    def test_counts_round_trip(self):
        root = ET.fromstring(junit.document(results("passed", "failed", "skipped")))
        self.assertEqual({key: root.get(key) for key in ("tests", "failures", "skipped", "errors", "time")},
                         {"tests": "4", "failures": "1", "skipped": "1", "errors": "0", "time": "6.000"})
        for key in ("tests", "failures", "skipped", "errors"):
            self.assertEqual(sum(int(suite.get(key)) for suite in root.iter("testsuite")), int(root.get(key)))
        self.assertEqual(len(list(root.iter("testcase"))), 4)
        self.assertEqual(len(list(root.iter("failure"))), 1)
        self.assertEqual(sorted(suite.get("name") for suite in root), ["matrix.aarch64", "matrix.x86_64"])

    def test_a_case_says_what_there_is_to_say(self):
        root = ET.fromstring(junit.document(results("failed", "skipped")))
        failed, skipped = list(root.iter("testcase"))[:2]
        self.assertEqual(failed.find("failure").text, "a: 1 by kexec, 2 by firmware\nb")
        self.assertEqual(failed.find("failure").get("message"), "2 differences from the boot by firmware")
        self.assertEqual(skipped.find("skipped").get("message"), "why")
        self.assertEqual(failed.find("system-out").text, "log: logs/a.log\nreference log: logs/b.log")
        self.assertEqual(failed.get("time"), "1.500")
        self.assertEqual({one.get("name"): one.get("value") for one in failed.iter("property")}["arch"], "aarch64")

    def test_hostile_texts_stay_texts(self):
        nasty = "<&\"']]>\x00\x1b[31m\x08\ud800\uffff \U0001f600 é"
        whole = results("failed")
        whole["cells"][0] |= {"reason": nasty, "differences": [nasty], "log": nasty}
        root = ET.fromstring(junit.document(whole))
        failure = next(root.iter("failure"))
        self.assertEqual(failure.text, "<&\"']]>\ufffd\ufffd[31m\ufffd\ufffd\ufffd \U0001f600 é")

    def test_wrong_results_are_refused(self):
        def changed(**more):
            whole = results("passed")
            whole["cells"][0] |= more
            return whole
        for wrong, word in ((None, "no object"), ({"cells": 3}, "no object"), ({"cells": [3]}, "cell 1"),
                            (changed(result="maybe"), "passed, failed, skipped"), (changed(seconds="long"), "seconds"),
                            (changed(seconds=float("nan")), "seconds"), (changed(seconds=True), "seconds"),
                            (changed(name=""), "no 'name'"), (changed(arch=None), "no 'arch'"),
                            (changed(result="skipped"), "without a reason"), (changed(differences="x"), "no list")):
            with self.assertRaisesRegex(ValueError, word):
                junit.document(wrong)
        twice = results("passed")
        twice["cells"].append(twice["cells"][0])
        with self.assertRaisesRegex(ValueError, "twice"):
            junit.document(twice)

    def test_the_program_writes_the_file_whole_or_not_at_all(self):
        with tempfile.TemporaryDirectory() as folder:
            folder = pathlib.Path(folder)
            (folder / "results.json").write_text(json.dumps(results("passed")))
            command = [sys.executable, LABS / "emit", "junit", folder / "results.json", "--to", folder / "out.xml"]
            self.assertEqual(subprocess.run(command, capture_output=True).returncode, 0)
            before = (folder / "out.xml").read_bytes()
            self.assertEqual(ET.fromstring(before).get("tests"), "2")
            (folder / "results.json").write_text("{")
            done = subprocess.run(command, capture_output=True, text=True)
            self.assertEqual(done.returncode, 1)
            self.assertEqual(len(done.stderr.splitlines()), 1)
            self.assertEqual((folder / "out.xml").read_bytes(), before)
            self.assertEqual(sorted(path.name for path in folder.iterdir()), ["out.xml", "results.json"])


if __name__ == "__main__":
    unittest.main()
