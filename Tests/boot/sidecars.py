# SPDX-License-Identifier: Apache-2.0 OR GPL-2.0-only
"""Files beside an image: what systemd-stub and systemd-boot read from the device that they were started from.

Each tree is laid out like an ESP whose image is the one that firmware boots by itself, so that the same files serve both
roads: `virgil compose --sidecars` for kexec, `virgil boot --disk-files` for firmware.
"""

import hashlib
import pathlib
import shutil

EFI = {"aarch64": "aa64", "x86_64": "x64"}

# What systemd-stub 257 makes of the files, by the road they take into /.extra of the initrd.
EXTRA = {
    "credentials/site.cred": b"site: " + bytes(range(256)),
    "global_credentials/host.cred": b"host",
    "sysext/tools.sysext.raw": b"sysext" * 40000,
    "confext/etc.confext.raw": b"confext" * 700,
}
ADDONS = {"loader/addons/all.addon.efi": "virgil.addon=all", "{image}.extra.d/own.addon.efi": "virgil.addon=own"}


def image_path(arch):
    return f"EFI/BOOT/BOOT{EFI[arch].upper()}.EFI"


def write(path, contents):
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_bytes(contents)


def for_stub(folder, arch, addon_stub, run, image=None):
    """Add-ons, credentials and extensions.

    run     runs virgil
    image   where the image is, if not where firmware boots it by itself
    """
    image = image or image_path(arch)
    own = folder / f"{image}.extra.d"
    for name, contents in EXTRA.items():
        kind, file = name.split("/")
        write(folder / "loader/credentials" / file if kind == "global_credentials" else own / file, contents)
    for name, text in ADDONS.items():
        path = folder / name.format(image=image)
        path.parent.mkdir(parents=True, exist_ok=True)
        run("compose", "--cmdline", text, "--stub", addon_stub, "-o", path)


def stub_command_line(own):
    """The image's own line with the add-ons' behind it: those for all images first."""
    return " ".join([own, *ADDONS.values()])


def stub_expectations(more=None):
    """The marks of /.extra: the files' names, and the hash of their hashes.

    more   what is there besides, by its name
    """
    extra = {**EXTRA, **(more or {})}
    yield "extra=" + " ".join(sorted(extra))
    lines = "".join(f"{hashlib.sha256(extra[name]).hexdigest()}  ./{name}\n" for name in sorted(extra))
    yield "extra-sha256=" + hashlib.sha256(lines.encode()).hexdigest()


def for_boot_manager(folder, kernel, initrd, command_line):
    """Two entries of a boot menu; the one that is not the default would not boot."""
    write(folder / "loader/loader.conf", b"timeout 2\ndefault marks.conf\n")
    write(folder / "loader/entries/marks.conf", f"title Marks\nlinux /marks/vmlinuz\ninitrd /marks/initrd\n"
          f"options {command_line}\n".encode())
    write(folder / "loader/entries/other.conf", b"title Other\nlinux /marks/initrd\n")
    (folder / "marks").mkdir()
    shutil.copyfile(kernel, folder / "marks/vmlinuz")
    shutil.copyfile(initrd, folder / "marks/initrd")


def menu_command_line(options):
    """systemd-boot puts the initrd's path in front, for kernels that do not ask for it by Load File 2."""
    return f"initrd=\\marks\\initrd {options}"


def path(folder, name) -> pathlib.Path:
    return folder / f"{name}.files"


def for_initrd(path, arch, addon_stub, run, image=None):
    """The same files as an archive in front of an initrd, which is how they are given when the image is loaded."""
    folder = path.with_suffix(".tree")
    for_stub(folder, arch, addon_stub, run, image)
    files = sorted(str(file.relative_to(folder)) for file in folder.rglob("*"))
    with open(path, "wb") as out:
        for name in [".virgil-sidecars", *files, "TRAILER!!!"]:
            file = folder / name
            contents = file.read_bytes() if file.is_file() else b""
            mode = 0 if name == "TRAILER!!!" else 0o100644 if file.is_file() else 0o040755
            header = [0, mode, 0, 0, 1, 0, len(contents), 0, 0, 0, 0, len(name) + 1, 0]
            for part in (b"070701" + b"".join(b"%08x" % number for number in header) + name.encode() + b"\0", contents):
                out.write(part + bytes(-out.tell() - len(part) & 3))
