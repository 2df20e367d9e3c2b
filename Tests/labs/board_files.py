# SPDX-License-Identifier: Apache-2.0 OR GPL-2.0-only
"""Boards: what a lab has to know of a machine to boot cells of the matrix on it. A file of boards/ is one board.

    for board in load_all(matrix):
        print(board.name, [cell.name for cell in cells if board.fits(cell)])

A file that is wrong is a BoardError, which says where, what, and what would be right.
"""

import dataclasses
import pathlib
import re
import tomllib

FOLDER = pathlib.Path(__file__).with_name("boards")

# How LAVA starts a machine of a method: where it deploys to, and what of the board's file the method needs.
METHODS = {
    "qemu": ("tmpfs", ("qemu",)),
    "u-boot": ("tftp", ("commands",)),
    "grub": ("tftp", ("commands",)),
    "ipxe": ("tftp", ("commands",)),
}
KERNEL_TYPES = ("image", "uimage", "zimage")
PARTS = ("deploy", "boot", "test")
# Seconds, for a board that does not say.
TIMEOUTS = {"deploy": 300, "boot": 300, "test": 300}
LONGEST = 24 * 3600


class BoardError(ValueError):
    """A board's file is wrong; the text says where, what, and what would be right."""


@dataclasses.dataclass(frozen=True)
class Board:
    name: str
    description: str
    arch: str
    device_type: str
    method: str
    console: str
    speed: int | None = None
    earlycon: str | None = None
    commands: str | None = None
    kernel_type: str | None = None
    dtb: str | None = None
    qemu: dict = dataclasses.field(default_factory=dict)
    tags: tuple = ()
    context: dict = dataclasses.field(default_factory=dict)
    constraints: dict = dataclasses.field(default_factory=dict)
    timeouts: dict = dataclasses.field(default_factory=dict)

    @property
    def deploys_to(self):
        return METHODS[self.method][0]

    @property
    def is_hardware(self):
        return self.method != "qemu"

    @property
    def console_argument(self):
        """As the kernel's `console=` takes it."""
        return self.console if self.speed is None else f"{self.console},{self.speed}n8"

    def obstacle(self, cell):
        """Why a cell does not fit the board; None if it does."""
        if cell.arch != self.arch:
            return f"{self.name} is {self.arch}"
        for axis, allowed in self.constraints.items():
            if getattr(cell, axis) not in allowed:
                return f"{self.name} has {axis} {', '.join(allowed)}"
        return None

    def fits(self, cell):
        return self.obstacle(cell) is None


def load_all(matrix, folder=FOLDER):
    """The boards of a folder, by name. Raises BoardError."""
    files = sorted(pathlib.Path(folder).glob("*.toml"))
    if not files:
        raise BoardError(f"{folder}: there is no board: a file NAME.toml was expected")
    return {file.stem: load(file, matrix) for file in files}


def load(path, matrix):
    """A board's file. Raises BoardError."""
    path = pathlib.Path(path)
    try:
        text = path.read_bytes().decode()
        table = tomllib.loads(text)
    except OSError as reason:
        raise BoardError(f"{path}: cannot be read: {reason.strerror}") from reason
    except ValueError as reason:
        raise BoardError(f"{path.name}: is not TOML: {reason}") from reason
    return parse(path.stem, table, matrix, path.name)


def parse(name, table, matrix, where="board"):
    """A board from what its file holds. `matrix` knows the architectures and the values of the axes."""
    reader = Reader(where, table)
    if not re.fullmatch(r"[a-z0-9][a-z0-9._-]*", name):
        raise BoardError(f"{where}: a board is called by lower-case letters, digits, '-', '_' and '.', not '{name}'")
    method = reader.choice("method", tuple(METHODS))
    arch = reader.choice("arch", tuple(matrix.axes))
    console = reader.section("console", required=True)
    board = Board(
        name=name, description=reader.text("description"), arch=arch,
        device_type=reader.text("device-type", pattern=r"[A-Za-z0-9][A-Za-z0-9._+-]*"), method=method,
        console=console.text("device", pattern=r"tty[A-Za-z]*[0-9]+"),
        speed=console.number("speed", 300, 12_000_000, default=None), earlycon=console.text("earlycon", default=None),
        commands=reader.text("commands", default=None),
        kernel_type=reader.choice("kernel-type", KERNEL_TYPES, default=None),
        dtb=file_name(reader, "dtb"), qemu=qemu(reader), tags=tuple(reader.texts("tags")), context=context(reader),
        constraints=constraints(reader, matrix.axes[arch]), timeouts=timeouts(reader))
    console.finish()
    reader.finish()
    for key in METHODS[method][1]:
        if not getattr(board, key.replace("-", "_")):
            raise BoardError(f"{where}: method \"{method}\" needs '{key}'")
    for key in ("qemu", "commands", "kernel-type", "dtb"):
        if getattr(board, key.replace("-", "_")) and (key == "qemu") != (method == "qemu"):
            raise BoardError(f"{where}: '{key}' is not for method \"{method}\"")
    return board


def file_name(reader, key):
    value = reader.text(key, default=None)
    if value is not None and (value.startswith("/") or ".." in value.split("/") or "//" in value):
        raise BoardError(f"{reader.where}: '{key}' is a file below the artefacts' address, not '{value}'")
    return value


def qemu(reader):
    section = reader.section("qemu")
    if section is None:
        return {}
    values = {"machine": section.text("machine"), "cpu": section.text("cpu")}
    values["options"] = section.texts("options")
    section.finish()
    return values


def context(reader):
    section = reader.section("context")
    if section is None:
        return {}
    for key, value in section.table.items():
        if isinstance(value, bool) or not isinstance(value, (str, int)):
            raise BoardError(f"{section.where}: '{key}' is {kind(value)}, not a text or a number")
    return dict(section.table)


def constraints(reader, axes):
    section = reader.section("fits")
    if section is None:
        return {}
    known = [axis for axis in axes if axis != "arch"]
    found = {}
    for axis in section.table:
        if axis not in known:
            raise BoardError(f"{section.where}: the matrix has no axis '{axis}'; there are {', '.join(known)}")
        values = section.texts(axis)
        if not values:
            raise BoardError(f"{section.where}: '{axis}' is empty: no cell would fit; leave it away if all do")
        for value in values:
            if value not in axes[axis]:
                raise BoardError(f"{section.where}: {axis} has no value '{value}'; there are {', '.join(axes[axis])}")
        found[axis] = tuple(values)
    return found


def timeouts(reader):
    section = reader.section("timeouts")
    if section is None:
        return dict(TIMEOUTS)
    found = {part: section.number(part, 1, LONGEST, default=TIMEOUTS[part]) for part in PARTS}
    section.finish()
    return found


def kind(value):
    """A TOML value's type in words."""
    kinds = ((bool, "a boolean"), (str, "a text"), (int, "a number"), (float, "a fraction"), (list, "a list"),
             (dict, "a table"))
    return next((word for type_, word in kinds if isinstance(value, type_)), "a date or time")


class Reader:
    """Takes known keys out of a table; `finish` refuses the rest."""

    def __init__(self, where, table):
        self.where = where
        self.table = table
        self.known = []

    def value(self, key, default):
        self.known.append(key)
        if key in self.table:
            return self.table[key]
        if default is ...:
            raise BoardError(f"{self.where}: '{key}' is missing")
        return default

    def text(self, key, default=..., pattern=None):
        value = self.value(key, default)
        if value is None:
            return None
        if not isinstance(value, str):
            raise BoardError(f"{self.where}: '{key}' is {kind(value)}, not a text")
        if not value.strip() or not value.isprintable():
            raise BoardError(f"{self.where}: '{key}' is empty or not printable")
        if pattern and not re.fullmatch(pattern, value):
            raise BoardError(f"{self.where}: '{key}' is '{value}', which is not like {pattern}")
        return value

    def choice(self, key, values, default=...):
        value = self.text(key, default)
        if value is not None and value not in values:
            raise BoardError(f"{self.where}: '{key}' is '{value}'; there are {', '.join(values)}")
        return value

    def number(self, key, least, most, default=...):
        value = self.value(key, default)
        if value is None:
            return None
        if isinstance(value, bool) or not isinstance(value, int):
            raise BoardError(f"{self.where}: '{key}' is {kind(value)}, not a number")
        if not least <= value <= most:
            raise BoardError(f"{self.where}: '{key}' is {value}, not {least} to {most}")
        return value

    def texts(self, key):
        values = self.value(key, [])
        if not isinstance(values, list):
            raise BoardError(f"{self.where}: '{key}' is {kind(values)}, not a list of texts")
        for value in values:
            if not isinstance(value, str) or not value.strip() or not value.isprintable():
                raise BoardError(f"{self.where}: '{key}' has {value!r} in it, which is no printable text")
        return values

    def section(self, key, required=False):
        value = self.value(key, ... if required else None)
        if value is None:
            return None
        if not isinstance(value, dict):
            raise BoardError(f"{self.where}: '{key}' is {kind(value)}, not a table ([{key}])")
        return Reader(f"{self.where}: [{key}]", value)

    def finish(self):
        for key in self.table:
            if key not in self.known:
                raise BoardError(f"{self.where}: unknown key '{key}'; there are {', '.join(self.known)}")
