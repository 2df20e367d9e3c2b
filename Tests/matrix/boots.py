# SPDX-License-Identifier: Apache-2.0 OR GPL-2.0-only
"""Boots the images of cells, by kexec and by firmware, with `virgil boot`."""

import collections
import dataclasses
import json
import re
import shutil
import subprocess
import threading

import state
from images import LOADER_ADDS, Images, Skip

# Status of `virgil boot`: material or QEMU is missing; timed out.
MISSING, TIMED_OUT = 66, 124


@dataclasses.dataclass(frozen=True)
class Booted:
    """What became of a guest."""
    result: str
    reason: str = ""
    seconds: float = 0.0
    # The second kernel's marks, as state.py wants them.
    marks: dict = dataclasses.field(default_factory=dict)
    log: str | None = None
    repeated: bool = False


class Boots:
    """
    matrix    whose cells these are
    work      the cells that will be booted, with their references: an image is removed after the last boot
    options   artefacts, scratch, logs, timeout
    """

    def __init__(self, matrix, work, options):
        self.matrix = matrix
        self.options = options
        self.uses = collections.Counter(self.image_name(boot) for boot in [*work, *{cell.reference for cell in work}])
        self.lock = threading.Lock()
        self.specs = {}
        self.disks = {}
        self.images = Images(self.specs, options)

    def image_name(self, cell):
        """Of a cell or a reference: those that have the same name boot the same file."""
        append = self.matrix.machine(cell).append
        return "-".join([cell.arch, cell.payload, cell.kernel] + ([cell.machine] if append else []))

    def spec(self, cell):
        """The image as Tests/boot/images.py describes it."""
        payload, kernel, append = self.matrix.payload(cell), self.matrix.kernel(cell), self.matrix.machine(cell).append
        spec = {"arch": cell.arch, "kind": payload.kind, "kernel": kernel.line, "item": kernel.item,
                "retains_initrd": kernel.retains_initrd}
        return spec | ({"stub": payload.stub} if payload.stub else {}) | ({"append": append} if append else {})

    def cell(self, cell):
        """The boot by kexec."""
        options = ["--kernel-line", cell.first, "--kexec-tools", cell.tools]
        if cell.first_boot == "efi":
            options.append("--first-firmware")
        if append := self.matrix.machine(cell).append:
            options += ["--append-first", append]
        return self.boot(cell, cell.road, options)

    def reference(self, reference):
        """The boot by firmware that cells are compared with."""
        booted = self.boot(reference, "firmware", [])
        if self.matrix.payload(reference).kind == "kernel" and "state-cmdline" in booted.marks:
            # Not the firmware's interface, but QEMU's way past it, which adds to what it was given.
            booted.marks["state-cmdline"] = booted.marks["state-cmdline"].removesuffix(LOADER_ADDS)
        return booted

    def boot(self, cell, road, options):
        """Once, and once more where the time ran out: the machine may be busy."""
        log = self.options.logs / road / f"{cell.name.replace('/', '_')}.log"
        try:
            image = self.take(cell)
            try:
                booted = self.guest(cell, image, road, options, log)
                if booted.result == "timed-out":
                    first = log.with_suffix(".first.log")
                    if log.exists():
                        log.replace(first)
                    booted = dataclasses.replace(self.guest(cell, image, road, options, log), repeated=True)
            finally:
                self.leave(cell)
        except Skip as reason:
            return Booted("skipped", str(reason))
        except (ValueError, OSError, KeyError, subprocess.SubprocessError) as reason:
            return Booted("failed", str(reason) if isinstance(reason, ValueError) else repr(reason))
        return dataclasses.replace(booted, result="failed") if booted.result == "timed-out" else booted

    def take(self, cell):
        name = self.image_name(cell)
        with self.lock:
            self.specs.setdefault(name, self.spec(cell))
        return self.images.get(name)

    def leave(self, cell):
        """Removes an image that nobody will ask for again."""
        name = self.image_name(cell)
        with self.lock:
            self.uses[name] -= 1
            if self.uses[name] <= 0:
                self.images.made.pop(name, None)
                self.disks.pop(name, None)
                for path in self.options.scratch.glob(f"{name}.*"):
                    shutil.rmtree(path) if path.is_dir() else path.unlink()

    def placed(self, cell, image, road):
        """What to boot, and the options that say what else there is of the image."""
        if road != "firmware" or not image.files:
            return image.path, image.boot_options()
        name = self.image_name(cell)
        with self.lock:
            if name not in self.disks:
                self.disks[name] = self.images.esp(image, "")
            application, disk = self.disks[name]
        return application, ["--disk-files", disk]

    def guest(self, cell, image, road, options, log):
        log.parent.mkdir(parents=True, exist_ok=True)
        log.unlink(missing_ok=True)
        machine = self.matrix.machine(cell)
        file, own = self.placed(cell, image, road)
        command = [self.options.artefacts / "virgil", "boot", file, "--via", road, "--json", "--log", log,
                   "--timeout", str(self.options.timeout), *machine.boot_options, *options, *own]
        for expectation in [*image.expectations(road), *machine.expect]:
            command += ["--expect", expectation]
        done = subprocess.run(command, env=self.images.environment, capture_output=True, text=True, errors="replace",
                              timeout=self.options.timeout + 120)
        if done.returncode == MISSING:
            raise Skip(done.stderr.strip().splitlines()[-1].removeprefix("virgil: "))
        kept = log if log.exists() else None
        if not done.stdout.lstrip().startswith("{"):
            return Booted("failed", f"virgil boot: status {done.returncode}: {done.stderr.strip()[-500:]}", log=kept)
        said = json.loads(done.stdout)
        result = {0: "passed", TIMED_OUT: "timed-out"}.get(done.returncode, "failed")
        return Booted(result, "" if result == "passed" else reason(said), said["seconds"], state.marks(said), kept)


def reason(said):
    """Why a guest did not pass, from what `virgil boot --json` said."""
    if said["outcome"] == "different":
        return "; ".join(said["differences"])
    text = said.get("reason") or "timed out"
    return f"{text}, in the phase {said['phase']}{complaint(said['lastLines'])}"


def complaint(lines):
    """The last line of a log that complains, without the kernel's time stamp."""
    for line in reversed(lines):
        if re.search(r"virgil: (error|fault)|[Pp]anic|[Ee]rror|[Cc]annot|failed|fault", line):
            return ": " + re.sub(r"^\[ *[0-9.]+\] ", "", line.strip())[:200]
    return ""
