# SPDX-License-Identifier: Apache-2.0 OR GPL-2.0-only
"""Other people's tools that say whether a release's documents are right, in a Python environment of their own below the
project's cache."""

import os
import pathlib
import subprocess
import sys

PACKAGES = ["check-jsonschema==0.39.0", "cyclonedx-python-lib[json-validation]==11.12.0", "spdx-tools==0.8.5"]

CYCLONEDX = """
import sys
from cyclonedx.schema import SchemaVersion
from cyclonedx.validation.json import JsonStrictValidator
wrong = JsonStrictValidator(SchemaVersion.V1_6).validate_str(open(sys.argv[1]).read())
sys.exit(str(wrong)[:1000] if wrong else 0)
"""

SPDX = """
import sys
from spdx_tools.spdx.parser.parse_anything import parse_file
from spdx_tools.spdx.validation.document_validator import validate_full_spdx_document
document = parse_file(sys.argv[1])
wrong = validate_full_spdx_document(document, "SPDX-2.3")
print(len(document.packages), len(document.files), len(document.relationships))
sys.exit("; ".join(one.validation_message for one in wrong[:5]) if wrong else 0)
"""


class Missing(Exception):
    """The tools are not here and cannot be fetched; the text says why."""


class Oracles:
    def __init__(self):
        cache = pathlib.Path(os.environ.get("XDG_CACHE_HOME") or pathlib.Path.home() / ".cache") / "virgil"
        self.folder = cache / "release-oracles"
        self.python = self.folder / "bin/python"
        self.problem = None
        stamp = self.folder / "packages"
        if stamp.is_file() and stamp.read_text().split() == PACKAGES:
            return
        for command in ([sys.executable, "-m", "venv", "--clear", self.folder],
                        [self.python, "-m", "pip", "install", "--quiet", "--disable-pip-version-check", *PACKAGES]):
            done = subprocess.run(command, capture_output=True, text=True, timeout=900)
            if done.returncode != 0:
                lines = (done.stderr or done.stdout).strip().splitlines()
                self.problem = f"{' '.join(PACKAGES)} cannot be installed from PyPI: {lines[-1] if lines else '?'}"
                return
        stamp.write_text("\n".join(PACKAGES) + "\n")

    def run(self, *arguments):
        """Output and complaint of a program in the environment; None instead of the complaint when it succeeded."""
        if self.problem:
            raise Missing(self.problem)
        # -I: no module of the folder that the tests are started in.
        done = subprocess.run([self.python, "-I", *arguments], capture_output=True, text=True, timeout=600)
        return done.stdout, None if done.returncode == 0 else (done.stderr + done.stdout)[-1500:] or "failed"

    def cyclonedx(self, path):
        return self.run("-c", CYCLONEDX, path)[1]

    def spdx(self, path):
        return self.run("-c", SPDX, path)

    def schema(self, schema, *files):
        """By a schema of ours, a file."""
        return self.run("-m", "check_jsonschema", "--schemafile", schema, *files)[1]

    def metaschema(self, schema):
        return self.run("-m", "check_jsonschema", "--check-metaschema", schema)[1]

    def vendor(self, name, *files):
        """By a schema of somebody else's, such as vendor.github-workflows."""
        return self.run("-m", "check_jsonschema", "--builtin-schema", name, *files)[1]
