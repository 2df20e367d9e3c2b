# SPDX-License-Identifier: Apache-2.0 OR GPL-2.0-only
"""The page of a run: totals, the picture, what failed, what is not tried and why, and every cell with its logs. HTML
without scripts: what is long is folded."""

import collections
from html import escape

import picture
from picture import TITLES

# Groups of cells are open as long as there are no more cells than this.
OPEN = 120

STYLE = """
:root { color-scheme: light dark; --ink: #1b1b1b; --dim: #5c5c5c; --line: #d0d0d0; --paper: #ffffff; --link: #0b57b0;
  --passed: #0c5a26; --failed: #b3261e; --skipped: #6b5200; --head: #f2f2f2; }
@media (prefers-color-scheme: dark) { :root { --ink: #ececec; --dim: #a8a8a8; --line: #44484c; --paper: #16181a;
  --link: #8ab8ff; --passed: #8fd9a3; --failed: #ff8a80; --skipped: #ffd761; --head: #23262a; } }
* { box-sizing: border-box; }
body { font: 15px/1.45 system-ui, "DejaVu Sans", sans-serif; color: var(--ink); background: var(--paper);
  max-width: 76rem; margin: 0 auto; padding: 1rem 1.25rem 4rem; }
h1 { font-size: 1.6rem; margin: .5rem 0; } h2 { font-size: 1.25rem; margin: 2.2rem 0 .6rem; }
h3 { font-size: 1.05rem; margin: 1.4rem 0 .4rem; }
a { color: var(--link); } .dim { color: var(--dim); }
.totals { font-size: 1.15rem; } .totals b { font-size: 1.5rem; }
.passed { color: var(--passed); } .failed { color: var(--failed); } .skipped { color: var(--skipped); }
.wide { overflow-x: auto; } .wide svg { max-width: none; }
table { border-collapse: collapse; width: 100%; font-size: 13px; }
th, td { text-align: left; vertical-align: top; padding: .25rem .5rem; border-bottom: 1px solid var(--line); }
thead th { background: var(--head); position: sticky; top: 0; }
td.number { text-align: right; white-space: nowrap; font-variant-numeric: tabular-nums; } td.result { font-weight: 600; }
td.value { white-space: nowrap; }
details { margin: .3rem 0; } summary { cursor: pointer; padding: .2rem 0; }
article { border-left: 4px solid var(--failed); padding: .1rem 0 .1rem .9rem; margin: 1rem 0; }
article h3 { margin: 0; overflow-wrap: anywhere; } article ul { margin: .3rem 0; padding-left: 1.2rem; }
code { font-size: .92em; overflow-wrap: anywhere; }
:target { outline: 2px solid var(--link); outline-offset: 4px; }
"""

RESULT = {"passed": "✓ passed", "failed": "✗ failed", "skipped": "s skipped"}
COLUMNS = ("road", "first", "first_boot", "tools", "machine")


def html(results):
    """The whole page; the paths of logs are as they are in `results`."""
    failed = [entry for entry in results["cells"] if entry["result"] == "failed"]
    parts = ["<!DOCTYPE html>", '<html lang="en">', '<head><meta charset="utf-8">',
             '<meta name="viewport" content="width=device-width, initial-scale=1">',
             f"<title>{escape(picture.headline(results))}</title>", f"<style>{STYLE}</style></head>", "<body><main>"]
    parts += head(results)
    parts += ['<h2 id="picture">Every pair of values</h2>',
              '<p class="dim">A square that failed leads to the first of its cells that did. Also as '
              '<a href="matrix.svg">a picture of its own</a>.</p>',
              '<div class="wide" tabindex="0" role="region" aria-label="map of pairs">',
              picture.svg(results, leading_to(failed)), "</div>"]
    parts += failures(failed)
    parts += skips(results)
    parts += cells(results)
    parts += references(results)
    return "\n".join(parts + ["</main></body>", "</html>"]) + "\n"


def head(results):
    totals = results["totals"]
    yield "<h1>Boot matrix</h1>"
    yield ('<p class="totals">' + ", ".join(
        f'<span class="{result}"><b>{count}</b> {result}</span>' for result, count in totals.items()) + "</p>")
    guests = len(results["cells"]) + len(results["references"])
    repeated = sum(bool(entry.get("repeated")) for entry in results["cells"])
    yield (f"<p>Cover: {escape(results['cover'])}. {len(results['cells'])} cells and {len(results['references'])} boots by "
           f"firmware to compare them with, {guests} guests in {span(results['seconds'])}, from "
           f"{escape(results['started'])} on. {repeated} repeated for want of time.</p>")
    yield ('<p class="dim">A cell is a value of every axis: an image is booted by kexec from a first kernel on a machine, '
           "and the same image on the same machine by UEFI firmware. It passes if both come up, show what they must, and "
           "user space sees the same.</p>")


def leading_to(failed):
    """From a pair of values to the first failed cell that has both."""
    def link(arch, one, other):
        for entry in failed:
            if entry["arch"] == arch and entry[one.axis] == one.name and entry[other.axis] == other.name:
                return f"#{anchor(entry)}"
        return None
    return link


def anchor(entry):
    return escape(entry["name"].replace("/", "_"))


def failures(failed):
    yield f'<h2 id="failed">What failed ({len(failed)})</h2>'
    if not failed:
        yield "<p>Nothing.</p>"
    for entry in failed:
        yield f'<article id="{anchor(entry)}"><h3><code>{escape(entry["name"])}</code></h3>'
        yield f"<p>{escape(entry['reason'])} {logs(entry)}</p>"
        if entry["differences"]:
            yield "<ul>" + "".join(f"<li><code>{escape(line)}</code></li>" for line in entry["differences"]) + "</ul>"
        yield "</article>"


def logs(entry):
    """Links to the serial logs."""
    links = [(entry.get("log"), "log"), (entry.get("reference_log"), "log by firmware")]
    return " · ".join(f'<a href="{escape(path)}">{text}</a>' for path, text in links if path)


def skips(results):
    reasons = collections.Counter(entry["reason"] for entry in results["cells"] if entry["result"] == "skipped")
    yield f'<h2 id="skipped">What was skipped ({sum(reasons.values())}), and what cannot be tried</h2>'
    if reasons:
        yield table(("cells skipped", "reason"), [(number(count), escape(reason)) for reason, count in reasons.items()])
    rows = [(number(entry["combinations"]), f"<td>{named(entry['cells'])}</td>", escape(entry["reason"]))
            for entry in results["excluded"]]
    yield "<h3>Combinations that are none</h3>"
    yield table(("combinations", "values", "reason"), rows)
    if results["absent"]:
        yield "<h3>What the material has not</h3>"
        yield table(("what", "reason"), [(escape(entry["what"]), escape(entry["reason"])) for entry in results["absent"]])


def named(values):
    return " × ".join(f'<span class="dim">{escape(TITLES.get(axis, axis))}</span> {escape(" or ".join(names))}'
                      for axis, names in values.items())


def number(count):
    return f'<td class="number">{count}</td>'


def table(columns, rows):
    """Of rows of text, or of whole <td> elements."""
    top = "".join(f'<th scope="col">{column}</th>' for column in columns)
    lines = ("<tr>" + "".join(part if part.startswith("<td") else f"<td>{part}</td>" for part in row) + "</tr>"
             for row in rows)
    return (f'<div class="wide"><table><thead><tr>{top}</tr></thead>\n<tbody>' + "\n".join(lines)
            + "</tbody></table></div>")


def cells(results):
    """Every cell, by architecture and image."""
    yield '<h2 id="cells">Every cell</h2>'
    groups = {}
    for entry in results["cells"]:
        groups.setdefault((entry["arch"], entry["payload"], entry["kernel"]), []).append(entry)
    arch = None
    unfolded = " open" if len(results["cells"]) <= OPEN else ""
    for key in sorted(groups, key=lambda key: place(key, results)):
        if key[0] != arch:
            arch = key[0]
            yield f"<h3>{escape(arch)}</h3>"
        counts = collections.Counter(entry["result"] for entry in groups[key])
        said = ", ".join(f'<span class="{result}">{counts[result]} {result}</span>' for result in RESULT if counts[result])
        yield f"<details{unfolded}><summary><b>{escape(key[1])}</b>, Linux {escape(key[2])}: {said}</summary>"
        yield table((*(TITLES[axis] for axis in COLUMNS), "result", "seconds", "logs", "reason"),
                    [row(entry) for entry in groups[key]])
        yield "</details>"


def place(key, results):
    """Where an image is in the order of the axes' values."""
    arch, payload, kernel = key
    axes = results["axes"][arch]
    return list(results["axes"]).index(arch), axes["payload"].index(payload), axes["kernel"].index(kernel)


def row(entry):
    again = " (repeated)" if entry.get("repeated") else ""
    reason = escape(entry["reason"])
    if entry["result"] == "failed":
        reason = f'<a href="#{anchor(entry)}">{reason}</a>'
    return (*(f'<td class="value">{escape(entry[axis])}</td>' for axis in COLUMNS),
            f'<td class="result {entry["result"]}">{RESULT[entry["result"]]}{again}</td>',
            f'<td class="number">{entry["seconds"]:.1f}</td>', f'<td class="value">{logs(entry)}</td>', reason)


def references(results):
    yield '<h2 id="references">By firmware</h2>'
    yield f"<details><summary>{len(results['references'])} boots</summary>"
    yield table(("image and machine", "result", "seconds", "log", "reason"),
                [(f"<code>{escape(entry['name'])}</code>",
                  f'<td class="result {entry["result"]}">{RESULT[entry["result"]]}</td>',
                  f'<td class="number">{entry["seconds"]:.1f}</td>', logs(entry), escape(entry["reason"]))
                 for entry in results["references"]])
    yield "</details>"


def span(seconds):
    return f"{seconds:.0f} s" if seconds < 120 else f"{seconds / 60:.1f} min" if seconds < 7200 else f"{seconds / 3600:.1f} h"
