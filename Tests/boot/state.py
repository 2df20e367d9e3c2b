# SPDX-License-Identifier: Apache-2.0 OR GPL-2.0-only
"""Whether user space sees the same by kexec and by firmware: compares the marks whose keys begin with `state-`.

What may differ is declared, with its reason, in differences.toml. Pure functions, but for `load`.
"""

import fnmatch
import json
import pathlib
import tomllib

PREFIX = "state-"
DECLARED = pathlib.Path(__file__).with_name("differences.toml")


def load(path=DECLARED):
    """The declared differences: a list of tables."""
    declared = tomllib.loads(path.read_text())["difference"]
    for entry in declared:
        if unknown := set(entry) - {"key", "reason", "tolerance", "only", "when"}:
            raise ValueError(f"{path.name}: {entry.get('key')}: unknown field {', '.join(sorted(unknown))}")
        if not entry["key"].startswith(PREFIX) or not entry["reason"]:
            raise ValueError(f"{path.name}: {entry['key']}: a key begins with {PREFIX}, and a reason is given")
    return declared


def marks(source):
    """The second kernel's marks by key, from what `virgil boot --json` printed (text or parsed) or from a serial log.

    `first-efi` is added: yes or no, whether the first kernel had EFI; none where there was no first kernel.
    """
    if isinstance(source, str) and source.lstrip().startswith("{"):
        source = json.loads(source)
    if isinstance(source, str):
        lines = [line.rstrip("\r") for line in source.split("\n")]
        found = dict(rest.split("=", 1) for rest in rests(lines, "VIRGIL-MARK ") if "=" in rest)
        first = dict((rest.split(" ", 1) + [""])[:2] for rest in rests(lines, "VIRGIL-FIRST "))
    else:
        found, first = dict(source["marks"]), source["first"]
    if "efi" in first:
        found["first-efi"] = first["efi"]
    return found


def rests(lines, text):
    """What follows `text` in the lines that have it."""
    return [line.split(text, 1)[1] for line in lines if text in line]


def state(of):
    """Those of the marks that are compared."""
    return {key: value for key, value in of.items() if key.startswith(PREFIX)}


def differences(kexec, firmware, declared):
    """What differs and is not declared: a line each, none if all is well.

    kexec, firmware   the marks of both boots
    """
    ours, theirs = state(kexec), state(firmware)
    missing = [road for road, of in (("kexec", ours), ("firmware", theirs)) if not of]
    if missing:
        return [f"no state by {' and by '.join(missing)}"]
    return [f"{key.removeprefix(PREFIX)}: {ours.get(key, 'absent')} by kexec, {theirs.get(key, 'absent')} by firmware"
            for key in sorted(ours.keys() | theirs.keys())
            if ours.get(key) != theirs.get(key)
            and not any(allows(entry, key, kexec, firmware) for entry in declared)]


def allows(entry, key, kexec, firmware):
    """Whether a declared difference covers the one at `key`."""
    if not fnmatch.fnmatchcase(key, entry["key"]):
        return False
    if any(kexec.get(mark) != value for mark, value in entry.get("when", {}).items()):
        return False
    if "only" in entry:
        return key not in (firmware if entry["only"] == "kexec" else kexec)
    if "tolerance" in entry:
        return (kexec.get(key, "").isdigit() and firmware.get(key, "").isdigit()
                and abs(int(kexec[key]) - int(firmware[key])) <= entry["tolerance"])
    return True
