# SPDX-License-Identifier: Apache-2.0 OR GPL-2.0-only
"""The series on a line's tree: what it touches, and what the kernel's own tools say of it."""

import contextlib
import fcntl
import os
import pathlib
import re
import subprocess
import tomllib

HERE = pathlib.Path(__file__).resolve().parent
ROOT = HERE.parents[1]
KERNEL = {"aarch64": "arm64", "x86_64": "x86"}
# Between the lines of a failure.
INDENT = "\n          "
# Warnings of the compiler, of sparse, of make and of the kernel's scripts.
COMPLAINT = re.compile(r"\b(warning|error|Error [0-9]+|is not available)\b", re.I)


class Failure(Exception):
    """What is wrong with the series."""


def kernels():
    """The folder of trees and builds, as scripts/kernel has it."""
    if own := os.environ.get("VIRGIL_KERNELS"):
        return pathlib.Path(own)
    base = os.environ.get("XDG_CACHE_HOME", "")
    base = pathlib.Path(base) if base.startswith("/") else pathlib.Path.home() / ".cache"
    return base / "virgil" / "kernel"


@contextlib.contextmanager
def exclusive():
    """While nobody else, of another checkout say, puts another series into the trees."""
    kernels().mkdir(parents=True, exist_ok=True)
    with open(kernels() / "suite.lock", "a") as lock:
        try:
            fcntl.flock(lock, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except BlockingIOError:
            print(f"another suite is at work in {kernels()}: waiting for it", flush=True)
            fcntl.flock(lock, fcntl.LOCK_EX)
        yield


def script(*words, variant="", timeout=3600, check=True):
    """Runs scripts/kernel. Returns what it did; raises Failure, with what it said, if it failed and `check` holds."""
    done = subprocess.run([ROOT / "scripts/kernel", *words], capture_output=True, text=True, errors="replace",
                          timeout=timeout, env={**os.environ, "VIRGIL_VARIANT": variant})
    if check and done.returncode != 0:
        raise Failure(f"scripts/kernel {' '.join(map(str, words))[:80]}, status {done.returncode}: {gist(done)}")
    return done


def gist(done):
    """What a make or script that failed said: the compiler's errors if it has any, else its last lines."""
    lines = done.stderr.strip().splitlines()
    errors = [line for line in lines if re.search(r": (fatal )?error:|: warning:|^fatal:|^error:", line)]
    return INDENT.join(errors[:10] or lines[-10:])


class Tree:
    """A line's tree with the series applied, on branch virgil over branch debian."""

    def __init__(self, line):
        self.line = line
        self.folder = kernels() / f"linux-{line}"

    def git(self, *words):
        done = subprocess.run(["git", "-C", self.folder, *words], capture_output=True, timeout=120)
        if done.returncode != 0:
            raise Failure(f"git {words[0]}, status {done.returncode}: {done.stderr.decode(errors='replace').strip()}")
        return done.stdout

    def commits(self):
        return self.git("rev-list", "--reverse", "debian..virgil").decode().split()

    def subject(self, commit):
        return self.git("log", "-1", "--format=%s", commit).decode().strip()

    def touched(self):
        """The files that the series adds or changes."""
        return self.git("diff", "--name-only", "--diff-filter=d", "debian", "virgil").decode().split()

    def objects(self, arch):
        """What of them is compiled for an architecture."""
        for path in self.touched():
            if not path.endswith((".c", ".S")) or path.startswith(("tools/", "samples/", "Documentation/", "scripts/")):
                continue
            if path.startswith("arch/") and not path.startswith(f"arch/{KERNEL[arch]}/"):
                continue
            yield path.rsplit(".", 1)[0] + ".o"

    def build_folder(self, arch, variant):
        return kernels() / f"build-{self.line}-{arch}{variant and '-' + variant}"

    def objects_are_clean(self, arch):
        """Compiles what is touched, with W=1 and sparse. Raises Failure on any word of complaint."""
        objects = list(self.objects(arch))
        if not objects:
            raise Failure(f"the series touches nothing that is compiled for {arch}")
        script("make", self.line, arch, "W=1", "prepare", variant="check")
        # What is there was made without sparse, or not: it has to be made again for its warnings to be seen.
        folder = self.build_folder(arch, "check")
        for path in objects:
            (folder / path).unlink(missing_ok=True)
        done = script("make", self.line, arch, "W=1", "C=1", *objects, variant="check")
        said = [line for line in (done.stdout + done.stderr).splitlines() if COMPLAINT.search(line)]
        if said:
            raise Failure(f"{len(said)} complaints of compiler or sparse: " + INDENT.join(said[:40]))
        missing = [path for path in objects if not (folder / path).is_file()]
        if missing:
            raise Failure(f"make built no {', '.join(missing)}")
        return f"{len(objects)} objects"

    def format_patch(self, commit, folder):
        """The commit as a patch without its binary parts, which checkpatch has no words for."""
        text = self.git("format-patch", "-1", "--stdout", "--no-binary", commit)
        path = folder / f"{commit}.patch"
        path.write_bytes(text)
        return path

    def checkpatch(self, commit, folder, exceptions):
        """Raises Failure with what checkpatch --strict says, less the exceptions."""
        patch = self.format_patch(commit, folder)
        # Debian's python3, which has what spdxcheck needs.
        environment = {**os.environ, "PATH": f"/usr/bin:/bin:{os.environ['PATH']}"}
        done = subprocess.run(
            ["perl", "scripts/checkpatch.pl", "--strict", "--terse", "--show-types", "--showfile", "--no-summary", patch],
            cwd=self.folder, env=environment, capture_output=True, text=True, errors="replace", timeout=120)
        if "Traceback" in done.stderr or done.returncode > 1:
            raise Failure(f"checkpatch did not run: {done.stderr.strip()[-500:]}")
        said = [line for line in done.stdout.splitlines() if re.search(r": (ERROR|WARNING|CHECK):", line)]
        if done.returncode != 0 and not said:
            raise Failure(f"checkpatch, status {done.returncode}: {done.stdout.strip()[-500:]}")
        left = [line for line in said if not any(exception.covers(line, self.subject(commit))
                                                  for exception in exceptions)]
        if left:
            raise Failure(INDENT.join(line.replace(str(folder) + "/", "") for line in left[:40]))
        return f"{len(said)} justified" if said else ""


class Justified:
    """A kind of complaint of checkpatch that is justified, in files or patches that match."""

    def __init__(self, spec):
        self.kind, self.where, self.reason = spec["type"], re.compile(spec["where"]), spec["reason"]
        self.used = 0

    def covers(self, line, subject):
        found = re.search(r"\b(?:ERROR|WARNING|CHECK):(\w+):", line)
        matches = bool(found) and found[1] == self.kind and bool(self.where.search(f"{line}\n{subject}"))
        self.used += matches
        return matches


def exceptions():
    table = tomllib.loads((HERE / "checkpatch.toml").read_text())
    return [Justified(spec) for spec in table.get("exception", [])]
