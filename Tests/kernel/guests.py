# SPDX-License-Identifier: Apache-2.0 OR GPL-2.0-only
"""A machine in QEMU whose first kernel is one of ours, and what it says on its serial port."""

import pathlib
import shutil
import subprocess

from archive import Archive
from images import CONSOLE, item

HERE = pathlib.Path(__file__).resolve().parent
APPLETS = ("cat", "dmesg", "echo", "grep", "head", "ls", "mount", "reboot", "sed", "sh", "sleep", "sync", "tail", "uname")
FIRST, MARK = "VIRGIL-FIRST ", "VIRGIL-MARK "


class Log:
    """What a guest said."""

    def __init__(self, text, status):
        self.text = text
        self.status = status
        lines = text.replace("\r", "").splitlines()
        self.first = [line.split(FIRST, 1)[1] for line in lines if FIRST in line]
        self.marks = {}
        for line in lines:
            if MARK in line:
                key, _, value = line.split(MARK, 1)[1].partition("=")
                self.marks[key] = value

    def loads(self):
        """By the name of a load: what came of it ("0" or an error's name), and whether an image is loaded after it, for a
        reboot and for a panic."""
        found = {}
        for line in self.first:
            words = line.split()
            if words[0] == "load" and len(words) == 5:
                found[words[1]] = (words[2], words[3] == "1", words[4] == "1")
        return found


def initramfs(arch, programs, script, files):
    """The first kernel's.

    programs   static programs by name
    script     what init does
    files      by the name that they have in the guest: a path each
    """
    archive = Archive()
    for folder in ("proc", "sys", "tmp"):
        archive.folder(folder)
    archive.character_device("dev/console", 5, 1)
    archive.file("bin/busybox", item(f"{arch}/busybox", "busybox").read_bytes(), executable=True)
    for applet in APPLETS:
        archive.link(f"bin/{applet}", "busybox")
    for name, path in programs.items():
        archive.file(f"bin/{name}", path.read_bytes(), executable=True)
    archive.file("init", (HERE / "guest/init.sh").read_bytes(), executable=True)
    archive.file("do", script.encode())
    for name, path in files.items():
        archive.file(name, path.read_bytes())
    return archive.bytes()


def command_line(arch, append):
    """The first kernel's. See Scenario.firstCommandLine of the Guests module for no_timer_check."""
    return " ".join(filter(None, (f"console={CONSOLE[arch]} loglevel=4 panic=-1 rdinit=/init",
                                  "no_timer_check" if arch == "x86_64" else "", append)))


def run(arch, kernel, initrd, append, folder, log, by_firmware=False, options=(), memory="1G", timeout=240):
    """Runs a guest to its end, or until it is killed. Returns its Log."""
    machine = ["-M", "virt", "-cpu", "cortex-a57"] if arch == "aarch64" else ["-M", "q35", "-accel", "tcg", "-cpu",
                                                                              "qemu64,-cx16"]
    command = [f"qemu-system-{arch}", "-nodefaults", "-no-user-config", "-display", "none", "-serial", "stdio",
               "-no-reboot", "-net", "none", *machine, "-m", memory, *options]
    if by_firmware:
        variables = folder / "vars.fd"
        shutil.copyfile(item(f"{arch}/firmware", "vars.fd"), variables)
        command += ["-drive", f"if=pflash,unit=0,format=raw,readonly=on,file={item(f'{arch}/firmware', 'code.fd')}",
                    "-drive", f"if=pflash,unit=1,format=raw,file={variables}", "-device", "virtio-rng-pci"]
    path = folder / "first.cpio"
    path.write_bytes(initrd)
    command += ["-kernel", kernel, "-initrd", path, "-append", command_line(arch, append)]
    with open(log, "wb") as out:
        try:
            status = subprocess.run(command, stdin=subprocess.DEVNULL, stdout=out, stderr=subprocess.STDOUT,
                                    timeout=timeout).returncode
        except subprocess.TimeoutExpired:
            status = None
    path.unlink()
    return Log(log.read_text(errors="replace"), status)
