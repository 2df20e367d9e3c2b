# SPDX-License-Identifier: Apache-2.0 OR GPL-2.0-only
"""Secure Boot: keys made for this run, images signed with them by virgil, and images that must not start."""

import subprocess

from endings import HANDOVER_MAGIC


def command(*words):
    done = subprocess.run(words, capture_output=True, text=True, errors="replace", timeout=120)
    if done.returncode != 0:
        raise ValueError(f"{words[0]}, status {done.returncode}: {done.stderr.strip()[-500:]}")


class Keys:
    """Key pairs in the run's scratch folder: "own" is enrolled in the guests' firmware, a "stranger" is not."""

    def __init__(self, folder, virgil):
        self.folder = folder
        self.virgil = virgil

    def pair(self, name):
        key, certificate = self.folder / f"{name}.key.pem", self.folder / f"{name}.pem"
        if not certificate.exists():
            command("openssl", "req", "-x509", "-newkey", "rsa:2048", "-nodes", "-days", "30", "-subj", f"/CN={name}",
                    "-keyout", key, "-out", certificate)
        return key, certificate

    def enrolled(self):
        """What `virgil boot --secure-boot` wants."""
        return ":".join(str(path) for path in self.pair("own"))

    def options(self, name):
        """What `virgil sign` and `virgil compose` want."""
        key, certificate = self.pair(name)
        return ["--sign-key", key, "--sign-cert", certificate]

    def sign(self, image, name, target):
        """A signed copy, by virgil; verified by virgil and by sbverify."""
        if not target.exists():
            command(self.virgil, "sign", image, *self.options(name), "--replace", "--output", target)
            self.verify(target, name)
        return target

    def verify(self, image, name):
        _, certificate = self.pair(name)
        command("sbverify", "--cert", certificate, image)
        command(self.virgil, "verify", image, "--cert", certificate, "--for", "firmware,secure-boot")


def change_byte(image, offset, target):
    data = bytearray(image.read_bytes())
    data[offset] ^= 1
    target.write_bytes(data)
    return target


def places(data):
    """Where a byte of each part of a carried image is."""
    block = data.index(HANDOVER_MAGIC)
    return {
        # Far in the kernel's compressed part: it lies in front of the emulator's section.
        "payload": block - (1 << 20),
        "emulator": block + 0x8000,
    }


def secured_image(image, change, keys, folder):
    """A variant of a carried image.

    change  "none": signed by the key that is enrolled, and otherwise as it is; "unsigned"; "stranger": signed by a key
            that is not enrolled; "payload", "emulator": signed by the enrolled one, then a byte of that part changed
    """
    if change == "unsigned":
        return image
    signer = "stranger" if change == "stranger" else "own"
    signed = keys.sign(image, signer, folder / f"{image.stem}-by-{signer}.efi")
    if change in ("stranger", "none"):
        return signed
    return change_byte(signed, places(signed.read_bytes())[change], folder / f"{image.stem}-changed-{change}.efi")
