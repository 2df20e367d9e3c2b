# SPDX-License-Identifier: Apache-2.0 OR GPL-2.0-only
"""A clean Debian in a folder, and commands in it."""

import os
import pathlib
import shutil
import subprocess

# Own mount and process namespaces: what is mounted is gone with the command, however it ends.
ENTER = """
mount -t proc proc "$1/proc"
mount -t sysfs -o ro sysfs "$1/sys"
mount --bind "$2" "$1/debs"
exec chroot "$1" env -i PATH=/usr/sbin:/usr/bin:/sbin:/bin HOME=/root LC_ALL=C.UTF-8 TERM=dumb \\
  DEBIAN_FRONTEND=noninteractive DEBCONF_NOWARNINGS=yes sh -euc "$3"
"""

# What changes by itself, whatever is installed.
RESTLESS = ("var/log/", "var/cache/", "var/lib/dpkg/", "var/lib/apt/", "tmp/", "run/", "proc/", "sys/", "debs/",
            "var/lib/systemd/deb-systemd-helper-enabled", "etc/ld.so.cache", "etc/.pwd.lock")


class CommandFailure(Exception):
    """A command in the root that failed; the text is what it said."""


class CleanRoot:
    """root.tar of the material, unpacked; its only source of packages is the material's folder of them."""

    def __init__(self, material, folder):
        self.folder = pathlib.Path(folder)
        self.debs = material / "debs"
        self.folder.mkdir()
        subprocess.run(["tar", "-xf", material / "root.tar", "-C", self.folder], check=True)
        (self.folder / "debs").mkdir()
        shutil.rmtree(self.folder / "etc/apt/sources.list.d", ignore_errors=True)
        (self.folder / "etc/apt/sources.list").write_text("deb [trusted=yes] file:/debs ./\n")
        (self.folder / "etc/apt/apt.conf.d/90test").write_text(
            'APT::Install-Recommends "false";\nAPT::Sandbox::User "root";\nDpkg::Use-Pty "false";\n')
        self.run("apt-get -q update")

    def run(self, script, check=True, env=""):
        """Runs a script in the root. Returns what it said, on both streams. Raises CommandFailure."""
        done = subprocess.run(
            ["unshare", "--mount", "--pid", "--fork", "--kill-child", "sh", "-euc", ENTER, "sh", self.folder, self.debs,
             env + script], stdin=subprocess.DEVNULL, stdout=subprocess.PIPE, stderr=subprocess.STDOUT, text=True,
            errors="replace", timeout=900, check=False)
        if check and done.returncode != 0:
            raise CommandFailure(f"status {done.returncode} of: {script}\n{done.stdout[-3000:]}")
        self.status = done.returncode
        return done.stdout

    def install(self, *packages):
        return self.run(f"apt-get -q -y install {' '.join(packages)}")

    def path(self, name):
        return self.folder / name.lstrip("/")

    def files(self):
        """All that is there but what changes by itself."""
        names = set()
        for top, folders, files in os.walk(self.folder):
            for name in folders + files:
                path = os.path.relpath(os.path.join(top, name), self.folder)
                if not (path + "/").startswith(RESTLESS):
                    names.add(path)
        return names
