# SPDX-License-Identifier: Apache-2.0 OR GPL-2.0-only
"""The firmwares that the suite's groups are run under: each boots one EFI application and writes its serial log.

Each returns whether the machine ended by itself; if not, it was killed.
"""

import os
import pathlib
import subprocess
import sys
import tempfile
import threading

sys.path.insert(0, str(pathlib.Path(__file__).resolve().parents[1] / "boot"))

from endings import CONSOLE  # noqa: E402
from images import Skip, item  # noqa: E402

ARCHITECTURES = ("aarch64", "x86_64")
# Seconds. A group takes a few; what hangs is recorded as such.
TIMEOUT = 90
REMOVABLE = {"aarch64": "BOOTAA64.EFI", "x86_64": "BOOTX64.EFI"}

# U-Boot's x86_64 board is QEMU's older PC.
UBOOT = {
    "aarch64": ("u-boot.bin", ["-M", "virt", "-cpu", "cortex-a57"]),
    "x86_64": ("u-boot.rom", ["-M", "pc", "-accel", "tcg", "-cpu", "qemu64,-cx16"]),
}


def virgil_boot(options, path, log, *more):
    """`virgil boot`. The application prints no marks and ends the machine, so the status says nothing; 66 is a skip."""
    command = [options.artefacts / "virgil", "boot", path, "--log", log, "--quiet", "--timeout", str(TIMEOUT), *more]
    done = subprocess.run(command, capture_output=True, text=True, errors="replace", timeout=TIMEOUT + 60)
    if done.returncode == 66:
        raise Skip(done.stderr.strip().splitlines()[-1])
    return done.returncode != 124


def sidecars(options, path):
    """Options of compose that give the group on files a small file system. Elsewhere the disk has one."""
    if not path.stem.startswith("files-"):
        return []
    folder = options.scratch / f"{path.stem}-sidecars"
    (folder / "EFI" / "data").mkdir(parents=True, exist_ok=True)
    (folder / "EFI" / "data" / "numbers.txt").write_text("".join(f"{number}\n" for number in range(2000)))
    (folder / "top.txt").write_text("a file in the root\n")
    return ["--sidecars", folder]


def run_virgil(options, arch, path, log):
    """Virgil: the application made kexec-able, entered by kexec."""
    image = options.scratch / f"{path.stem}-kexec.efi"
    environment = {**os.environ, "VIRGIL_EMULATORS": str(options.artefacts)}
    command = [options.artefacts / "virgil", "compose", path, "-o", image, *sidecars(options, path)]
    done = subprocess.run(command, env=environment, capture_output=True, text=True, errors="replace", timeout=120)
    if done.returncode != 0:
        raise OSError(f"virgil compose, status {done.returncode}: {done.stderr.strip()[-300:]}")
    return virgil_boot(options, image, log, "--via", "kexec", "--command-line", CONSOLE[arch])


def run_edk2(options, arch, path, log):
    """OVMF or AAVMF."""
    item(f"{arch}/firmware", "code.fd")
    return virgil_boot(options, path, log, "--via", "firmware")


def run_uboot(options, arch, path, log):
    """U-Boot, which finds the application where a removable disk has it."""
    name, machine = UBOOT[arch]
    bios = item(f"{arch}/u-boot", name)
    with tempfile.TemporaryDirectory(dir=options.scratch) as folder:
        boot = pathlib.Path(folder) / "EFI" / "BOOT"
        boot.mkdir(parents=True)
        (boot / REMOVABLE[arch]).write_bytes(path.read_bytes())
        command = [f"qemu-system-{arch}", "-nodefaults", "-no-user-config", "-display", "none", "-serial", "stdio",
                   "-no-reboot", "-net", "none", *machine, "-m", "1G", "-bios", bios,
                   "-drive", f"if=none,id=disk,format=raw,readonly=on,file=fat:{folder}",
                   "-device", "virtio-blk-pci,drive=disk"]
        return watch(command, log)


def watch(command, log):
    """Runs QEMU until it ends, the group says that it has (not every U-Boot can power off), or it takes too long."""
    guest = subprocess.Popen(command, stdin=subprocess.DEVNULL, stdout=subprocess.PIPE, stderr=subprocess.STDOUT)
    alarm = threading.Timer(TIMEOUT, guest.kill)
    alarm.start()
    try:
        with log.open("wb") as file:
            for line in guest.stdout:
                file.write(line)
                if line.startswith(b"@ end "):
                    break
            else:
                return guest.wait() == 0
            return False
    finally:
        alarm.cancel()
        guest.kill()
        guest.stdout.close()
        guest.wait()


FIRMWARES = {"virgil": run_virgil, "edk2": run_edk2, "u-boot": run_uboot}
