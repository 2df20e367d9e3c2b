#!/usr/bin/env python3
# SPDX-License-Identifier: Apache-2.0 OR GPL-2.0-only
"""Makes the page (report.html) and the picture (matrix.svg) of results that Tests/matrix/run has written.

Several files are put together: parts of one cover that ran apart.
"""

import argparse
import os
import pathlib
import sys

sys.path.append(str(pathlib.Path(__file__).resolve().parents[1] / "boot"))

import page  # noqa: E402 (the path has to be set first)
import picture  # noqa: E402
import results  # noqa: E402


def together(parts):
    """One of several results; where a cell is in two of them, the later one counts. Raises ValueError."""
    whole = dict(parts[0])
    for key in ("axes", "excluded", "absent"):
        if any(part[key] != whole[key] for part in parts):
            raise ValueError("the results are of different matrices")
    for kind in ("cells", "references"):
        whole[kind] = list({entry["name"]: entry for part in parts for entry in part[kind]}.values())
    whole["cover"] = ", ".join(dict.fromkeys(part["cover"] for part in parts))
    whole["started"] = min(part["started"] for part in parts)
    whole["seconds"] = sum(part["seconds"] for part in parts)
    whole["totals"] = results.totals(whole["cells"])
    return whole


def write(files, folder):
    """The page and the picture, in `folder`, of these results; links to logs are relative to it."""
    whole = together([results.load(file) for file in files])
    for kind in ("cells", "references"):
        whole[kind] = [{key: os.path.relpath(value, folder) if key in ("log", "reference_log") and value else value
                        for key, value in entry.items()} for entry in whole[kind]]
    folder.mkdir(parents=True, exist_ok=True)
    for name, text in (("report.html", page.html(whole)), ("matrix.svg", picture.svg(whole))):
        new = folder / f".{name}.new"
        new.write_text(text)
        new.replace(folder / name)


def main():
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("results", nargs="+", type=pathlib.Path)
    parser.add_argument("-o", "--output", type=pathlib.Path, help="a folder (default: that of the first results)")
    options = parser.parse_args()
    folder = (options.output or options.results[0].parent).resolve()
    try:
        write(options.results, folder)
    except (OSError, ValueError, KeyError) as reason:
        sys.exit(f"report: {reason}")
    print(folder / "report.html")


if __name__ == "__main__":
    main()
