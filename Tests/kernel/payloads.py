# SPDX-License-Identifier: Apache-2.0 OR GPL-2.0-only
"""What kexec_file_load gets: kernels and UKIs, signed and not, and what goes with them as an initrd."""

import hashlib
import pathlib
import subprocess
import threading

import endings
import initrds
import secure
import series
import sidecars
import ukify
from archive import Archive
from images import CONSOLE, Skip, item

HERE = pathlib.Path(__file__).resolve().parent
ROOT = HERE.parents[1]
COMPILER = {"aarch64": "aarch64-linux-gnu-gcc", "x86_64": "gcc"}


class Payload:
    """An image, what it needs besides, and what the kernel in it must show.

    initrd, line   given to kexec_file_load; None where the image brings its own
    own_line       what the kernel gets in the end
    """

    def __init__(self, path, release, own_line, initrd_start, initrd=None, line=None, is_native=False):
        self.path, self.release, self.own_line, self.initrd_start = path, release, own_line, initrd_start
        self.initrd, self.line, self.is_native = initrd, line, is_native

    def expectations(self):
        yield f"release={self.release}"
        yield f"initrd-sha256={hashlib.sha256(self.initrd_start).hexdigest()}"
        if not self.is_native:
            yield "efi=yes"
            yield "efi-line~by Virgil"


class Payloads:
    def __init__(self, specs, artefacts, keys, folder):
        self.specs, self.artefacts, self.folder = specs, artefacts, folder
        self.keys = keys
        self.lock = threading.RLock()
        self.made = {}

    def once(self, key, function):
        """What a function makes, made when it is first asked for."""
        with self.lock:
            if key not in self.made:
                self.made[key] = function()
            return self.made[key]

    def run_virgil(self, *arguments):
        done = subprocess.run([self.artefacts / "virgil", *arguments], capture_output=True, text=True, errors="replace",
                              timeout=300)
        if done.returncode != 0:
            raise ValueError(f"virgil {arguments[0]}, status {done.returncode}: {done.stderr.strip()[-500:]}")

    def program(self, source, arch, *options):
        """A static program of a C file, for guests."""
        def make():
            path = self.folder / f"{source.stem}-{arch}"
            done = subprocess.run([COMPILER[arch], "-static", "-O2", "-Wall", *options, source, "-o", path],
                                  capture_output=True, text=True, timeout=120)
            if done.returncode != 0:
                raise ValueError(f"{source.name} does not compile: {done.stderr.strip()[-500:]}")
            return path
        return self.once(("program", source, arch), make)

    def loader(self, arch):
        """kexec-efi-load."""
        def make():
            path = self.folder / f"kexec-efi-load-{arch}"
            done = subprocess.run(["make", "-s", "-C", ROOT / "kernel/loader", f"ARCH={arch}", f"OUT={path}"],
                                  capture_output=True, text=True, timeout=120)
            if done.returncode != 0:
                raise ValueError(f"kexec-efi-load does not build: {done.stderr.strip()[-500:]}")
            return path
        return self.once(("loader", arch), make)

    @staticmethod
    def selftest_headers(line):
        """The folder of the kernel's kselftest.h."""
        return series.kernels() / f"linux-{line}" / "tools/testing/selftests"

    def initrd(self, arch, line):
        """The marks' initrd of a kernel line, with what reads a crashed kernel's memory in place of the marks' state."""
        def make():
            path = self.folder / f"marks-{arch}-{line}.cpio"
            self.run_virgil("boot", "--prepare-initrd", path, "--arch", arch, "--kernel-line", line)
            more = Archive()
            more.file("bin/vmcore", self.program(HERE / "guest/vmcore.c", arch).read_bytes(), executable=True)
            more.file("virgil/state", b"[ ! -f /proc/vmcore ] || vmcore\n")
            data = path.read_bytes()
            path.write_bytes(data + bytes(-len(data) & 3) + more.bytes())
            return path
        return self.once(("initrd", arch, line), make)

    def command_line(self, arch, initrd):
        return " ".join(filter(None, (f"console={CONSOLE[arch]} panic=-1 retain_initrd",
                                      f"virgil.initrd_size={initrd.stat().st_size}",
                                      "no_timer_check" if arch == "x86_64" else "")))

    def get(self, name, arch, own):
        """A payload of cases.toml.

        own   the folder of the line's own kernel, as built
        """
        return self.once((name, arch, own), lambda: self.make(name, self.specs[name], arch, own))

    def make(self, name, spec, arch, own):
        if spec["kind"] == "application":
            folder = self.folder / "applications"
            self.once("applications", lambda: endings.build_applications(folder))
            return Payload(folder / f"{spec['application']}-{arch}.efi", "", "", b"", line=spec["line"])
        line = spec.get("kernel", "6.12")
        initrd = self.initrd(arch, line)
        text = self.command_line(arch, initrd)
        if spec.get("own"):
            release = (own / "kernel.release").read_text().strip()
            kernel = own / {"aarch64": spec["own"], "x86_64": "bzImage"}[arch]
        else:
            place = f"{arch}/{spec.get('item', f'kernel/{line}')}"
            kernel, release = item(place, "vmlinuz"), item(place, "release").read_text().strip()
        start = initrd.read_bytes()
        if spec["kind"] == "kernel":
            return Payload(kernel, release, text, start, initrd=initrd, line=text, is_native=spec.get("native", False))
        python = ukify.interpreter()
        if python is None:
            raise Skip("ukify needs pefile (Debian's package python3-pefile; scripts/install-needed)")
        version, efi = spec.get("stub", "257"), sidecars.EFI[arch]
        path = self.folder / f"{name}-{arch}-{own.name}.efi"
        ukify.run(python, item(f"ukify/{version}", "ukify"), f"--efi-arch={efi}", f"--linux={kernel}", f"--uname={release}",
                  f"--stub={item(f'{arch}/stub/{version}', f'linux{efi}.efi.stub')}", f"--initrd={initrd}",
                  f"--cmdline={text}", f"--output={path}")
        return Payload(path, release, text, start)

    def variant(self, payload, change):
        """The payload's file: "unsigned", "signed" by the owner whose certificate is in the kernels, "tampered" with after
        that, or signed by a "stranger"."""
        def make():
            if change == "unsigned":
                return payload.path
            signer = "stranger" if change == "stranger" else "owner"
            path = self.folder / f"{payload.path.stem}-{payload.path.parent.name}-by-{signer}.efi"
            self.sign(payload.path, signer, path)
            if change == "tampered":
                return secure.change_byte(path, path.stat().st_size // 2, path.with_suffix(".tampered.efi"))
            return path
        if change not in ("unsigned", "signed", "tampered", "stranger"):
            raise ValueError(f"variant {change!r} is not known")
        return self.once((payload.path, change), make)

    def sign(self, path, signer, target):
        if not target.exists():
            secure.command("sbsign", "--key", self.keys / f"{signer}.key", "--cert", self.keys / f"{signer}.crt",
                           "--output", target, path)
        return target

    def sidecars(self, arch, is_signed):
        """An archive of sidecars: add-ons, credentials, extensions. Signed: one of the two add-ons is, by the owner."""
        def make():
            path = self.folder / f"sidecars-{arch}{'-signed' if is_signed else ''}.cpio"
            stub = item(f"{arch}/stub/257", f"addon{sidecars.EFI[arch]}.efi.stub")

            def run(command, *arguments):
                self.run_virgil(command, *arguments)
                if is_signed and arguments[-1].name == "all.addon.efi":
                    signed = self.sign(arguments[-1], "owner", arguments[-1].with_suffix(".signed"))
                    signed.replace(arguments[-1])
            sidecars.for_initrd(path, arch, stub, run)
            return path
        return self.once(("sidecars", arch, is_signed), make)

    def given(self, arch, what):
        """What is given to kexec_file_load as an initrd, besides an image that brings its own."""
        def make():
            parts = []
            for word in what.split("+"):
                if word in ("sidecars", "signed-sidecars"):
                    parts.append(self.sidecars(arch, word != "sidecars").read_bytes())
                elif word == "archive":
                    parts.append(initrds.archive("carried", ["carried"]))
                else:
                    raise ValueError(f"initrd = {what!r}: {word!r} is not known")
            path = self.folder / f"given-{arch}-{what}.cpio"
            path.write_bytes(b"".join(part + bytes(-len(part) & 3) for part in parts))
            return path
        return self.once(("given", arch, what), make)
