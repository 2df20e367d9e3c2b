# SPDX-License-Identifier: Apache-2.0 OR GPL-2.0-only
"""How the cells that try two values together came out. Pure functions on what results.py reads."""

import dataclasses
import itertools


@dataclasses.dataclass(frozen=True)
class Value:
    """A value of an axis."""
    axis: str
    name: str


@dataclasses.dataclass(frozen=True)
class Square:
    """The cells that have both of two values (or the one, where both are the same)."""
    passed: int = 0
    failed: int = 0
    skipped: int = 0
    # Why there can be no such cell; empty: there can.
    excluded: tuple[str, ...] = ()

    @property
    def kind(self):
        if self.failed:
            return "partly" if self.passed else "failed"
        if self.skipped:
            return "skipped"
        if self.passed:
            return "passed"
        return "excluded" if self.excluded else "none"

    @property
    def mark(self):
        """What is written in it: it must be told apart without colours."""
        return {"failed": f"✗{self.failed}", "partly": f"✗{self.failed}", "skipped": f"s{self.skipped}", "passed": str(self.passed),
                "excluded": "/", "none": "·"}[self.kind]

    @property
    def text(self):
        if self.kind == "excluded":
            return "cannot be: " + "; ".join(self.excluded)
        if self.kind == "none":
            return "not tried in this run"
        counts = [(self.passed, "passed"), (self.failed, "failed"), (self.skipped, "skipped")]
        return ", ".join(f"{count} {result}" for count, result in counts if count)


def values_of(axes):
    """An architecture's values in order."""
    return [Value(axis, name) for axis, names in axes.items() for name in names]


def squares(arch, results):
    """Square by pair of values, the second of which is of a later axis or the same value."""
    axes = results["axes"][arch]
    counts = {}
    for entry in results["cells"]:
        if entry["arch"] != arch:
            continue
        own = [Value(axis, entry[axis]) for axis in axes]
        for pair in [*itertools.combinations(own, 2), *((value, value) for value in own)]:
            found = counts.setdefault(pair, {"passed": 0, "failed": 0, "skipped": 0})
            found[entry["result"]] += 1
    grid = {}
    for one, other in itertools.combinations_with_replacement(values_of(axes), 2):
        if one == other or one.axis != other.axis:
            tried = counts.get((one, other), {})
            excluded = () if tried else excluding(arch, {one.axis: one.name, other.axis: other.name}, results)
            grid[one, other] = Square(**tried, excluded=excluded)
    return grid


def excluding(arch, fixed, results):
    """Why no cell has these values; empty: one can. What several constraints exclude together counts as well."""
    axes = results["axes"][arch]
    stated = [entry for entry in results["excluded"] if arch in entry["cells"].get("arch", [arch])]
    # Only these axes can decide; the others need not be gone through.
    deciding = {axis for entry in stated for axis in entry["cells"] if axis != "arch"}
    reasons = {}
    for choice in itertools.product(*([fixed[axis]] if axis in fixed else axes[axis] for axis in sorted(deciding))):
        named = dict(zip(sorted(deciding), choice))
        found = [entry["reason"] for entry in stated
                 if all(named[axis] in values for axis, values in entry["cells"].items() if axis != "arch")]
        if not found:
            return ()
        reasons |= dict.fromkeys(found)
    # Where one reason holds for the pair itself, the others are of no interest.
    direct = [entry["reason"] for entry in stated
              if all(fixed.get(axis) in values for axis, values in entry["cells"].items() if axis != "arch")]
    return tuple(direct or reasons)
