# SPDX-License-Identifier: Apache-2.0 OR GPL-2.0-only
"""Boots that must not succeed: misbehaving applications and damaged images end in a message and a reset."""

import pathlib
import subprocess
import zlib

import initrds

CONSOLE = {"aarch64": "earlycon=pl011,0x9000000", "x86_64": "console=ttyS0"}
HANDOVER_MAGIC = b"VRGILOVR"
RECORD_HEADERS, RECORD_SIDECARS, RECORD_IMAGE_INITRD = 2, 6, 19


def build_applications(folder):
    """Tests/applications, for both architectures."""
    script = pathlib.Path(__file__).resolve().parents[1] / "applications" / "build"
    done = subprocess.run([script, folder], capture_output=True, text=True, errors="replace", timeout=120)
    if done.returncode != 0:
        raise ValueError(f"{script.name}, status {done.returncode}: {done.stderr.strip()[-500:]}")


def number(data, offset, size):
    return int.from_bytes(data[offset:offset + size], "little")


def find(data, block, wanted):
    """Where a range record of the block is, and what it names."""
    record = block + number(data, block + 12, 4)
    while number(data, record, 4) != wanted:
        record += (number(data, record + 4, 4) + 7) & ~7
    return record, (block + number(data, record + 8, 8)) & (1 << 64) - 1


def damage(image, what, target):
    """A copy of a carried image that is damaged in one place: a byte of the handover block, of the headers that it
    carries or of its sidecars' archive is another one; or the block says that its initrd has 512 GiB."""
    data = bytearray(image.read_bytes())
    block = data.index(HANDOVER_MAGIC)
    if what == "handover":
        data[block + 40] ^= 1
    elif what == "headers":
        _, headers = find(data, block, RECORD_HEADERS)
        data[headers + number(data, headers + 0x3c, 4)] ^= 1
    elif what == "sidecars":
        _, archive = find(data, block, RECORD_SIDECARS)
        data[archive + 4] ^= 1
    elif what == "initrd":
        record, _ = find(data, block, RECORD_IMAGE_INITRD)
        data[record + 16:record + 24] = (1 << 39).to_bytes(8, "little")
        data[block + 24:block + 28] = bytes(4)
        size = number(data, block + 16, 8)
        data[block + 24:block + 28] = zlib.crc32(data[block:block + size]).to_bytes(4, "little")
    else:
        raise ValueError(f"damage = {what!r} is not known")
    target.write_bytes(data)


def given(case, images, folder):
    """What kexec loads as an initrd besides, as options of `virgil boot`."""
    if "given" not in case:
        return []
    path = folder / f"{case['arch']}-{case['given'].replace(' ', '-')}"
    if case["given"] == "broken sidecars":
        path.write_bytes(initrds.cpio({".virgil-sidecars/x": b"", "loader/addons/x.addon.efi": b"cut short"})[:-120])
    elif case["given"] == "initrd":
        path.write_bytes(initrds.cpio({"etc/motd": b"no EFI file"}))
    elif case["given"] == "other machine":
        path = images.application("faults", next(arch for arch in CONSOLE if arch != case["arch"]))
    elif case["given"] == "cut file":
        path.write_bytes(images.application("faults", case["arch"]).read_bytes()[:-1])
    elif case["given"] == "application":
        path = images.application("faults", case["arch"])
    else:
        raise ValueError(f"given = {case['given']!r} is not known")
    return ["--initrd", path]


def ending_image(case, images, options):
    """The image of an ending: an application made kexec-able, or a damaged one of the images."""
    if case.get("alone"):
        return images.alone(case["arch"], *case.get("compose", []))
    if "application" in case:
        application = images.application(case["application"], case["arch"])
        extra = case.get("compose", [])
        path = application.with_name(f"{application.stem}-kexec{''.join(extra)}.efi")
        with images.lock:
            if not path.exists():
                images.run("compose", application, *extra, "-o", path)
        return path
    if "damage" not in case:
        return images.get(case["image"]).path
    path = options.scratch / f"{case['image']}-{case['damage']}.efi"
    damage(images.get(case["image"]).path, case["damage"], path)
    return path
