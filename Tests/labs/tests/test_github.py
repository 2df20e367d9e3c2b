# SPDX-License-Identifier: Apache-2.0 OR GPL-2.0-only
"""The matrix of GitHub Actions, and the workflow that uses it."""

import json
import re
import unittest

import github
from support import MATRIX, ROOT

WORKFLOW = ROOT / ".github/workflows/matrix.yml"


class Matrices(unittest.TestCase):
    def test_every_cell_is_in_one_job(self):
        for cover in ("pairwise", "all"):
            cells = MATRIX.cells(cover)
            for jobs in (2, 3, 12, 255, 256):
                include = github.matrix(cells, jobs)["include"]
                self.assertLessEqual(len(include), jobs)
                named = [name for job in include for name in job["cells"].split(" ")]
                self.assertEqual(sorted(named), sorted(cell.name for cell in cells))
                for job in include:
                    self.assertTrue(all(name.startswith(job["arch"] + "/") for name in job["cells"].split(" ")))
                self.assertEqual(len({job["shard"] for job in include}), len(include))
                for arch in MATRIX.arches:
                    sizes = [len(job["cells"].split(" ")) for job in include if job["arch"] == arch]
                    self.assertLessEqual(max(sizes) - min(sizes), 1)

    def test_it_fits_into_an_output_and_is_the_same_each_time(self):
        cells = MATRIX.cells("all")
        text = json.dumps(github.matrix(cells, 256))
        self.assertLess(2 * len(text), github.LONGEST_OUTPUT)
        self.assertEqual(text, json.dumps(github.matrix(list(reversed(cells)), 256)))

    def test_what_github_would_refuse_is_refused(self):
        cells = MATRIX.cells("pairwise")
        for jobs in (0, -1, 257, 1):
            with self.assertRaises(ValueError):
                github.matrix(cells, jobs)
        with self.assertRaises(ValueError):
            github.matrix([], 12)

    def test_no_more_jobs_than_cells(self):
        cells = [cell for cell in MATRIX.cells("pairwise") if cell.arch == "aarch64"][:3]
        self.assertEqual(len(github.matrix(cells, 256)["include"]), 3)

    def test_names_need_no_quotes(self):
        for cell in MATRIX.cells("all"):
            self.assertRegex(cell.name, r"\A[A-Za-z0-9_.+/-]+\Z")


class Workflow(unittest.TestCase):
    @classmethod
    def setUpClass(cls):
        try:
            import yaml
        except ImportError as reason:
            raise unittest.SkipTest("python3-yaml is not installed") from reason
        cls.text = WORKFLOW.read_text()
        cls.workflow = yaml.safe_load(cls.text)

    def test_jobs_need_jobs_that_are_there(self):
        jobs = self.workflow["jobs"]
        for name, job in jobs.items():
            needs = job.get("needs", [])
            for needed in [needs] if isinstance(needs, str) else needs:
                self.assertIn(needed, jobs, name)
            self.assertIn("timeout-minutes", job)
            for step in job["steps"]:
                self.assertEqual(len({"run", "uses"} & step.keys()), 1, step)

    def test_outputs_that_are_used_are_made(self):
        jobs = self.workflow["jobs"]
        for job, output in re.findall(r"needs\.(\w+)\.outputs\.(\w+)", self.text):
            made = jobs[job]["outputs"][output]
            step = re.fullmatch(r"\$\{\{ steps\.(\w+)\.outputs\.(\w+) \}\}", made)
            run = next(one["run"] for one in jobs[job]["steps"] if one.get("id") == step[1])
            self.assertIn(f"{step[2]}=", run)

    def test_the_matrix_has_what_its_jobs_use(self):
        include = github.matrix(MATRIX.cells("pairwise"), 12)["include"]
        for key in set(re.findall(r"matrix\.(\w+)", self.text)) - {"yml"}:
            if f"outputs.{key}" not in self.text:
                for job in include:
                    self.assertIn(key, job)

    def test_no_text_of_others_is_pasted_into_a_command(self):
        for job in self.workflow["jobs"].values():
            for step in job["steps"]:
                self.assertNotIn("${{", step.get("run", ""))

    def test_programs_that_are_run_are_there(self):
        for program in re.findall(r"(?<![\w./])((?:scripts|Tests)/[\w/-]+)(?= )", self.text):
            if program != "Tests/matrix":
                self.assertTrue((ROOT / program).is_file(), program)


if __name__ == "__main__":
    unittest.main()
