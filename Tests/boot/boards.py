# SPDX-License-Identifier: Apache-2.0 OR GPL-2.0-only
"""UKIs that bring something for the machine they run on, by ukify: device trees, to be taken always (.dtb), by the name in
the firmware's tree (.dtbauto) or by SMBIOS (.hwids), and microcode (.ucode).

The trees are QEMU's own of the virt machine under other names: they fit, and show which one was taken.
"""

import hashlib
import json
import pathlib
import re
import shutil
import subprocess
import uuid

import sidecars
import ukify

# Where the image is on the ESP that firmware boots from.
PATH = "EFI/Linux/virgil-board.efi"
# The model of the tree that must be taken; the others' are not to be seen.
MODEL = {"dtb": "virgil board", "auto": "virgil board", "hwids": "virgil by hwids"}
# What QEMU calls its machine in its tree, and in SMBIOS.
COMPATIBLE = "linux,dummy-virt"
MANUFACTURER_AND_PRODUCT = ["QEMU", "QEMU Virtual Machine"]


def microcode():
    """An archive as the kernel looks for it in front of the initrd. No CPU has this revision: it is not loaded."""
    name = b"kernel/x86/microcode/AuthenticAMD.bin\0"
    contents = b"DMA\0" + bytes(60)
    archive = b""
    for name, mode, data in [(name, 0o100644, contents), (b"TRAILER!!!\0", 0, b"")]:
        fields = [1, mode, 0, 0, 1, 0, len(data), 0, 0, 0, 0, len(name), 0]
        archive += b"070701" + b"".join(b"%08x" % number for number in fields) + name
        archive += bytes(-len(archive) & 3) + data
        archive += bytes(-len(archive) & 3)
    return archive


def identifier(*fields):
    """The computer hardware ID (CHID) of these SMBIOS fields: a name-based UUID of their UTF-16."""
    space = uuid.UUID("70ffd812-4c7f-4c7d-0000-000000000000")
    digest = hashlib.sha1(space.bytes + "&".join(fields).encode("utf-16-le")).digest()
    return str(uuid.UUID(bytes=digest[:16], version=5))


def without_node(source, name):
    """A tree's source without the first node whose name starts so."""
    start = re.search(rf"\n\t{re.escape(name)}[^\n]* {{\n", source).start()
    end = source.index("\n\t};\n", start) + len("\n\t};")
    return source[:start] + source[end:]


def tree(source, model, compatible):
    """The source of a tree of another name, without what is this machine's only: memory, seeds, and the GPIO that QEMU
    has in place of ACPI's events."""
    for name in ("memory@", "pl061@", "gpio-keys"):
        source = without_node(source, name)
    source = re.sub(r"\t(rng|kaslr)-seed = <[^>]*>;\n", "", source)
    source = source.replace(f'\n\tcompatible = "{COMPATIBLE}"', f'\n\tcompatible = "{compatible}"')
    return source.replace(f'\n\tmodel = "{COMPATIBLE}"', f'\n\tmodel = "{model}"')


def missing_tool():
    """The program that this machine lacks for making trees; None: it has all."""
    packages = {"qemu-system-aarch64": "qemu-system-arm", "dtc": "device-tree-compiler"}
    return next((f"{tool} (Debian's package {package})" for tool, package in packages.items()
                 if not shutil.which(tool)), None)


def compiler(*arguments, **options):
    return subprocess.run(["dtc", "-q", *arguments], check=True, capture_output=True, timeout=60, **options).stdout


def trees(folder):
    """Writes the trees, as {folder}/NAME.dtb: board, other, hwids."""
    dump = folder / "virt.dtb"
    subprocess.run(["qemu-system-aarch64", "-M", f"virt,dumpdtb={dump}", "-cpu", "cortex-a57", "-m", "1G", "-display",
                    "none", "-nodefaults"], check=True, capture_output=True, timeout=60)
    source = compiler("-I", "dtb", "-O", "dts", dump).decode()
    for name, model, compatible in [("board", MODEL["dtb"], COMPATIBLE), ("other", "other board", "virgil,other"),
                                    ("hwids", MODEL["hwids"], "virgil,hwids")]:
        made = compiler("-I", "dts", "-O", "dtb", input=tree(source, model, compatible).encode())
        (folder / f"{name}.dtb").write_bytes(made)


def hardware_identifiers(folder):
    """Writes what ukify makes .hwids of: this machine's, and another's."""
    folder.mkdir()
    for name, compatible, fields in [("qemu", "virgil,hwids", MANUFACTURER_AND_PRODUCT),
                                     ("other", "virgil,other", ["Other", "Machine"])]:
        (folder / f"{name}.json").write_text(json.dumps({
            "type": "devicetree", "name": name, "compatible": compatible, "hwids": [identifier(*fields)]}))


def sections(brings, folder):
    """What ukify is told of the sections of a UKI that brings `brings`; their contents are made in `folder`."""
    if brings == "microcode":
        (folder / "microcode.cpio").write_bytes(microcode())
        return [f"--microcode={folder / 'microcode.cpio'}"]
    trees(folder)
    if brings == "dtb":
        return [f"--devicetree={folder / 'board.dtb'}"]
    if brings == "auto":
        return [f"--devicetree-auto={folder / name}.dtb" for name in ("other", "board")]
    hardware_identifiers(folder / "board-hwids")
    return [*(f"--devicetree-auto={folder / name}.dtb" for name in ("other", "hwids")),
            f"--hwids={folder / 'board-hwids'}"]


def make(folder: pathlib.Path, spec, python, program, stub, kernel, release, initrd, command_line):
    """The UKI, as folder/uki.efi, and a folder for what is beside it, which is nothing. Raises ValueError."""
    (folder / "files/EFI/Linux").mkdir(parents=True)
    (folder / "hwids").mkdir()
    (folder / "os-release").write_text("ID=virgil\n")
    # None, rather than those that this machine has; the last one counts.
    ukify.run(python, program, f"--efi-arch={sidecars.EFI[spec['arch']]}", f"--stub={stub}", f"--linux={kernel}",
              f"--uname={release}", f"--initrd={initrd}", f"--cmdline={command_line}",
              f"--os-release=@{folder / 'os-release'}", f"--hwids={folder / 'hwids'}", *sections(spec["brings"], folder),
              f"--output={folder / 'uki.efi'}")


def expectations(brings):
    """The marks that show what was taken."""
    if brings in MODEL:
        yield f"state-devicetree:model={MODEL[brings]}"
