# SPDX-License-Identifier: Apache-2.0 OR GPL-2.0-only
"""What the tests share: the matrix as it is, a board, a cell."""

import functools
import importlib.machinery
import importlib.util
import pathlib

import board_files
import cells

LABS = pathlib.Path(__file__).resolve().parents[1]
ROOT = LABS.parents[1]
MATRIX = cells.load()
# A cover takes a second to make.
MATRIX.cells = functools.cache(MATRIX.cells)


def program(name):
    """A program without a suffix, as a module."""
    loader = importlib.machinery.SourceFileLoader(f"program_{name}", str(LABS / name))
    module = importlib.util.module_from_spec(importlib.util.spec_from_loader(loader.name, loader))
    loader.exec_module(module)
    return module


def cell(**values):
    """The first cell with these values."""
    return next(one for one in MATRIX.cells("all")
                if all(getattr(one, axis) == value for axis, value in values.items()))


def table(**more):
    """What a board's file holds, right but for what is given: None takes a key away."""
    whole = {"description": "a board", "arch": "aarch64", "device-type": "some-board", "method": "u-boot",
             "commands": "ramdisk", "console": {"device": "ttyS2", "speed": 1500000}} | more
    return {key: value for key, value in whole.items() if value is not None}


def board(name="some-board", **more):
    return board_files.parse(name, table(**more), MATRIX, f"{name}.toml")
