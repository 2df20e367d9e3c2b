# SPDX-License-Identifier: Apache-2.0 OR GPL-2.0-only
"""Guests that are talked to over their serial port: an EFI application, started by kexec or by firmware."""

import codecs
import os
import re
import select
import subprocess
import time

from endings import CONSOLE
from images import item

# What terminals are told besides text: cursor, colours, modes.
CONTROL = re.compile(rb"\x1b\[[0-9;?=]*[A-Za-z]|\x1b[()][A-Z0-9]")
# One of them that has not come wholly.
BEGUN = re.compile(rb"\x1b(\[[0-9;?=]*|[()])?\Z")


class Guest:
    """A guest whose serial port is a pipe."""

    def __init__(self, command, log):
        self.log = log.open("wb")
        self.seen = ""
        self.rest = b""
        # A character's bytes may come apart.
        self.decoder = codecs.getincrementaldecoder("utf-8")(errors="replace")
        self.process = subprocess.Popen(command, stdin=subprocess.PIPE, stdout=subprocess.PIPE,
                                        stderr=subprocess.STDOUT)

    def expect(self, pattern, timeout):
        """Waits for what matches, and takes all up to it. Raises ValueError."""
        deadline = time.monotonic() + timeout
        while True:
            found = re.search(pattern, self.seen, re.MULTILINE)
            if found:
                taken, self.seen = self.seen[:found.end()], self.seen[found.end():]
                return taken
            left = deadline - time.monotonic()
            if left <= 0:
                raise ValueError(f"nothing like /{pattern}/ within {timeout} s; last: {self.seen[-300:]!r}")
            if select.select([self.process.stdout], [], [], left)[0]:
                data = os.read(self.process.stdout.fileno(), 65536)
                if not data:
                    raise ValueError(f"the guest ended before /{pattern}/; last: {self.seen[-300:]!r}")
                self.log.write(data)
                self.take(data)

    def take(self, data):
        data = CONTROL.sub(b"", self.rest + data)
        begun = BEGUN.search(data)
        self.rest = data[begun.start():] if begun else b""
        self.seen += self.decoder.decode(data[:len(data) - len(self.rest)]).replace("\r", "")

    def send(self, text):
        self.process.stdin.write(text.encode())
        self.process.stdin.flush()

    def wait(self, timeout):
        """Until it ends by itself. Raises ValueError when it does not."""
        deadline = time.monotonic() + timeout
        # Its output ends with it.
        while select.select([self.process.stdout], [], [], max(0, deadline - time.monotonic()))[0]:
            data = os.read(self.process.stdout.fileno(), 65536)
            if not data:
                self.process.wait()
                return
            self.log.write(data)
        raise ValueError(f"the guest did not end within {timeout} s")

    def close(self):
        # Not killed: virgil ends its QEMU.
        self.process.terminate()
        self.process.wait()
        self.log.close()


def files_of(case, talk, folder):
    """The files beside the application, as the dialogue has them. None: it has none."""
    if "files" not in talk:
        return None
    folder.mkdir()
    for name, text in talk["files"].items():
        (folder / name).write_text(text)
    return folder


def application(case, files, images, options):
    """The case's EFI application from the material; made kexec-able, with the files beside it, unless firmware boots it as
    it is.

    Raises Skip or ValueError.
    """
    name, file = case["material"].rsplit("/", 1)
    source = item(name, file)
    if case.get("alone"):
        return images.alone(case["arch"])
    path = files.with_suffix(".efi") if files else options.scratch / f"{name.replace('/', '-')}-{file}"
    if case["via"] != "firmware":
        images.run("compose", source, *(["--sidecars", files] if files else []), "-o", path)
    elif case.get("carried"):
        images.run("compose", source, "-o", path)
    else:
        return source
    return path


def alone(case, files, images):
    """What a stand-alone emulator starts: the application of the material, in an archive with the files beside it."""
    source = item(*case["material"].rsplit("/", 1))
    if not files:
        return source
    # Where the dialogue looks for them: at the root.
    path = files.with_suffix(".cpio")
    images.run("stand-alone", "initrd", source, "--sidecars", files, "-o", path)
    return path


def machine(case, image, files, images, options):
    """The command that boots the guest with its serial port as standard input and output."""
    arguments = [options.artefacts / "virgil", "boot", image, "--via", case["via"], "--arch", case["arch"],
                 "--interactive", *case.get("options", [])]
    if case.get("alone"):
        arguments += ["--initrd", alone(case, files, images)]
    if case["via"] != "firmware":
        arguments += ["--command-line", f"{case.get('command_line', '')} {CONSOLE[case['arch']]}".strip()]
    elif files:
        arguments += ["--disk-files", files]
    return arguments


def talk(case, talks, images, options, log):
    """Runs a dialogue. Raises Skip, or ValueError with what was missing."""
    talk = talks[case["talk"]]
    name = re.sub(r"[^a-z0-9]+", "-", case["name"].lower())
    files = files_of(case, talk, options.scratch / f"dialogue-{name}")
    guest = Guest(machine(case, application(case, files, images, options), files, images, options), log)
    try:
        for step in talk["steps"]:
            if "send" in step:
                guest.send(step["send"])
            for pattern in step["expect"]:
                guest.expect(pattern, talk.get("timeout", 60))
        if talk.get("ends"):
            guest.wait(60)
    finally:
        guest.close()
