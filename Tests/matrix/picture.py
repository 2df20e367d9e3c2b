# SPDX-License-Identifier: Apache-2.0 OR GPL-2.0-only
"""The picture of a run: a map of all pairs of values, for each architecture. SVG, readable without colours."""

from html import escape

import pairs

SQUARE = 30
LABELS = 150
# Above and below a map.
HEAD = 34
FOOT = 92
GAP = 40

TITLES = {"payload": "payload", "kernel": "its kernel", "road": "road", "first": "first kernel",
          "first_boot": "first boot", "tools": "kexec-tools", "machine": "machine"}

# Dark and light, of a contrast above 4.5 : 1 each.
STYLE = """
svg.matrix { --ink: #1b1b1b; --dim: #5c5c5c; --line: #b9b9b9; --paper: #ffffff;
  --passed: #cdebd3; --passed-ink: #0c3d1b; --failed: #b3261e; --failed-ink: #ffffff;
  --partly: #fbd3ce; --partly-ink: #7a1109; --skipped: #f6e3a8; --skipped-ink: #493700; --excluded: #ececec; }
@media (prefers-color-scheme: dark) { svg.matrix { --ink: #ececec; --dim: #a8a8a8; --line: #555555; --paper: #16181a;
  --passed: #1f4d2b; --passed-ink: #d9f5df; --failed: #ff8a80; --failed-ink: #2b0400;
  --partly: #5f1d18; --partly-ink: #ffd8d3; --skipped: #5a4700; --skipped-ink: #ffedb8; --excluded: #26282b; } }
svg.matrix .paper { fill: var(--paper); }
svg.matrix text { font: 12px system-ui, "DejaVu Sans", sans-serif; fill: var(--ink); }
svg.matrix .title { font-size: 18px; font-weight: 600; }
svg.matrix .axis { font-size: 11px; fill: var(--dim); }
svg.matrix .mark { font-size: 11px; text-anchor: middle; }
svg.matrix rect.square { stroke: var(--line); stroke-width: 1; }
svg.matrix .whole rect { stroke: var(--ink); stroke-width: 1.5; }
svg.matrix .passed rect { fill: var(--passed); } svg.matrix .passed text { fill: var(--passed-ink); }
svg.matrix .failed rect { fill: var(--failed); }
svg.matrix .failed text { fill: var(--failed-ink); font-weight: 700; }
svg.matrix .partly rect { fill: var(--partly); }
svg.matrix .partly text { fill: var(--partly-ink); font-weight: 700; }
svg.matrix .skipped rect { fill: var(--skipped); } svg.matrix .skipped text { fill: var(--skipped-ink); }
svg.matrix .excluded rect { fill: var(--excluded); } svg.matrix .excluded text { fill: var(--dim); }
svg.matrix .none rect { fill: none; } svg.matrix .none text { fill: var(--dim); }
svg.matrix .rule { stroke: var(--ink); stroke-width: 1; }
"""

LEGEND = [(pairs.Square(passed=7), "7 cells, all passed"), (pairs.Square(failed=2), "2 failed, none passed"),
          (pairs.Square(passed=5, failed=2), "2 failed, others passed"),
          (pairs.Square(skipped=1), "1 skipped, none failed"), (pairs.Square(), "not tried in this run"),
          (pairs.Square(excluded=("",)), "cannot be")]


def svg(results, link=None):
    """The whole picture.

    link   from an architecture and two values to where a square that failed leads; None: there is no such place
    """
    arches = list(results["axes"])
    sizes = [SQUARE * len(pairs.values_of(results["axes"][arch])) for arch in arches]
    width = LABELS + max(sizes) + 2 * GAP
    heights = [HEAD + size + FOOT for size in sizes]
    height = sum(heights) + GAP * (len(arches) + 1)
    parts = [f'<svg xmlns="http://www.w3.org/2000/svg" class="matrix" role="img" aria-labelledby="matrix-title '
             f'matrix-text" viewBox="0 0 {width} {height}" width="{width}" height="{height}">',
             f"<title id=\"matrix-title\">{escape(headline(results))}</title>",
             '<desc id="matrix-text">For each architecture a map of all pairs of values: a square has the number of cells '
             "that try both together, marked with a cross where some failed.</desc>",
             f"<style>{STYLE}</style>", f'<rect class="paper" width="{width}" height="{height}"/>']
    parts += legend(GAP, 24)
    top = 24 + GAP
    for arch, tall in zip(arches, heights):
        parts += one_map(arch, results, GAP, top, link)
        top += tall + GAP
    return "\n".join(parts + ["</svg>"]) + "\n"


def headline(results):
    totals = results["totals"]
    return (f"Boot matrix ({results['cover']}): {totals['passed']} passed, {totals['failed']} failed, "
            f"{totals['skipped']} skipped")


def legend(left, top):
    for sample, text in LEGEND:
        yield from square(sample, left, top - 20)
        yield f'<text x="{left + SQUARE + 8}" y="{top}">{text}</text>'
        left += SQUARE + 24 + 7 * len(text)


def square(of, left, top, title="", whole=False):
    """One square with its mark."""
    tip = f"<title>{escape(title)}</title>" if title else ""
    yield (f'<g class="{of.kind}{" whole" if whole else ""}">{tip}<rect class="square" x="{left}" y="{top}" '
           f'width="{SQUARE}" height="{SQUARE}"/><text class="mark" x="{left + SQUARE // 2}" y="{top + 19}">'
           f"{of.mark}</text></g>")


def one_map(arch, results, left, top, link):
    """An architecture's map: a row and a column for every value, below the diagonal."""
    values = pairs.values_of(results["axes"][arch])
    grid = pairs.squares(arch, results)
    yield f'<text class="title" x="{left}" y="{top + 16}">{escape(arch)}</text>'
    yield (f'<text class="axis" x="{left + 100}" y="{top + 16}">each value with each: the number of cells that have '
           "both; on the diagonal, those that have the one</text>")
    top += HEAD
    origin = left + LABELS
    bottom = top + SQUARE * len(values)
    for row, value in enumerate(values):
        y = top + SQUARE * row
        yield from labels(value, row, values, left, origin, y, bottom)
        for column, other in enumerate(values[:row + 1]):
            found = grid.get((other, value))
            if found is None:
                continue
            names = value.name if other == value else f"{other.name} × {value.name}"
            drawn = square(found, origin + SQUARE * column, y, f"{names}: {found.text}", other == value)
            target = link(arch, other, value) if link and found.failed else None
            if target:
                yield f'<a href="{escape(target)}">'
                yield from drawn
                yield "</a>"
            else:
                yield from drawn


def labels(value, row, values, left, origin, y, bottom):
    """A value's name at its row and below its column; where an axis begins, the axis's and a rule."""
    x = origin + SQUARE * row + SQUARE // 2
    yield f'<text x="{origin - 8}" y="{y + 19}" text-anchor="end">{escape(value.name)}</text>'
    yield (f'<text x="{x}" y="{bottom + 8}" text-anchor="end" dominant-baseline="middle" '
           f'transform="rotate(-90 {x} {bottom + 8})">{escape(value.name)}</text>')
    if row == 0 or values[row - 1].axis != value.axis:
        yield f'<text class="axis" x="{left - 20}" y="{y + 19}">{TITLES.get(value.axis, value.axis)}</text>'
        if row:
            edge = origin + SQUARE * row
            yield f'<line class="rule" x1="{left - 20}" y1="{y}" x2="{edge}" y2="{y}"/>'
            yield f'<line class="rule" x1="{edge}" y1="{y}" x2="{edge}" y2="{bottom + FOOT - 4}"/>'
