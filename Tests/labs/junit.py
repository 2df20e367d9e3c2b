# SPDX-License-Identifier: Apache-2.0 OR GPL-2.0-only
"""The matrix's results (the JSON of Tests/matrix/run) as JUnit XML: a suite for each architecture, a test case for each
cell. Pure functions."""

import re
import xml.etree.ElementTree as ET

AXES = ("arch", "payload", "kernel", "road", "first", "first_boot", "tools", "machine")
RESULTS = ("passed", "failed", "skipped")
# Characters that XML 1.0 (2.2) has no way to write.
FORBIDDEN = re.compile("[^\t\n\r\u0020-\ud7ff\ue000-\ufffd\U00010000-\U0010ffff]")


def document(results):
    """The XML as bytes. Raises ValueError where the results are not as Tests/matrix/run writes them."""
    cells = checked(results)
    root = ET.Element("testsuites", name="virgil boot matrix", **counts(cells))
    for arch in sorted({cell["arch"] for cell in cells}):
        own = [cell for cell in cells if cell["arch"] == arch]
        suite = ET.SubElement(root, "testsuite", name=f"matrix.{arch}", **counts(own))
        if started := results.get("started"):
            suite.set("timestamp", text(str(started)))
        properties(suite, {"cover": results["cover"]} if results.get("cover") else {})
        for cell in own:
            suite.append(case(cell))
    ET.indent(root)
    return ET.tostring(root, encoding="utf-8", xml_declaration=True) + b"\n"


def case(cell):
    element = ET.Element("testcase", classname=text(".".join(("matrix", cell["arch"], cell.get("payload", "")))),
                         name=text(cell["name"]), time=seconds(cell))
    properties(element, {axis: cell[axis] for axis in AXES if axis in cell})
    differences = cell.get("differences") or []
    reason = cell.get("reason") or ""
    if cell["result"] == "failed":
        count = f"{len(differences)} difference{'' if len(differences) == 1 else 's'}"
        said = reason or f"{count} from the boot by firmware"
        failure = ET.SubElement(element, "failure", message=text(said), type="difference" if differences else "failure")
        failure.text = text("\n".join(str(line) for line in differences) or said)
    elif cell["result"] == "skipped":
        ET.SubElement(element, "skipped", message=text(reason))
    logs = [f"{key.replace('_', ' ')}: {cell[key]}" for key in ("log", "reference_log") if cell.get(key)]
    if logs:
        ET.SubElement(element, "system-out").text = text("\n".join(logs))
    return element


def properties(parent, values):
    if values:
        of = ET.SubElement(parent, "properties")
        for name, value in values.items():
            ET.SubElement(of, "property", name=name, value=text(str(value)))


def counts(cells):
    tally = {result: sum(cell["result"] == result for cell in cells) for result in RESULTS}
    return {"tests": str(len(cells)), "failures": str(tally["failed"]), "errors": "0", "skipped": str(tally["skipped"]),
            "time": f"{sum(cell.get('seconds') or 0 for cell in cells):.3f}"}


def seconds(cell):
    return f"{cell.get('seconds') or 0:.3f}"


def text(value):
    """A text without what XML cannot hold."""
    return FORBIDDEN.sub("\ufffd", value)


def checked(results):
    """The cells of the results."""
    if not isinstance(results, dict) or not isinstance(results.get("cells"), list):
        raise ValueError("the results are no object with a list of cells: what Tests/matrix/run writes is wanted")
    seen = set()
    for number, cell in enumerate(results["cells"], 1):
        where = f"cell {number}"
        if not isinstance(cell, dict):
            raise ValueError(f"{where}: is no object")
        for key in ("name", "arch"):
            if not isinstance(cell.get(key), str) or not cell[key]:
                raise ValueError(f"{where}: has no '{key}'")
        where += f" ({cell['name']})"
        if cell.get("result") not in RESULTS:
            raise ValueError(f"{where}: its result is {cell.get('result')!r}; there are {', '.join(RESULTS)}")
        time = cell.get("seconds")
        if time is not None and (isinstance(time, bool) or not isinstance(time, (int, float)) or not 0 <= time < 1e9):
            raise ValueError(f"{where}: 'seconds' is {time!r}, not a number of seconds")
        if not isinstance(cell.get("differences") or [], list):
            raise ValueError(f"{where}: 'differences' is no list")
        if cell["result"] == "skipped" and not cell.get("reason"):
            raise ValueError(f"{where}: is skipped without a reason")
        if cell["name"] in seen:
            raise ValueError(f"{where}: occurs twice")
        seen.add(cell["name"])
    return results["cells"]
