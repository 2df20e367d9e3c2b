# SPDX-License-Identifier: Apache-2.0 OR GPL-2.0-only
"""The results of cells: what they are of, as JSON, and which of an earlier run still hold."""

import hashlib
import json
import os
import pathlib

import cells
import images
import state

RESULTS = ("passed", "failed", "skipped")


def of_cell(cell, kexec, firmware, declared, inputs):
    """A cell's result from its two boots (boots.Booted)."""
    found = []
    if "failed" in (kexec.result, firmware.result):
        result = "failed"
    elif "skipped" in (kexec.result, firmware.result):
        result = "skipped"
    else:
        found = state.differences(kexec.marks, firmware.marks, declared)
        result = "failed" if found else "passed"
    reasons = [kexec.reason] if kexec.reason else []
    if firmware.reason and firmware.reason != kexec.reason:
        reasons.append(f"by firmware: {firmware.reason}")
    if found:
        reasons.append(f"user space sees {len(found)} {'difference' if len(found) == 1 else 'differences'}")
    return {"name": cell.name, **dict(zip(cells.AXES, cell.values)), "result": result,
            "seconds": round(kexec.seconds, 1), "reason": "; ".join(reasons), "differences": found,
            "log": text(kexec.log), "reference_log": text(firmware.log),
            "repeated": kexec.repeated or firmware.repeated, "inputs": inputs}


def of_reference(reference, firmware):
    return {"name": reference.name, "result": firmware.result, "seconds": round(firmware.seconds, 1),
            "reason": firmware.reason, "log": text(firmware.log), "repeated": firmware.repeated}


def describe(matrix):
    """What the results are of, for the report: the axes, and what is not tried and why."""
    return {"axes": {arch: {axis: list(values) for axis, values in axes.items() if axis != "arch"}
                     for arch, axes in matrix.axes.items()},
            "excluded": [{"cells": {axis: list(values) for axis, values in constraint.cells.items()},
                          "reason": constraint.reason, "combinations": count}
                         for constraint, count in matrix.excluded()],
            "absent": matrix.absent}


def text(path):
    return None if path is None else str(path)


def totals(entries):
    return {result: sum(entry["result"] == result for entry in entries) for result in RESULTS}


def save(path, results):
    """Writes the results; the file is there as a whole or as it was. Paths of logs become relative to it."""
    base = path.resolve().parent

    def relative(entry):
        return {key: os.path.relpath(value, base) if key in ("log", "reference_log") and value else value
                for key, value in entry.items()}

    whole = results | {kind: [relative(entry) for entry in results[kind]] for kind in ("cells", "references")}
    whole["totals"] = totals(results["cells"])
    path.parent.mkdir(parents=True, exist_ok=True)
    new = path.with_name(f".{path.name}.new")
    new.write_text(json.dumps(whole, indent=1) + "\n")
    new.replace(path)


def load(path):
    """The results of a file, with paths that are valid here. Raises ValueError."""
    base = path.resolve().parent
    results = json.loads(path.read_text())
    for entry in results["cells"] + results["references"]:
        for key in ("log", "reference_log"):
            if entry.get(key):
                entry[key] = str((base / entry[key]).resolve())
    return results


def still_good(earlier, cell, inputs):
    """Whether an earlier result of a cell holds: it passed, with the same inputs."""
    return earlier is not None and earlier["result"] == "passed" and earlier.get("inputs") == inputs(cell)


class Inputs:
    """What a cell's result depends on, as a hash: the programs, the material, what may differ, and the cell itself."""

    def __init__(self, matrix, artefacts):
        self.matrix = matrix
        self.artefacts = artefacts
        self.known = {}

    def __call__(self, cell):
        payload, machine = self.matrix.payload(cell), self.matrix.machine(cell)
        items = [self.matrix.kernel(cell).item, self.matrix.first(cell).item, f"kexec-tools/{cell.tools}", "busybox"]
        items += [f"stub/{payload.stub}", f"../ukify/{payload.stub}"] if payload.stub else []
        files = [self.artefacts / "virgil", self.artefacts / f"virgil-{cell.arch}.blob", state.DECLARED,
                 *pathlib.Path(images.__file__).parent.glob("*.py"), *(images.material() / cell.arch / item / "SHA256SUMS"
                                                  for item in [*items, "firmware"])]
        parts = [cell.name, repr(payload), repr(machine), *(self.digest(file) for file in files)]
        return hashlib.sha256("\n".join(parts).encode()).hexdigest()[:16]

    def digest(self, path):
        if path not in self.known:
            self.known[path] = hashlib.sha256(path.read_bytes()).hexdigest() if path.is_file() else "none"
        return self.known[path]
