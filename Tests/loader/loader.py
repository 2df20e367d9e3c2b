# SPDX-License-Identifier: Apache-2.0 OR GPL-2.0-only
"""Builds kexec-efi-load and runs it behind a seccomp filter."""

import os
import pathlib
import platform
import shutil
import subprocess
import tempfile

import seccomp

ROOT = pathlib.Path(__file__).resolve().parents[2]
NOBODY = 65534

_folder = tempfile.TemporaryDirectory(prefix="virgil-loader-")
FOLDER = pathlib.Path(_folder.name)


def build(name, arch=None):
    """The program, built by its Makefile, in a file of that name."""
    out = FOLDER / name
    subprocess.run(["make", "-s", "-C", ROOT / "kernel/loader", f"ARCH={arch or platform.machine()}", f"OUT={out}"],
                   check=True)
    return out


def compiler(arch):
    """The compiler for a machine; None if there is none here."""
    return shutil.which("gcc" if arch == platform.machine() else f"{arch}-linux-gnu-gcc")


def run(program, *arguments, answer=0, echo=None, unfiltered=False, wrapper=()):
    """Runs it without privileges. The answers are those of seccomp.install."""

    def prepare():
        if os.geteuid() == 0:
            os.setgroups([])
            os.setgid(NOBODY)
            os.setuid(NOBODY)
        if not unfiltered:
            seccomp.install(answer, echo)

    return subprocess.run([*wrapper, program, *arguments], capture_output=True, text=True, preexec_fn=prepare,
                          cwd="/", timeout=60, check=False)
