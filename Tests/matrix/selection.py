# SPDX-License-Identifier: Apache-2.0 OR GPL-2.0-only
"""Which cells of a cover are run."""

import argparse
import fnmatch


def shard(text):
    """`I/N`, as a pair. Raises argparse.ArgumentTypeError."""
    number, _, count = text.partition("/")
    if not (number.isdecimal() and count.isdecimal() and 1 <= int(number) <= int(count)):
        raise argparse.ArgumentTypeError(f"'{text}': expected I/N, with I from 1 to N")
    return int(number), int(count)


def chosen(cover, part=(1, 1), patterns=()):
    """Of the cells of a cover those of the part I of N whose name contains one of the patterns, or is like it.

    Cells that share a boot by firmware are in one part.
    """
    number, count = part
    references = {reference: place for place, reference in enumerate(dict.fromkeys(cell.reference for cell in cover))}
    return [cell for cell in cover if references[cell.reference] % count == number - 1
            and (not patterns or any(is_like(cell.name, pattern) for pattern in patterns))]


def is_like(name, pattern):
    return pattern in name or fnmatch.fnmatchcase(name, pattern)
