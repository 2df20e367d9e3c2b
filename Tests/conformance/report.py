# SPDX-License-Identifier: Apache-2.0 OR GPL-2.0-only
"""From a group's serial output to its assertions, and from all of them to the table assertion x firmware."""

import re

ESCAPES = re.compile(r"\x1b(\[[0-9;?=]*[A-Za-z]|[0-9A-Za-z])")
ASSERTION = re.compile(r"@ (pass|fail|skip|reset) (\S+) ([a-z0-9.-]+)(?:: (.*))?$")
END = re.compile(r"@ end (\d+)$")
# A firmware's terminal breaks lines at its width.
WIDTH = 80


def lines(text):
    """The lines of a serial log, those that a terminal of 80 columns has broken joined again."""
    joined = []
    continues = False
    for line in ESCAPES.sub("", text.replace("\r", "")).split("\n"):
        if continues and not line.startswith(("@ ", "# ")):
            joined[-1] += line
        else:
            joined.append(line)
        continues = joined[-1].startswith("@ ") and len(line) >= WIDTH - 1
    return joined


def parse(text, reset):
    """The assertions of one run, each {section, id, result, text}, and what is wrong with the run as a whole, or None.

    reset: whether the guest ended by itself. "@ reset" announces that this is what must come next.
    """
    found = []
    ended = None
    last_line = ""
    for line in lines(text):
        last_line = line if line.startswith("@ ") else last_line
        if match := ASSERTION.match(line):
            result, section, name, words = match.groups()
            found.append({"section": section, "id": name, "result": result, "text": (words or "").strip()})
        elif match := END.match(line):
            ended = int(match[1])
    last = found[-1]["id"] if found else "nothing"
    if found and found[-1]["result"] == "reset":
        held = reset and last_line.startswith("@ reset ")
        found[-1].update(result="pass" if held else "fail", text=last_line if ended else "the guest hung")
        ended = len(found)
    if ended is None:
        return found, f"it did not end: the last assertion was {last}"
    if ended != len(found):
        return found, f"it made {ended} assertions, and {len(found)} were read"
    names = [assertion["id"] for assertion in found]
    twice = sorted({name for name in names if names.count(name) > 1})
    return found, f"made more than once: {', '.join(twice)}" if twice else None


def totals(run):
    """How a run's or several runs' assertions came out."""
    counts = {"pass": 0, "fail": 0, "skip": 0}
    for assertion in run:
        counts[assertion["result"]] += 1
    return counts


def table(runs):
    """The table as Markdown. runs: {(firmware, arch): {group: {"assertions": [...], "problem": text or None}}}."""
    columns = sorted(runs, key=lambda column: (["virgil", "edk2", "u-boot"].index(column[0]), column[1]))
    names = [f"{firmware} {arch}" for firmware, arch in columns]
    text = ["# Conformance: assertion by firmware", ""]
    text += ["| | " + " | ".join(names) + " |", "|---|" + "---|" * len(names)]
    for result in ("pass", "fail", "skip"):
        numbers = [totals(a for run in runs[column].values() for a in run["assertions"])[result] for column in columns]
        text.append(f"| {result} | " + " | ".join(map(str, numbers)) + " |")
    broken = [str(sum(run["problem"] is not None for run in runs[column].values())) for column in columns]
    text.append("| groups that did not end well | " + " | ".join(broken) + " |")
    for group in sorted({group for column in columns for group in runs[column]}):
        text += ["", f"## {group}", "", "| section | assertion | " + " | ".join(names) + " |",
                 "|---|---|" + "---|" * len(names)]
        cells = {}
        for column in columns:
            for assertion in runs[column].get(group, {"assertions": []})["assertions"]:
                row = cells.setdefault((assertion["section"], assertion["id"]), {})
                row[column] = assertion["result"]
        for (section, name), row in cells.items():
            text.append(f"| {section} | {name} | " + " | ".join(row.get(column, "-") for column in columns) + " |")
        for column in columns:
            if problem := runs[column].get(group, {}).get("problem"):
                text.append(f"\n{column[0]} {column[1]}: {problem}")
    return "\n".join(text) + "\n"
