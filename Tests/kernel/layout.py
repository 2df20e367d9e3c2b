# SPDX-License-Identifier: Apache-2.0 OR GPL-2.0-only
"""The handover's layout as the kernel's compilers see it, and as Swift and its importer see it.

The headers say what the fields are; each side is asked where it has them. Sizes and offsets come back as a list of
numbers in the order of `fields`, so that two sides can be compared and what differs be named.
"""

import re
import struct
import subprocess

HEADERS = ("virgil_handover.h", "virgil_blob.h")
# How Swift's importer compiles the headers for the emulator; the host side is asked through Swift itself.
EMULATOR_TARGETS = {"aarch64": "aarch64-none-elf", "x86_64": "x86_64-none-elf"}


class Failure(Exception):
    """Two sides that differ, or one that cannot be asked."""


def fields(text):
    """The structures of a header: (name, [field]) each, by a plain reading of its C."""
    text = re.sub(r"/\*.*?\*/", "", text, flags=re.S)
    for name, body in re.findall(r"^struct (\w+) \{(.*?)^\}", text, flags=re.S | re.M):
        names = [re.search(r"(\w+)(\[\w+\])?$", line.strip())[1] for line in body.split(";") if line.strip()]
        yield name, names


def all_fields(folder):
    found = [pair for header in HEADERS for pair in fields((folder / header).read_text())]
    if len(found) < 10:
        raise Failure(f"only {len(found)} structures found in {', '.join(HEADERS)}: has their form changed?")
    return found


def labels(structures):
    for name, names in structures:
        yield f"sizeof(struct {name})"
        yield from (f"offsetof(struct {name}, {field})" for field in names)


def run(*command, **options):
    done = subprocess.run(command, capture_output=True, text=True, errors="replace", timeout=120, **options)
    if done.returncode != 0:
        raise Failure(f"{command[0]}, status {done.returncode}: {done.stderr.strip()[-800:]}")
    return done.stdout


def probe(structures, prefix):
    """A C file whose section .layout is the numbers, little-endian 32-bit."""
    lines = [f"#include <{prefix}{header}>" for header in HEADERS]
    lines.append('__attribute__((section(".layout"), used)) static const unsigned int layout[] = {')
    for name, names in structures:
        lines.append(f"sizeof(struct {name}),")
        lines += [f"__builtin_offsetof(struct {name}, {field})," for field in names]
    return "\n".join([*lines, "};\n"])


def section(path, tool):
    """The numbers of an object file."""
    raw = path.with_suffix(".bin")
    run(tool, "-O", "binary", "--only-section=.layout", path, raw)
    data = raw.read_bytes()
    return list(struct.unpack(f"<{len(data) // 4}I", data))


def of_kernel(structures, arch, tree, build, scratch):
    """By the kernel's compiler, with the headers as they lie in the tree."""
    prefix = "aarch64-linux-gnu-" if arch == "aarch64" else ""
    kernel = "arm64" if arch == "aarch64" else "x86"
    source, target = scratch / f"kernel-{arch}.c", scratch / f"kernel-{arch}.o"
    source.write_text(probe(structures, "linux/"))
    folders = [part for base in (f"arch/{kernel}/include", "include") for kind in ("", "/uapi")
               for part in (tree / f"{base}{kind}",
                            build / f"{base}{kind}".replace("include", "include/generated", 1)
                            if kind or base != "include" else build / "include")]
    run(f"{prefix}gcc", "-nostdinc", "-D__KERNEL__", "-ffreestanding", *(f"-I{folder}" for folder in folders), "-include",
        tree / "include/linux/kconfig.h", "-c", source, "-o", target)
    return section(target, f"{prefix}objcopy")


def of_importer(structures, arch, headers, scratch):
    """By the compiler in Swift's importer, for the emulator's target."""
    source, target = scratch / f"importer-{arch}.c", scratch / f"importer-{arch}.o"
    source.write_text(probe(structures, ""))
    run("clang", f"--target={EMULATOR_TARGETS[arch]}", "-ffreestanding", f"-I{headers}", "-c", source, "-o", target)
    return section(target, "aarch64-linux-gnu-objcopy" if arch == "aarch64" else "objcopy")


def of_swift(structures, headers, scratch):
    """By MemoryLayout in Swift, on this machine."""
    lines = ["import CHandover"]
    for name, names in structures:
        lines.append(f"print(MemoryLayout<{name}>.size)")
        lines += [f"print(MemoryLayout<{name}>.offset(of: \\.{field})!)" for field in names]
    source, target = scratch / "layout.swift", scratch / "layout"
    source.write_text("\n".join(lines) + "\n")
    run("swiftc", "-Onone", "-I", headers, "-module-cache-path", scratch / "modules", source, "-o", target)
    return [int(line) for line in run(target).split()]


def compare(structures, sides):
    """Raises Failure where a side differs from the first one. Returns how many numbers were compared."""
    (first, expected), *others = sides.items()
    names = list(labels(structures))
    for side, found in sides.items():
        if len(found) != len(names):
            raise Failure(f"{side}: {len(found)} numbers for {len(names)} sizes and offsets")
    for side, found in others:
        for label, one, two in zip(names, expected, found):
            if one != two:
                raise Failure(f"{label} is {one} to {first} and {two} to {side}")
    return len(names)
