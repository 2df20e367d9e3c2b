# SPDX-License-Identifier: Apache-2.0 OR GPL-2.0-only
"""The cells as a matrix of GitHub Actions: {"include": [...]}, for `fromJSON`. Pure functions.

A job takes several cells, since it first has to install and build: they are dealt out so that the jobs of an
architecture differ by one cell at most, and cells that share their boot by firmware stay together where they can.
"""

# Of one matrix (GitHub's documentation, "Running variations of jobs in a workflow").
MOST_JOBS = 256
# Of one output of a job, in UTF-16 code units of two bytes.
LONGEST_OUTPUT = 1 << 20


def matrix(cells, jobs):
    """The matrix: at most `jobs` jobs for all cells. Raises ValueError where that cannot be."""
    if not 1 <= jobs <= MOST_JOBS:
        raise ValueError(f"{jobs} jobs: GitHub runs 1 to {MOST_JOBS} of a matrix")
    if not cells:
        raise ValueError("there is no cell to run")
    by_arch = {arch: [cell for cell in cells if cell.arch == arch] for arch in sorted({cell.arch for cell in cells})}
    if jobs < len(by_arch):
        raise ValueError(f"{jobs} jobs are too few for {len(by_arch)} architectures ({', '.join(by_arch)})")
    include = []
    for arch, count in shares({arch: len(of) for arch, of in by_arch.items()}, jobs).items():
        # By reference, then by name: the same every time.
        ordered = sorted(by_arch[arch], key=lambda cell: (cell.payload, cell.kernel, cell.machine, cell.name))
        for number, part in enumerate(parts(ordered, count), 1):
            include.append({"name": f"{arch} {number} of {count}", "arch": arch, "shard": f"{arch}-{number}",
                            "cells": " ".join(cell.name for cell in part)})
    return {"include": include}


def shares(counts, jobs):
    """How many jobs each architecture gets: in proportion to its cells, one at least, no more than cells."""
    found = {arch: 1 for arch in counts}
    for _ in range(jobs - len(counts)):
        open_ = [arch for arch in counts if found[arch] < counts[arch]]
        if not open_:
            break
        # Whoever has the most cells a job.
        arch = max(open_, key=lambda arch: (counts[arch] / found[arch], arch))
        found[arch] += 1
    return found


def parts(cells, count):
    """The cells in `count` runs whose lengths differ by one at most."""
    length, longer = divmod(len(cells), count)
    start = 0
    for number in range(count):
        end = start + length + (number < longer)
        yield cells[start:end]
        start = end
