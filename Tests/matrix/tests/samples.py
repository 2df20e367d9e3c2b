# SPDX-License-Identifier: Apache-2.0 OR GPL-2.0-only
"""Results to test with."""

import functools
import pathlib

import boots
import cells
import results

LOGS = pathlib.Path("/logs")
STATE = {"state-release": "6.12", "state-cmdline": "a b"}


@functools.cache
def cover(name):
    return cells.load().cells(name)


def booted(cell, road, result="passed", reason="", marks=None):
    return boots.Booted(result, reason, 7.25, dict(STATE if marks is None else marks),
                        LOGS / road / f"{cell.name.replace('/', '_')}.log")


def entry(cell, kexec=None, firmware=None, declared=()):
    return results.of_cell(cell, kexec or booted(cell, cell.road), firmware or booted(cell, "firmware"), declared, "0123")


def whole(of="pairwise", entries=None):
    """Results of the cover of that name, all passed but for the entries given by cell."""
    matrix = cells.load()
    chosen = cover(of)
    found = [(entries or {}).get(cell) or entry(cell) for cell in chosen]
    references = [results.of_reference(one, booted(one, "firmware")) for one in
                  dict.fromkeys(cell.reference for cell in chosen)]
    return {"cover": of, "started": "2026-01-02T03:04:05+00:00", "seconds": 61.5, **results.describe(matrix),
            "cells": found, "references": references, "totals": results.totals(found)}
