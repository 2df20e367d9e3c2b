# SPDX-License-Identifier: Apache-2.0 OR GPL-2.0-only
"""Boots that must not succeed: misbehaving applications and damaged images end in a message and a reset."""

import pathlib
import subprocess

CONSOLE = {"aarch64": "earlycon=pl011,0x9000000", "x86_64": "console=ttyS0"}
HANDOVER_MAGIC = b"VRGILOVR"
RECORD_HEADERS = 2


def build_applications(folder):
    """Tests/applications, for both architectures."""
    script = pathlib.Path(__file__).resolve().parents[1] / "applications" / "build"
    done = subprocess.run([script, folder], capture_output=True, text=True, errors="replace", timeout=120)
    if done.returncode != 0:
        raise ValueError(f"{script.name}, status {done.returncode}: {done.stderr.strip()[-500:]}")


def number(data, offset, size):
    return int.from_bytes(data[offset:offset + size], "little")


def damage(image, what, target):
    """A copy of a carried image with one byte changed: in the handover block, or in the headers that it carries."""
    data = bytearray(image.read_bytes())
    block = data.index(HANDOVER_MAGIC)
    if what == "handover":
        data[block + 40] ^= 1
    elif what == "headers":
        record = block + number(data, block + 12, 4)
        while number(data, record, 4) != RECORD_HEADERS:
            record += (number(data, record + 4, 4) + 7) & ~7
        headers = (block + number(data, record + 8, 8)) & (1 << 64) - 1
        data[headers + number(data, headers + 0x3c, 4)] ^= 1
    else:
        raise ValueError(f"damage = {what!r} is neither handover nor headers")
    target.write_bytes(data)


def ending_image(case, images, options):
    """The image of an ending: an application made kexec-able, or a damaged one of the images."""
    if "application" in case:
        application = images.application(case["application"], case["arch"])
        extra = case.get("compose", [])
        path = application.with_name(f"{application.stem}-kexec{''.join(extra)}.efi")
        with images.lock:
            if not path.exists():
                images.run("compose", application, *extra, "-o", path)
        return path
    path = options.scratch / f"{case['image']}-{case['damage']}.efi"
    damage(images.get(case["image"]).path, case["damage"], path)
    return path
