# SPDX-License-Identifier: Apache-2.0 OR GPL-2.0-only
"""Images that kexec takes, and images that it must not: EDK2's shell, made kexec-able, and what can be wrong."""

import os
import struct
import subprocess
import time

import images
import secure

# The setup header (Linux, Documentation/arch/x86/boot.rst), and arm64's Image header.
XLOADFLAGS, VERSION, LOADFLAGS, HEADER, INIT_SIZE, CMDLINE_SIZE = 0x236, 0x206, 0x211, 0x202, 0x260, 0x238
# Behind a page: the 64-bit entry.
ENTRY = 0x1200
IMAGE_SIZE, IMAGE_MAGIC = 16, 56


class Variants:
    """Made in a folder, which outlives them. Raises Skip."""

    def __init__(self, folder, virgil):
        self.folder, self.virgil = folder, virgil
        self.keys = secure.Keys(folder, virgil)
        self.made = {"x86_64": [], "aarch64": []}
        for arch in self.made:
            shell = images.item(f"{arch}/shell", "shell.efi")
            secure.command(virgil, "compose", shell, "-o", self.base(arch))
            secure.command(virgil, "compose", "--no-emulator", "--linux", images.item(f"{arch}/kernel/6.12", "vmlinuz"),
                           "--stub", images.item(f"{arch}/stub/257", f"linux{images.EFI[arch]}.efi.stub"), "--cmdline",
                           "quiet", "-o", self.add(arch, "uki"))
        self.x86_64()
        self.aarch64()

    def base(self, arch):
        return self.folder / f"{arch}-base.efi"

    def files(self, arch):
        return self.made[arch]

    def add(self, arch, name):
        path = self.folder / f"{arch}-{name}.efi"
        self.made[arch].append(path)
        return path

    def changed(self, arch, name, source, *changes):
        """A copy with bytes at offsets."""
        data = bytearray(source.read_bytes())
        for offset, value in changes:
            data[offset:offset + len(value)] = value
        self.add(arch, name).write_bytes(data)

    def sign(self, name, source, *options, by="own", environment=None):
        target = self.add("x86_64", name)
        done = subprocess.run([self.virgil, "sign", source, *self.keys.options(by), *options, "-o", target],
                              capture_output=True, text=True, check=False, env={**os.environ, **(environment or {})})
        if done.returncode != 0:
            raise ValueError(f"virgil sign: {done.stderr.strip()}")
        return target

    def x86_64(self):
        base = self.base("x86_64")
        self.made["x86_64"].append(base)
        own = self.sign("signed", base)
        stranger = self.sign("stranger", base, by="stranger")
        self.sign("own-first", stranger, "--append")
        self.sign("own-second", own, "--append", by="stranger")
        self.sign("osslsigncode", base, "--signtool", "osslsigncode")
        self.sign("before-its-validity", base, "--signtool", "osslsigncode", environment={"SOURCE_DATE_EPOCH": "1"})
        self.expired(base)
        data = own.read_bytes()
        header = struct.unpack_from("<I", data, 0x3c)[0]
        table = struct.unpack_from("<I", data, header + 168)[0]
        self.changed("x86_64", "changed-payload", own, (0x4000, bytes([data[0x4000] ^ 1])))
        self.changed("x86_64", "changed-checksum", own, (header + 88, b"\1\2\3\4"))
        self.changed("x86_64", "revision-1", own, (table + 4, struct.pack("<H", 0x100)))
        self.changed("x86_64", "other-type", own, (table + 6, struct.pack("<H", 1)))
        self.changed("x86_64", "no-pkcs7", own, (table + 8, b"\0"))
        self.add("x86_64", "more-bytes").write_bytes(data + bytes(8))
        for name, *change in (("no-magic", HEADER, b"HdrX"), ("not-above-4g", XLOADFLAGS, b"\x01"),
                              ("old-protocol", VERSION, b"\x0b"), ("zimage", LOADFLAGS, b"\x00"),
                              ("no-command-line", CMDLINE_SIZE, bytes(4)),
                              ("cut-off", INIT_SIZE, struct.pack("<I", 0x10000)), ("astray", ENTRY, b"\xeb")):
            self.changed("x86_64", name, base, change)
        copy(images.item("x86_64/shell", "shell.efi"), self.add("x86_64", "shell"))
        copy(images.item("x86_64/kernel/6.12", "vmlinuz"), self.add("x86_64", "debian-kernel"))

    def expired(self, base):
        """Signed in its validity by a certificate that has expired since: nobody looks at a clock."""
        key, certificate = self.keys.pair("own")
        now = int(time.time())
        target = self.add("x86_64", "at-another-time")
        secure.command("osslsigncode", "sign", "-h", "sha256", "-certs", certificate, "-key", key, "-time",
                       str(now + 3600), "-in", base, "-out", target)

    def aarch64(self):
        base = self.base("aarch64")
        self.made["aarch64"].append(base)
        self.changed("aarch64", "no-magic", base, (IMAGE_MAGIC, b"ARMX"))
        self.changed("aarch64", "no-size", base, (IMAGE_SIZE, bytes(8)))
        self.changed("aarch64", "cut-off", base, (IMAGE_SIZE, struct.pack("<Q", 0x10000)))
        self.changed("aarch64", "astray", base, (4, bytes(4)))
        copy(images.item("aarch64/shell", "shell.efi"), self.add("aarch64", "shell"))
        copy(images.item("aarch64/kernel/6.12", "vmlinuz"), self.add("aarch64", "debian-kernel"))


def copy(source, target):
    target.write_bytes(source.read_bytes())
