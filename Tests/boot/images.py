# SPDX-License-Identifier: Apache-2.0 OR GPL-2.0-only
"""The images that the cases boot: made by `virgil compose` when they are first asked for."""

import hashlib
import os
import pathlib
import shutil
import subprocess
import threading

import boards
import endings
import initrds
import secure
import sidecars
import ukify

CONSOLE = {"aarch64": "ttyAMA0", "x86_64": "ttyS0"}
EARLY_CONSOLE = {"aarch64": "pl011,0x9000000", "x86_64": "ttyS0"}
EFI = sidecars.EFI
# EDK2's loader of the kernel that QEMU was given puts it behind a command line where there is an initrd.
LOADER_ADDS = " initrd=initrd"


class Skip(Exception):
    """A case that cannot run on this machine; the text says why."""


def material():
    """The cache that scripts/material fills."""
    base = os.environ.get("XDG_CACHE_HOME", "")
    base = pathlib.Path(base) if base.startswith("/") else pathlib.Path.home() / ".cache"
    return base / "virgil" / "material"


def item(name, file):
    """A file of the material. Raises Skip."""
    path = material() / name / file
    if not path.is_file():
        raise Skip(f"{name} is not fetched (scripts/material fetch {name})")
    return path


class Image:
    def __init__(self, spec, marks, path):
        self.spec = spec
        self.marks = marks
        self.path = path
        arch, line = spec["arch"], spec.get("kernel", "6.12")
        kernel = f"{arch}/{spec.get('item', f'kernel/{line}')}"
        # A lab brings its own for hardware.
        self.kernel = spec.get("file") or item(kernel, "vmlinuz")
        self.release = spec.get("release") or item(kernel, "release").read_text().strip()
        if ("/zboot/" in kernel and
                (release := item(f"{arch}/kernel/{line}", "release").read_text().strip()) != self.release):
            # The marks' initrd has the line's modules.
            raise Skip(f"{kernel} is of {self.release}, no longer {release} (scripts/material fetch {kernel})")
        self.command_line = (f"console={CONSOLE[arch]} panic=-1 retain_initrd "
                             f"virgil.initrd_size={marks.stat().st_size}")
        if arch == "x86_64":
            # See Scenario.firstCommandLine.
            self.command_line += " no_timer_check"
        if "append" in spec:
            self.command_line += f" {spec['append']}"
        # What the initrd that the kernel gets must begin with.
        self.initrd_start = marks.read_bytes()
        if spec.get("brings") == "microcode":
            self.initrd_start = boards.microcode()
            self.command_line = self.command_line.replace(f"initrd_size={marks.stat().st_size}",
                                                          f"initrd_size={len(self.initrd_start)}")
        # The folder of its sidecars, and those that are given when it is loaded; None: there are none.
        self.files = None
        self.given = None
        # What the image is made from, where virgil does not make it.
        self.source = None
        # Archives that are joined to its initrd, by what they go with (initrds.py).
        self.joined = {}
        # What the stand-alone emulator gets as an initrd; None: the image is a carried one.
        self.whole = None

    def stub(self, file="linux{}.efi.stub"):
        arch = self.spec["arch"]
        return item(f"{arch}/stub/{self.spec.get('stub', '257')}", file.format(EFI[arch]))

    def make_files(self, folder, run):
        """The files that go with it, in `folder`; `run` runs virgil."""
        self.files = folder
        if self.spec["kind"] == "boot-manager":
            sidecars.for_boot_manager(folder, self.kernel, self.marks, self.command_line)
        else:
            sidecars.for_stub(folder, self.spec["arch"], self.stub("addon{}.efi.stub"), run)

    def make_ukify(self, folder, run):
        """The UKI and the files that go with it, by ukify or virgil, in `folder`; `run` runs virgil. Raises Skip."""
        if self.spec.get("by") == "virgil":
            self.source, self.files = folder / "uki.efi", folder / "files"
            self.make_whole(folder, lambda *words: run("compose", "--config=/dev/null", *(
                ["--no-emulator"] if any(word.startswith("--linux") for word in words) else []), *words))
            return
        python = ukify.interpreter()
        if not python:
            raise Skip("ukify needs pefile (Debian's package python3-pefile; scripts/install-needed)")
        self.source, self.files = folder / "uki.efi", folder / "files"
        if self.spec["kind"] == "board":
            if missing := boards.missing_tool():
                raise Skip(f"device trees are made by {missing}, which is not here")
            # Of the newer version, whatever the stub's: 252 had no ukify.
            boards.make(folder, self.spec, python, item("ukify/262", "ukify"), self.stub(), self.kernel, self.release,
                        self.marks, self.command_line)
            return
        program = item(f"ukify/{self.spec.get('stub', '257')}", "ukify")
        self.make_whole(folder, lambda *words: ukify.run(python, program, *words))

    def make_whole(self, folder, build):
        ukify.make(folder, self.spec["arch"], build, self.stub(), self.stub("addon{}.efi.stub"), self.kernel,
                   self.release, self.marks, self.command_line)

    def make_joined(self, folder, name, run):
        """The archives of initrds.py, and what is to carry one of them along."""
        self.joined = initrds.write(folder, name, self.spec["initrds"])
        if self.spec["kind"] == "kernel":
            self.source = self.kernel
            # The marks come first, with what is given or else with what is carried.
            first = self.joined["given" if "given" in self.joined else "carried"]
            marks = self.marks.read_bytes()
            first.write_bytes(marks + bytes(-len(marks) & 3) + first.read_bytes())
        elif "carried" in self.joined:
            self.source = folder / f"{name}.uki.efi"
            run("compose", "--no-emulator", *self.parts(), "-o", self.source)

    def make_alone(self, folder, name, run):
        """What a stand-alone emulator starts: a file that is not made kexec-able, with what is in front of it and behind."""
        self.whole = folder / f"{name}.whole"
        source = self.kernel
        if self.spec["kind"] == "uki":
            source = folder / f"{name}.uki.efi"
            run("compose", "--no-emulator", *self.parts(), "-o", source)
        has_initrd = self.spec["kind"] == "kernel"
        if self.spec["alone"] == "archive":
            run("stand-alone", "initrd", source, *(["--initrd", self.marks] if has_initrd else []), "-o", self.whole)
        else:
            parts = [self.given] if self.given else []
            parts += [source, self.marks] if has_initrd else [source]
            sidecars.write(self.whole, b"".join(part.read_bytes() for part in parts))
        run("stand-alone", "image", "--arch", self.spec["arch"], "--console", EARLY_CONSOLE[self.spec["arch"]],
            "--image-path", self.image_path(), "-o", self.path)

    def parts(self):
        # This machine's os-release would be one more file that the stub packs.
        arguments = ["--linux", self.kernel, "--cmdline", self.command_line, "--stub", self.stub(), "--os-release", "",
                     "--initrd", self.marks]
        if "own" in self.joined:
            arguments += ["--initrd", self.joined["own"]]
        if "microcode" in self.joined:
            arguments += ["--microcode", self.joined["microcode"]]
        return arguments

    def image_path(self):
        """Where firmware finds it on its ESP, which its files are laid out like."""
        places = {"ukify": ukify.PATH, "board": boards.PATH}
        return places.get(self.spec["kind"]) or sidecars.image_path(self.spec["arch"])

    def compose_arguments(self):
        arch = self.spec["arch"]
        if self.source:
            arguments = [self.source]
        elif self.spec["kind"] == "kernel":
            arguments = [self.kernel]
        elif self.spec["kind"] == "boot-manager":
            arguments = [self.stub("systemd-boot{}.efi"), "--console", EARLY_CONSOLE[arch]]
        else:
            arguments = self.parts()
        if "carried" in self.joined:
            arguments += ["--initrd", self.joined["carried"]]
            if self.spec["kind"] == "kernel":
                arguments += ["--cmdline", self.command_line]
        if self.files:
            arguments += ["--sidecars", self.files]
        return [*arguments, "--image-path", self.image_path()]

    def boot_options(self, via=""):
        if self.joined:
            options = ["--initrd", self.joined["given"]] if "given" in self.joined else []
            # Firmware takes an initrd together with a command line only.
            return [*options, "--command-line", self.command_line] if via == "firmware" else options
        if via == "kexec-crash" and self.spec["arch"] == "x86_64":
            # There kexec adds to the line where the crashed kernel's memory is, and what it gives counts, not .cmdline.
            return ["--command-line", self.command_line]
        initrd = self.whole or self.given
        if self.spec["kind"] == "kernel":
            return ["--initrd", initrd or self.marks, "--command-line", self.command_line]
        if initrd:
            return ["--initrd", initrd]
        return []

    def expectations(self, via, profile="", addons=True):
        """What every boot of this image, of that profile, must show in the second kernel.

        addons  whether the add-ons that it has are to be taken
        """
        yield f"release={self.release}"
        line = self.command_line
        if self.spec["kind"] == "ukify":
            line = ukify.command_line(profile, line)
            yield from ukify.expectations(profile)
        elif self.spec["kind"] == "board":
            yield from boards.expectations(self.spec["brings"])
        elif self.spec["kind"] == "boot-manager":
            line = sidecars.menu_command_line(line)
        elif self.spec["kind"] == "kernel" and via == "firmware":
            line += LOADER_ADDS
        elif self.files or self.given:
            line = sidecars.stub_command_line(line) if addons else line
            yield from sidecars.stub_expectations()
        if self.joined:
            line += LOADER_ADDS if via == "firmware" else ""
            yield from initrds.expectations(self.joined)
        if via == "kexec-crash":
            yield f"cmdline~{line}"
            yield "vmcore=177ELF"
        else:
            yield f"cmdline={line}"
        if self.spec.get("retains_initrd", True) and not self.joined:
            yield f"initrd-sha256={hashlib.sha256(self.initrd_start).hexdigest()}"
        yield "efi=yes"
        yield "qemu-exit=self"
        if via != "firmware":
            yield "efi-line~by Virgil"
            # What happened in between, and what systemd-stub has written, are to be read by user space.
            yield "virgil-log~Virgil 1.0, build 0x"
            yield "efivars-access=ro"
            if self.spec["kind"] in ("uki", "ukify", "board"):
                yield "efivar-stub-info~systemd-stub"
                yield "efivars-loader~LoaderImageIdentifier"


class Images:
    def __init__(self, specs, options):
        self.specs = specs
        self.virgil = options.artefacts / "virgil"
        self.environment = {**os.environ, "VIRGIL_EMULATORS": str(options.artefacts)}
        self.folder = options.scratch
        self.made = {}
        self.lock = threading.Lock()
        self.keys = secure.Keys(self.folder, self.virgil)

    def variant(self, name, change):
        """A file for a guest with Secure Boot: the image signed, and changed as secure.py says."""
        image = self.get(name)
        if image.spec.get("signs") and change == "none":
            return image.path
        with self.lock:
            return secure.secured_image(image.path, change, self.keys, self.folder)

    def enrolled_key(self):
        """What `virgil boot --secure-boot` wants."""
        with self.lock:
            return self.keys.enrolled()

    def get(self, name):
        """The image of that name, composed. Raises Skip, or ValueError with what compose said."""
        with self.lock:
            if name not in self.made:
                self.made[name] = self.make(name)
            return self.made[name]

    def make(self, name):
        spec = self.specs[name]
        image = Image(spec, self.marks(spec["arch"], spec.get("kernel", "6.12")), self.folder / f"{name}.efi")
        if spec["kind"] in ("ukify", "board"):
            image.make_ukify(self.folder / f"{name}.ukify", self.run)
        elif spec.get("sidecars") == "initrd":
            image.given = sidecars.path(self.folder, name).with_suffix(".cpio")
            sidecars.for_initrd(image.given, spec["arch"], image.stub("addon{}.efi.stub"), self.run)
        elif spec.get("sidecars") or spec["kind"] == "boot-manager":
            image.make_files(sidecars.path(self.folder, name), self.run)
        elif "initrds" in spec:
            image.make_joined(self.folder, name, self.run)
        if spec.get("alone"):
            image.make_alone(self.folder, name, self.run)
            return image
        # The next kernel's kexec trusts whom this machine's firmware does.
        trust = ["--db", self.keys.pair("own")[1]] if spec.get("db") else []
        signing = self.keys.options("own") if spec.get("signs") else []
        self.run("compose", *image.compose_arguments(), *trust, *signing, "-o", image.path)
        if signing:
            self.keys.verify(image.path, "own")
        return image

    def alone(self, arch, *options):
        """A stand-alone emulator."""
        path = self.folder / f"virgil-{arch}{''.join(options)}.img"
        with self.lock:
            if not path.exists():
                self.run("stand-alone", "image", "--arch", arch, *options, "-o", path)
        return path

    def application(self, name, arch):
        """One of Tests/applications, built."""
        folder = self.folder / "applications"
        with self.lock:
            if not folder.exists():
                endings.build_applications(folder)
        return folder / f"{name}-{arch}.efi"

    def esp(self, image, profile, is_signed=False):
        """A disk on which the image is where it says, and what starts it from there as a boot option does: with load
        options that choose the profile. The application that firmware boots, and the folder of the others.

        is_signed  all that firmware loads from there is signed by the key that is enrolled with Secure Boot
        """
        folder = image.path.with_suffix(f".esp{profile}{'-signed' if is_signed else ''}")
        shutil.copytree(image.files, folder)
        application = self.application("launch", image.spec["arch"])
        if is_signed:
            with self.lock:
                self.keys.sign(image.path, "own", folder / image.image_path())
                for addon in list(folder.rglob("*.addon.efi")):
                    self.keys.sign(addon, "own", addon.with_suffix(".signed")).replace(addon)
                application = self.keys.sign(application, "own", application.with_suffix(".signed.efi"))
        else:
            os.link(image.path, folder / image.image_path())
        option = f"\\{image.image_path()} {profile}".replace("/", "\\").rstrip()
        (folder / "launch.txt").write_bytes(option.encode("utf-16-le"))
        return application, folder

    def marks(self, arch, line):
        """The marks' initrd, with the modules of that kernel line."""
        path = self.folder / f"marks-{arch}-{line}.cpio"
        if not path.exists():
            item(f"{arch}/busybox", "busybox")
            item(f"{arch}/kernel/{line}", "vmlinuz")
            self.run("boot", "--prepare-initrd", path, "--arch", arch, "--kernel-line", line)
        return path

    def run(self, *arguments):
        done = subprocess.run([self.virgil, *arguments], env=self.environment, capture_output=True, text=True,
                              errors="replace", timeout=300)
        if done.returncode != 0:
            raise ValueError(f"virgil {arguments[0]}, status {done.returncode}: {done.stderr.strip()[-500:]}")
