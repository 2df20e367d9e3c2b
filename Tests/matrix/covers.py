# SPDX-License-Identifier: Apache-2.0 OR GPL-2.0-only
"""Few cells that try every combination of so many values."""

import heapq
import itertools


def combinations(values, strength):
    """The combinations of `strength` values that a cell tries, each with its axes' numbers."""
    return set(itertools.combinations(enumerate(values), strength))


def cover(cells, strength):
    """A small part of `cells` in which every combination of `strength` values occurs that occurs in `cells`.

    Greedy: takes the cell with most combinations that are new, of equals the first. What a cell has to offer only ever
    shrinks, so what was reckoned of it earlier is a bound: a cell whose bound is below another's true value need not be
    reckoned anew (which makes it quick enough to look at all of them).

    Then leaves out those that others have made needless. Deterministic.
    """
    offers = [combinations(cell.values, strength) for cell in cells]
    missing = set().union(*offers) if offers else set()
    queue = [(-len(offer), number) for number, offer in enumerate(offers)]
    heapq.heapify(queue)
    chosen = []
    while missing:
        _, number = heapq.heappop(queue)
        new = -len(offers[number] & missing)
        if queue and (new, number) > queue[0]:
            heapq.heappush(queue, (new, number))
            continue
        chosen.append(number)
        missing -= offers[number]
    return [cells[number] for number in sorted(needed(chosen, offers))]


def needed(chosen, offers):
    """`chosen` without those all of whose combinations others of them have as well."""
    times = {}
    for number in chosen:
        for combination in offers[number]:
            times[combination] = times.get(combination, 0) + 1
    kept = []
    for number in chosen:
        if all(times[combination] > 1 for combination in offers[number]):
            for combination in offers[number]:
                times[combination] -= 1
        else:
            kept.append(number)
    return kept
