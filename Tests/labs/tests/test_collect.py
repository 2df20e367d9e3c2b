# SPDX-License-Identifier: Apache-2.0 OR GPL-2.0-only
"""From LAVA's logs to results."""

import json
import pathlib
import tempfile
import unittest

import junit
import lava
from support import MATRIX, cell, program

COLLECT = program("collect")
CELL = cell(arch="x86_64")
STATE = ["VIRGIL-FIRST efi yes", "VIRGIL-MARK state-release=6.12", "VIRGIL-MARK state-cmdline=a", "VIRGIL-MARK end"]


def log(cases=(("efi", "pass"),), job={"result": "pass"}, serial=STATE):
    """A job's log, as lava-run prints it."""
    records = [("target", line) for line in serial]
    records += [("results", {"definition": "0_marks", "case": case, "result": result}) for case, result in cases]
    if job is not None:
        records.append(("results", {"definition": "lava", "case": "job", **job}))
    return "\n".join(json.dumps({"dt": f"2026-11-25T12:00:{place:02}.5", "lvl": level, "msg": message})
                     for place, (level, message) in enumerate(records)) + "\n"


class Collect(unittest.TestCase):
    def outcome(self, text, reference=None):
        return COLLECT.outcome(CELL, COLLECT.lavatools.records(text), reference)

    def test_what_passes(self):
        found = self.outcome(log())
        self.assertEqual((found["name"], found["result"], found["seconds"]), (CELL.name, "passed", 5.0))
        self.assertEqual(found["machine"], CELL.machine)

    def test_what_fails_says_why(self):
        for text, reason in ((log(cases=(("efi", "pass"), ("release", "fail"))), "marks: release: fail"),
                             (log(job=None), "the job did not come to its end"),
                             (log(job={"result": "fail", "error_type": "Test", "error_msg": "a kernel panicked"}),
                              "Test error: a kernel panicked"),
                             (log(cases=()), "the job has looked for no marks")):
            found = self.outcome(text)
            self.assertEqual((found["result"], found["reason"]), ("failed", reason))

    def test_the_state_is_compared_where_there_is_a_reference(self):
        self.assertEqual(self.outcome(log(), "\n".join(STATE[1:]))["result"], "passed")
        found = self.outcome(log(), "\n".join(STATE[1:]).replace("cmdline=a", "cmdline=b"))
        self.assertEqual(found["result"], "failed")
        self.assertEqual(found["differences"], ["cmdline: a by kexec, b by firmware"])
        self.assertEqual(self.outcome(log(), "nothing")["result"], "failed")

    def test_logs_have_the_names_of_cells(self):
        with tempfile.TemporaryDirectory() as folder:
            folder = pathlib.Path(folder)
            path = folder / f"{lava.file_stem(CELL)}.log"
            path.write_text(log())
            (folder / "firmware.log").write_text("\n".join(STATE[1:]))
            (folder / "matrix.json").write_text(json.dumps({"cells": [{"name": CELL.name,
                                                                       "reference_log": "firmware.log"}]}))
            entries = COLLECT.collect([path], MATRIX, COLLECT.references(folder / "matrix.json"))
            made = COLLECT.document(entries, folder)
            self.assertEqual((made["cells"][0]["log"], made["cells"][0]["reference_log"]), (path.name, "firmware.log"))
            self.assertEqual(made["totals"], {"passed": 1, "failed": 0, "skipped": 0})
            junit.document(made)
            for name, data in (("other.log", log()), (path.name, "nothing")):
                (folder / name).write_text(data)
                with self.assertRaises(ValueError):
                    COLLECT.collect([folder / name], MATRIX, {})
            with self.assertRaises(OSError):
                COLLECT.collect([folder / f"{lava.file_stem(cell(arch='aarch64'))}.log"], MATRIX, {})


if __name__ == "__main__":
    unittest.main()
