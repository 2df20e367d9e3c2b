# SPDX-License-Identifier: Apache-2.0 OR GPL-2.0-only
"""Initrds that are joined: archives of a few marker files, which show what of each was unpacked, and in which order.

`own` is in the UKI's .initrd, `carried` goes with the image, `given` is what kexec loads, and `microcode` the UKI's
.ucode. All but the latter write one file of their own and, for each pair, one that they write both: a later archive
replaces an earlier one's. systemd-stub(7) says which is later.
"""

import gzip
import itertools

import sidecars

ORDER = ["given", "carried", "own"]
MICROCODE = "kernel/x86/microcode/virgil.bin"


def cpio(files, padded=True):
    """A newc archive; its folders come with it. Not padded: it ends with its trailer, at no multiple of 4."""
    out = bytearray()
    folders = {parent for name in files for parent in itertools.accumulate(name.split("/")[:-1], "{}/{}".format)}
    entries = [(name, None) for name in sorted(folders)] + sorted(files.items()) + [("TRAILER!!!", b"")]
    for name, contents in entries:
        mode = 0o040755 if contents is None else 0o100644
        size = len(contents or b"")
        fields = [0, 0 if name == "TRAILER!!!" else mode, 0, 0, 1, 0, size, 0, 0, 0, 0, len(name) + 1, 0]
        header = b"070701" + b"".join(b"%08x" % field for field in fields)
        for part in (header + name.encode() + b"\0", contents or b""):
            out += part
            if padded or name != "TRAILER!!!":
                out += bytes(-len(out) & 3)
    return bytes(out)


def archive(source, present):
    """The archive of a source, where those in `present` are the others."""
    if source == "microcode":
        # As large as the ones that distributions make: whole blocks, with zeros at the end.
        contents = cpio({MICROCODE: b"no microcode of any CPU" * 10})
        return contents + bytes(-len(contents) % 512)
    files = {f"virgil/initrds/{source}": source.encode()}
    for pair in itertools.combinations([name for name in ORDER if name in present], 2):
        if source in pair:
            files[f"virgil/initrds/{'+'.join(pair)}"] = source.encode()
    # Of three kinds: compressed, ending anywhere, and ordinary. The first two end at no multiple of 4.
    if source == "given":
        return next(packed for level in range(10) if len(packed := gzip.compress(cpio(files), level, mtime=0)) % 4)
    return cpio(files, padded=source != "carried")


def write(folder, name, present):
    """Writes the archives and gives their paths by source."""
    paths = {}
    for source in present:
        paths[source] = folder / f"{name}.{source}.cpio"
        sidecars.write(paths[source], archive(source, present))
    return paths


def expectations(present):
    """The marks that show the order."""
    sources = [name for name in ORDER if name in present]
    winners = {name: name for name in sources}
    for pair in itertools.combinations(sources, 2):
        winners["+".join(pair)] = pair[1]
    yield "initrds=" + " ".join(sorted(f"{name}:{winner}" for name, winner in winners.items()))
    if "microcode" in present:
        yield "initrd-first=kernel"
        yield "initrds-microcode=yes"
