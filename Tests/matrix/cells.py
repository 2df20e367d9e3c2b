# SPDX-License-Identifier: Apache-2.0 OR GPL-2.0-only
"""From matrix.toml to the cells of the boot matrix. Pure functions, but for `load`, which reads that file.

    matrix = load(path)
    for cell in matrix.cells("pairwise"):
        print(cell.name, matrix.machine(cell).memory)
"""

import dataclasses
import itertools
import pathlib
import tomllib

import covers

FILE = pathlib.Path(__file__).with_name("matrix.toml")

# A cell's fields in the order of its name.
AXES = ("arch", "payload", "kernel", "road", "first", "first_boot", "tools", "machine")
# How many values of different axes are tried together; None: all.
COVERS = {"pairwise": 2, "triples": 3, "all": None}


@dataclasses.dataclass(frozen=True)
class Cell:
    arch: str
    payload: str
    kernel: str
    road: str
    first: str
    first_boot: str
    tools: str
    machine: str

    @property
    def name(self):
        return "/".join(self.values)

    @property
    def values(self):
        return tuple(getattr(self, axis) for axis in AXES)

    @property
    def reference(self):
        """What of it the boot by firmware depends on: cells that share these share that boot."""
        return Reference(self.arch, self.payload, self.kernel, self.machine)


@dataclasses.dataclass(frozen=True)
class Reference:
    """The boot by firmware that cells are compared with."""
    arch: str
    payload: str
    kernel: str
    machine: str

    @property
    def name(self):
        return "/".join(dataclasses.astuple(self))


@dataclasses.dataclass(frozen=True)
class Payload:
    name: str
    kind: str
    stub: str | None = None


@dataclasses.dataclass(frozen=True)
class Kernel:
    name: str
    item: str
    line: str
    pages: int = 4
    first: bool = True
    payloads: tuple[str, ...] = ()
    retains_initrd: bool = True


@dataclasses.dataclass(frozen=True)
class Machine:
    name: str
    memory: str = "1G"
    smp: int = 1
    el: int = 1
    cpu: str | None = None
    machine_options: str | None = None
    append: str | None = None
    expect: tuple[str, ...] = ()

    @property
    def boot_options(self):
        """As `virgil boot` takes them, by any road; `append` is not among them."""
        options = ["--memory", self.memory, "--smp", str(self.smp)]
        if self.el != 1:
            options += ["--el", str(self.el)]
        if self.cpu:
            options += ["--cpu", self.cpu]
        if self.machine_options:
            options += ["--machine-options", self.machine_options]
        return options


@dataclasses.dataclass(frozen=True)
class Constraint:
    """Cells that cannot be: those that have one of the values of each axis."""
    cells: dict[str, tuple[str, ...]]
    reason: str

    def excludes(self, values):
        """Whether it excludes every cell with these values (by axis, of some or all axes)."""
        return all(values.get(axis) in alternatives for axis, alternatives in self.cells.items())


class Matrix:
    def __init__(self, table):
        """Raises ValueError or TypeError where the table is not as matrix.toml says it is."""
        table = dict(table)
        self.payloads = {name: Payload(name, **fields) for name, fields in table.pop("payload").items()}
        stated = [Constraint({axis: listed(values) for axis, values in entry["cells"].items()}, entry["reason"])
                  for entry in table.pop("constraint", [])]
        self.absent = table.pop("absent", [])
        self.arches = tuple(table)
        self.kernels = {}
        self.machines = {}
        self.axes = {}
        for arch, part in table.items():
            self.add(arch, part)
        self.constraints = stated + [made for arch in self.arches for made in self.forms(arch)]
        self.check()

    def add(self, arch, part):
        """An architecture's part of the table."""
        kernels = [Kernel(name, **{"line": name, **with_tuples(fields)}) for name, fields in part["kernel"].items()]
        machines = [Machine(name, **with_tuples(fields)) for name, fields in part["machine"].items()]
        self.kernels |= {(arch, kernel.name): kernel for kernel in kernels}
        self.machines |= {(arch, machine.name): machine for machine in machines}
        self.axes[arch] = {
            "arch": (arch,), "payload": listed(part["payload"]), "kernel": tuple(kernel.name for kernel in kernels),
            "road": listed(part["road"]), "first": tuple(kernel.name for kernel in kernels if kernel.first),
            "first_boot": listed(part["first_boot"]), "tools": listed(part["tools"]),
            "machine": tuple(machine.name for machine in machines)}

    def forms(self, arch):
        """The constraints that follow from the forms in which the kernels come."""
        kernels = [kernel for (of, _), kernel in self.kernels.items() if of == arch]
        claimed = {form for kernel in kernels for form in kernel.payloads}
        groups = {}
        for kernel in kernels:
            other = tuple(form for form in self.axes[arch]["payload"]
                          if (form not in kernel.payloads if kernel.payloads else form in claimed))
            groups.setdefault((kernel.payloads, other), []).append(kernel.name)
        for (own, other), names in groups.items():
            if other:
                reason = f"made to be {' and '.join(own)}" if own else f"not made to be {' or '.join(other)}"
                yield Constraint({"arch": (arch,), "kernel": tuple(names), "payload": other}, f"this kernel is {reason}")
    def check(self):
        for arch, axes in self.axes.items():
            if unknown := set(axes["payload"]) - set(self.payloads):
                raise ValueError(f"{arch}: no payload is called {', '.join(sorted(unknown))}")
        for constraint in self.constraints:
            for axis, values in constraint.cells.items():
                if axis not in AXES:
                    raise ValueError(f"a constraint names the axis {axis}; there are {', '.join(AXES)}")
                known = {value for axes in self.axes.values() for value in axes[axis]}
                if unknown := set(values) - known:
                    raise ValueError(f"a constraint names what {axis} does not have: {', '.join(sorted(unknown))}")
            if not constraint.reason:
                raise ValueError(f"a constraint without a reason: {constraint.cells}")

    def payload(self, cell):
        return self.payloads[cell.payload]

    def kernel(self, cell):
        """The payload's kernel."""
        return self.kernels[cell.arch, cell.kernel]

    def first(self, cell):
        return self.kernels[cell.arch, cell.first]

    def machine(self, cell):
        return self.machines[cell.arch, cell.machine]

    def excluding(self, **values):
        """The constraints that exclude every cell with these values."""
        return [constraint for constraint in self.constraints if constraint.excludes(values)]

    def every(self, arch):
        """All cells of an architecture, in the order of the axes' values."""
        for values in itertools.product(*(self.axes[arch][axis] for axis in AXES)):
            if not self.excluding(**dict(zip(AXES, values))):
                yield Cell(*values)

    def excluded(self):
        """For each constraint, how many combinations of values it excludes."""
        counts = [0] * len(self.constraints)
        for arch, axes in self.axes.items():
            for values in itertools.product(*(axes[axis] for axis in AXES)):
                named = dict(zip(AXES, values))
                for number, constraint in enumerate(self.constraints):
                    counts[number] += constraint.excludes(named)
        return list(zip(self.constraints, counts))

    def cells(self, cover):
        """The cells of a cover, "pairwise", "triples" or "all": the same each time."""
        if cover not in COVERS:
            raise ValueError(f"no cover is called {cover}; there are {', '.join(COVERS)}")
        strength = COVERS[cover]
        chosen = []
        for arch in self.arches:
            every = list(self.every(arch))
            chosen += every if strength is None else covers.cover(every, strength)
        return chosen


def listed(values):
    return (values,) if isinstance(values, str) else tuple(values)


def with_tuples(fields):
    """Fields of a frozen dataclass, whose lists are tuples."""
    return {key: tuple(value) if isinstance(value, list) else value for key, value in fields.items()}


def load(path=FILE):
    """The matrix of a file. Raises ValueError, TypeError or KeyError where it is not as it says it is."""
    return Matrix(tomllib.loads(pathlib.Path(path).read_text()))
