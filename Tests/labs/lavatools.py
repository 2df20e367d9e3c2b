# SPDX-License-Identifier: Apache-2.0 OR GPL-2.0-only
"""LAVA's own programs, of Debian's packages as scripts/material unpacks them: what they say of a job, and a run of
one."""

import json
import os
import pathlib
import shutil
import subprocess
import sys

HERE = pathlib.Path(__file__).resolve().parent


class LAVA:
    """One release of LAVA."""

    def __init__(self, folder):
        self.folder = folder
        self.version = folder.name
        # Nothing is written beside the packages: scripts/material compares them with their sums.
        self.environment = {**os.environ, "PYTHONDONTWRITEBYTECODE": "1",
                            "PYTHONPATH": f"{folder / 'python'}:{HERE / 'standins'}",
                            "LD_LIBRARY_PATH": f"{os.environ.get('LD_LIBRARY_PATH', '')}:{folder / 'lib'}"}

    def run(self, program, *arguments, **more):
        return subprocess.run([sys.executable, HERE / program, *arguments], capture_output=True, text=True,
                              errors="replace", stdin=subprocess.DEVNULL, env=self.environment | more.pop("env", {}),
                              **more)

    def obstacle(self, *, executing=False):
        """Why this machine's Python cannot check jobs by it, or execute them; None if it can."""
        if executing:
            done = self.run("run_job.py", self.folder / "lava-run", "--help", timeout=120, env={"LAVA_SCRATCH": "/"})
            if done.returncode == 0 and os.geteuid() != 0 and "--skip-sudo-warning" not in done.stdout:
                return f"lava-run {self.version} wants to be root"
        else:
            done = self.run("check_jobs.py", "--probe", timeout=120)
        if done.returncode == 0:
            return None
        last = done.stderr.strip().splitlines()[-1:]
        return f"LAVA {self.version} does not run with Python {sys.version.split()[0]}: {''.join(last)}"

    def knows(self, device_type):
        return (self.folder / "device-types" / f"{device_type}.jinja2").is_file()

    def check(self, jobs):
        """What it says of job files: a dictionary for each, see check_jobs.py. Raises ValueError."""
        done = self.run("check_jobs.py", self.folder / "device-types", *jobs, timeout=1200)
        lines = [json.loads(line) for line in done.stdout.splitlines() if line.startswith("{\"job\"")]
        if done.returncode != 0 or len(lines) != len(jobs):
            raise ValueError(f"LAVA {self.version} looked at {len(lines)} of {len(jobs)} jobs: {done.stderr[-1000:]}")
        return lines

    def execute(self, job, folder, timeout):
        """Runs a job on this machine in `folder`, which is made. Returns its records (dictionaries) in their order."""
        for name in ("scratch", "output"):
            (folder / name).mkdir(parents=True)
        device = self.run("check_jobs.py", self.folder / "device-types", "--device", job, timeout=120)
        if device.returncode != 0:
            raise ValueError(f"LAVA {self.version} makes no device for {job}: {device.stderr[-1000:]}")
        (folder / "device.yaml").write_text(device.stdout)
        (folder / "dispatcher.yaml").write_text("dispatcher_ip: 127.0.0.1\n")
        arguments = ["--job-id", "1", "--output-dir", folder / "output", "--device", folder / "device.yaml",
                     "--dispatcher", folder / "dispatcher.yaml"]
        if os.geteuid() != 0:
            arguments.append("--skip-sudo-warning")
        try:
            done = self.run("run_job.py", self.folder / "lava-run", *arguments, job, timeout=timeout, cwd=folder,
                            env={"LAVA_SCRATCH": str(folder / "scratch")})
        finally:
            shutil.rmtree(folder / "scratch", ignore_errors=True)
        (folder / "lava-run.log").write_text(done.stderr + done.stdout)
        found = records(done.stderr)
        if not found:
            raise ValueError(f"lava-run {self.version} said nothing (status {done.returncode}): {done.stderr[-1000:]}")
        return found


def installed(material):
    """The releases of LAVA that are in the material."""
    return [LAVA(folder) for folder in sorted((material / "lava").glob("*")) if (folder / "SHA256SUMS").is_file()]


def records(text):
    """The records in a job's log: what lava-run prints, or a server's log file. What is no record is left out."""
    found = []
    for line in text.splitlines():
        line = line.removeprefix("- ").strip()
        if not line.startswith("{"):
            continue
        # Numbers are marked by a YAML tag, which is all of it that is not JSON.
        plain = line.replace(": !!int \"", ": \"").replace(": ! \"", ": \"")
        try:
            record = json.loads(plain)
        except ValueError:
            continue
        if isinstance(record, dict) and "lvl" in record and "msg" in record:
            found.append(record)
    return found


def results(found):
    """(suite, case) -> result, of a job's records."""
    cases = [record["msg"] for record in found if record["lvl"] == "results" and isinstance(record["msg"], dict)]
    return {(case["definition"], case["case"]): case["result"] for case in cases
            if {"definition", "case", "result"} <= case.keys()}


def serial(found):
    """What the machine said on its serial port, of a job's records."""
    return "\n".join(record["msg"] for record in found
                     if record["lvl"] == "target" and isinstance(record["msg"], str)) + "\n"
