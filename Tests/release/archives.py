# SPDX-License-Identifier: Apache-2.0 OR GPL-2.0-only
"""Tarballs as other programs read them: GNU tar, bsdtar, Python."""

import datetime
import re
import subprocess
import tarfile

# The bits and words of a listing: mode, owner/group as numbers, size, date, time, name.
GNU = re.compile(r"^([-dlrwx]{10}) (\S+/\S+) +(\d+) (\S+ \S+) (.*)$")


def output(*command):
    done = subprocess.run(command, capture_output=True, text=True, timeout=300, env={"LC_ALL": "C", "TZ": "UTC0",
                                                                                  "PATH": "/usr/sbin:/usr/bin:/sbin:/bin"})
    if done.returncode != 0 or done.stderr.strip():
        raise ValueError(f"{' '.join(map(str, command[:3]))}: {done.stderr.strip()[-400:] or done.returncode}")
    return done.stdout


def gnu(path, epoch):
    """What GNU tar finds wrong; and the names that it lists."""
    moment = datetime.datetime.fromtimestamp(epoch, datetime.timezone.utc).strftime("%Y-%m-%d %H:%M:%S")
    wrong, names = [], []
    for numeric, owner in (("--numeric-owner", "0/0"), ("--same-owner", "root/root")):
        names = []
        for line in output("tar", "--list", "--verbose", "--full-time", numeric, "--file", path).splitlines():
            found = GNU.match(line)
            if not found:
                raise ValueError(f"a line of GNU tar's that is none: {line}")
            mode, who, _, when, name = found.groups()
            name = name.split(" -> ")[0]
            names.append(name.rstrip("/"))
            if who != owner:
                wrong.append(f"{name}: owner {who}")
            if when != moment:
                wrong.append(f"{name}: {when} instead of {moment}")
            right = {"d": ["drwxr-xr-x"], "-": ["-rw-r--r--", "-rwxr-xr-x"], "l": ["lrwxrwxrwx"]}
            if mode not in right.get(mode[0], []):
                wrong.append(f"{name}: mode {mode}")
    return wrong, names


def bsd(path):
    """The names that bsdtar lists."""
    return [name.rstrip("/") for name in output("bsdtar", "--list", "--file", path).splitlines()]


def headers(path):
    """The extended headers that Python's tarfile finds: {name: {key: value}}; and whether it is a ustar or pax archive."""
    command = {"xz": ["xz", "-dc"], "zst": ["zstd", "-dcq"]}[path.suffix[1:]]
    with subprocess.Popen([*command, path], stdout=subprocess.PIPE) as packed:
        with tarfile.open(fileobj=packed.stdout, mode="r|") as archive:
            found = {member.name: dict(member.pax_headers) for member in archive if member.pax_headers}
        packed.stdout.read()
    return found
