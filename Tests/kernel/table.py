# SPDX-License-Identifier: Apache-2.0 OR GPL-2.0-only
"""The results as a page: a row for each case, a column for each line and architecture."""


def write(path, titles, results, kernels):
    columns = sorted(kernels)
    found = {(entry["title"], entry["line"], entry["arch"]): entry for entry in results}
    lines = ["# Kernels with the series, and what they load", "",
             "| case | " + " | ".join(f"{line} {arch}" for line, arch in columns) + " |",
             "|---|" + "---|" * len(columns)]
    for title in titles:
        cells = [found.get((title, *column)) for column in columns]
        lines.append(f"| {title} | " + " | ".join(cell(entry) for entry in cells) + " |")
    reasons = [f"- {entry['line']} {entry['arch']}: {entry['title']}: {entry['text'].splitlines()[0]}"
               for entry in results if entry["text"]]
    lines += ["", "Empty: not a case there.", *(["", *sorted(reasons)] if reasons else [])]
    path.write_text("\n".join(lines) + "\n")


def cell(entry):
    if entry is None:
        return ""
    return f"{entry['seconds']} s" if entry["result"] == "passed" else f"**{entry['result']}**"
