# SPDX-License-Identifier: Apache-2.0 OR GPL-2.0-only
"""The programs' command lines: what is wrong is said in one line, and nothing is left behind."""

import json
import pathlib
import subprocess
import sys
import tempfile
import unittest

from support import LABS


class Programs(unittest.TestCase):
    def setUp(self):
        folder = tempfile.TemporaryDirectory()
        self.addCleanup(folder.cleanup)
        self.folder = pathlib.Path(folder.name)

    def run_program(self, name, *arguments):
        return subprocess.run([sys.executable, LABS / name, *arguments], capture_output=True, text=True, timeout=120)

    def refused(self, words, name, *arguments):
        done = self.run_program(name, *arguments)
        self.assertEqual(done.returncode, 1, done.stderr)
        self.assertEqual(len(done.stderr.splitlines()), 1, done.stderr)
        self.assertIn(words, done.stderr)
        self.assertEqual(list(self.folder.iterdir()), [])

    def test_emit_says_what_is_wrong(self):
        to = ("--to", self.folder / "jobs")
        self.refused("there are minnowboard-turbot", "emit", "lava", "--board", "toaster", "--url", "u", *to)
        self.refused("--url or --artefacts is needed", "emit", "lava", "--board", "rock-5b", *to)
        self.refused("no cell of the cover pairwise has riscv", "emit", "lava", "--board", "rock-5b", "--url", "u", *to,
                     "riscv")
        self.refused("256", "emit", "github", "--jobs", "1000", "--to", self.folder / "matrix.json")
        self.refused("No such file", "emit", "junit", self.folder / "missing.json", "--to", self.folder / "out.xml")
        self.refused("No such file", "emit", "boards", "--matrix", self.folder / "missing.toml")
        self.refused("there is no board", "emit", "boards", "--boards", self.folder)

    def test_emit_refuses_what_does_not_fit(self):
        done = self.run_program("emit", "lava", "--board", "rock-5b", "--url", "u", "--to", self.folder / "jobs",
                                "x86_64")
        self.assertEqual(done.returncode, 1)
        self.assertIn("none of these cells fits rock-5b", done.stderr)

    def test_build_says_what_is_wrong(self):
        to = ("--to", self.folder / "artefacts")
        self.refused("rock-5b is hardware: --kernel", "build", "--board", "rock-5b", *to, "aarch64")
        self.refused("no board is called toaster", "build", "--board", "toaster", *to, "aarch64")
        self.refused("fits qemu-aarch64 and has x86_64", "build", "--board", "qemu-aarch64", *to, "x86_64")

    def test_the_github_matrix_is_one_line(self):
        done = self.run_program("emit", "github", "--jobs", "4")
        self.assertEqual(done.returncode, 0, done.stderr)
        self.assertEqual(len(done.stdout.splitlines()), 1)
        self.assertEqual(len(json.loads(done.stdout)["include"]), 4)


if __name__ == "__main__":
    unittest.main()
