# SPDX-License-Identifier: Apache-2.0 OR GPL-2.0-only
"""Guests of QEMU that run one script and send an archive of what it has left: for recording and for checking."""

import base64
import os
import pathlib
import re
import subprocess
import sys

ROOT = pathlib.Path(__file__).resolve().parents[2]
HERE = pathlib.Path(__file__).resolve().parent
CACHE = pathlib.Path(os.environ.get("XDG_CACHE_HOME") or pathlib.Path.home() / ".cache") / "virgil"
sys.path.insert(0, str(ROOT / "Tests/boot"))
from initrds import cpio  # noqa: E402
from secure import Keys  # noqa: E402

QEMU = {
    "x86_64": ["qemu-system-x86_64", "-M", "q35", "-accel", "tcg", "-cpu", "qemu64,-cx16"],
    "aarch64": ["qemu-system-aarch64", "-M", "virt", "-cpu", "cortex-a57"],
}
CONSOLE = {"x86_64": "ttyS0", "aarch64": "ttyAMA0"}
APPLETS = ["mount", "insmod", "mkdir", "cat", "rm", "tar", "gzip", "base64", "poweroff", "cp", "sysctl"]


class Failure(Exception):
    """A guest that sent nothing."""


def material(item):
    return CACHE / "material" / item


def kernel(arch, line):
    """The image, the configuration, and the modules that the scripts need."""
    if line.startswith("series-"):
        folder = CACHE / "kernel" / f"build-{line.removeprefix('series-')}-{arch}"
        image = "arch/x86/boot/bzImage" if arch == "x86_64" else "arch/arm64/boot/Image"
        return folder / image, folder / ".config", []
    folder = material(f"{arch}/kernel/{line}")
    return folder / "vmlinuz", folder / "config", list(folder.rglob("efivarfs.ko*"))


def initrd(arch, script, modules, files, path):
    """An initramfs with busybox, a script as init, and files; all of them can be executed."""
    busybox = material(f"{arch}/busybox/busybox").read_bytes()
    contents = {"init": script.read_bytes(), "bin/busybox": busybox, "bin/sh": busybox}
    contents |= {f"bin/{name}": f'#!/bin/busybox sh\nexec /bin/busybox {name} "$@"\n'.encode() for name in APPLETS}
    for module in modules:
        data = module.read_bytes()
        if module.suffix == ".xz":
            data = subprocess.run(["xz", "-dc"], input=data, capture_output=True, check=True).stdout
        contents["record/efivarfs.ko"] = data
    contents |= {f"{name}/.there": b"" for name in ["proc", "sys", "dev", "tmp"]}
    archive = cpio(contents | files)
    # cpio() gives 0644, which is no mode for an init.
    path.write_bytes(archive.replace(b"%08x" % 0o100644, b"%08x" % 0o100755))
    return path


def run(arch, image, archive, road, options, folder, artefacts, memory="1G", cpu=None):
    """Boots it (direct: by QEMU itself; firmware; secure: with Secure Boot and our own key); what it sent."""
    machine = [*QEMU[arch], *(["-cpu", cpu] if cpu else [])]
    command_line = f"console={CONSOLE[arch]} panic=-1 quiet rdinit=/init {options}".strip()
    if road == "direct":
        command = [*machine, "-m", memory, "-nodefaults", "-no-user-config", "-display", "none", "-serial", "stdio",
                   "-no-reboot", "-net", "none", "-kernel", image, "-initrd", archive, "-append", command_line]
        log = subprocess.run(command, capture_output=True, timeout=300).stdout
    else:
        command = [artefacts / "virgil", "boot", image, "--via", "firmware", "--initrd", archive, "--command-line",
                   command_line, "--quiet", "--memory", memory, "--log", folder / "log"]
        if cpu:
            command += ["--cpu", cpu]
        if road == "secure":
            keys = Keys(folder, artefacts / "virgil")
            command[2] = keys.sign(image, "own", folder / "signed")
            command += ["--secure-boot", keys.enrolled()]
        done = subprocess.run(command, capture_output=True, timeout=300, text=True, errors="replace")
        if not (folder / "log").exists():
            raise Failure(done.stderr.strip())
        log = (folder / "log").read_bytes()
    text = log.decode(errors="replace").replace("\r", "")
    sent = re.search(r"RECORD-BEGIN\n(.*?)RECORD-END", text, re.S)
    if not sent:
        raise Failure(f"nothing was sent; the log ends with\n{text[-2000:]}")
    # The kernel's own messages may come in between.
    lines = [line for line in sent[1].split("\n") if re.fullmatch(r"[A-Za-z0-9+/=]+", line)]
    return base64.b64decode("".join(lines))
