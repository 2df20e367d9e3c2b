# SPDX-License-Identifier: Apache-2.0 OR GPL-2.0-only
"""Files that `virgil compose` must refuse, each made when it is asked for."""

import struct

from images import EFI, item


def hostile_files(images, options):
    """Names for cases.toml's {…}: functions that return a path."""
    folder = options.scratch

    def kernel(arch):
        return item(f"{arch}/kernel/6.12", "vmlinuz")

    def stub(arch):
        return item(f"{arch}/stub/257", f"linux{EFI[arch]}.efi.stub")

    def file(name, contents):
        # Cases run side by side: each name has one content, so that writing it twice does no harm.
        path = folder / name
        path.write_bytes(contents)
        return path

    def sparse(name, size):
        path = folder / name
        with open(path, "wb") as out:
            out.truncate(size)
        return path

    def plain():
        return stub("x86_64").read_bytes()

    def cut_section():
        contents = plain()
        return file("cut-section", contents[:len(contents) // 2])

    def wild_section():
        contents = bytearray(plain())
        struct.pack_into("<I", contents, first_section(contents) + 20, 0xfffff000)  # PointerToRawData
        return file("wild-section", contents)

    def other_machine():
        contents = bytearray(plain())
        struct.pack_into("<H", contents, pe_header(contents) + 4, 0x014c)  # IMAGE_FILE_MACHINE_I386
        return file("other-machine", contents)

    def early_section():
        contents = bytearray(item("x86_64/shell", "shell.efi").read_bytes())
        struct.pack_into("<I", contents, pe_header(contents) + 84, 0x200)  # SizeOfHeaders: up to its section table's end
        struct.pack_into("<I", contents, first_section(contents) + 12, 0x200)  # VirtualAddress
        return file("early-section", contents)

    return {
        "empty": lambda: file("empty", b""),
        "text": lambda: file("text", b"This is a text, and no image of any kind.\n" * 200),
        "cut-header": lambda: file("cut-header", plain()[:200]),
        "cut-section": cut_section,
        "wild-section": wild_section,
        "other-machine": other_machine,
        "early-section": early_section,
        "oversized": lambda: sparse("oversized", 5 << 30),
        "missing": lambda: folder / "missing",
        "kernel-aarch64": lambda: kernel("aarch64"),
        "kernel-x86_64": lambda: kernel("x86_64"),
        "stub-x86_64": lambda: stub("x86_64"),
        "uki-x86_64": lambda: images.get("uki-x86_64").path,
        "emulator-aarch64": lambda: options.artefacts / "virgil-aarch64.blob",
    }


def pe_header(contents):
    """Where `PE\\0\\0` is."""
    return struct.unpack_from("<I", contents, 0x3c)[0]


def first_section(contents):
    """Where the first section header is."""
    start = pe_header(contents)
    return start + 24 + struct.unpack_from("<H", contents, start + 20)[0]
