# SPDX-License-Identifier: Apache-2.0 OR GPL-2.0-only
"""Archives (cpio newc) for the guests' kernels."""


class Archive:
    """Grows by files, folders and links; folders come with what is in them."""

    def __init__(self):
        self.out = bytearray()
        self.folders = set()
        self.count = 0

    def entry(self, name, mode, contents=b"", device=(0, 0)):
        self.count += 1
        fields = [self.count, mode, 0, 0, 1, 0, len(contents), 0, 0, *device, len(name) + 1, 0]
        for part in (b"070701" + b"".join(b"%08x" % field for field in fields) + name.encode() + b"\0", contents):
            self.out += part
            self.out += bytes(-len(self.out) & 3)

    def folder(self, name):
        if name and name not in self.folders:
            self.folder(name.rpartition("/")[0])
            self.folders.add(name)
            self.entry(name, 0o040755)

    def file(self, name, contents, executable=False):
        self.folder(name.rpartition("/")[0])
        self.entry(name, 0o100755 if executable else 0o100644, contents)

    def link(self, name, target):
        self.folder(name.rpartition("/")[0])
        self.entry(name, 0o120777, target.encode())

    def character_device(self, name, major, minor):
        self.folder(name.rpartition("/")[0])
        self.entry(name, 0o020600, device=(major, minor))

    def bytes(self):
        """The archive with its end."""
        done = Archive()
        done.out = bytearray(self.out)
        done.entry("TRAILER!!!", 0)
        return bytes(done.out)
