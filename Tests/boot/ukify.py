# SPDX-License-Identifier: Apache-2.0 OR GPL-2.0-only
"""A UKI with all that one can have and the files that go with it, made by ukify itself, or by virgil under its options: two
profiles, PCR keys and signatures, an add-on for it and one for all, credentials and extensions of its own and for all.

What systemd-stub makes of them is what user space finds, by whatever road.
"""

import hashlib
import subprocess
import sys

import sidecars

# Where the image is on the ESP, and among its sidecars.
PATH = "EFI/Linux/virgil-test.efi"
# `given` is where systemd-stub puts them in the initrd, below /.extra (systemd-stub(7)).
FILES = {
    f"{PATH}.extra.d/site.cred": ("credentials/site.cred", b"site: " + bytes(range(256))),
    f"{PATH}.extra.d/tools.sysext.raw": ("sysext/tools.sysext.raw", b"sysext" * 40000),
    f"{PATH}.extra.d/etc.confext.raw": ("confext/etc.confext.raw", b"confext" * 700),
    "loader/credentials/host.cred": ("global_credentials/host.cred", b"host"),
}
ADDONS = {"loader/addons/all.addon.efi": "virgil.addon=all", f"{PATH}.extra.d/own.addon.efi": "virgil.addon=own"}
OS_RELEASE = {"": b"ID=virgil\nVERSION_ID=0\n", "@1": b"ID=virgil\nVERSION_ID=1\n"}
PROFILE = {"": b"ID=main\nTITLE=Main\n", "@1": b"ID=other\nTITLE=Other\n"}
# The stub looks into neither. Signing would take a systemd-measure of the same version.
PUBLIC_KEY = b"-----BEGIN PUBLIC KEY-----\nMCowBQYDK2VwAyEAGb9ECWmEzf6FQbrBZ9w7lshQhqowtrbLDFw4rXAxZuE=\n" \
    b"-----END PUBLIC KEY-----\n"
SIGNATURES = b'{"sha256":[{"pcrs":[11],"pkfp":"00","pol":"00","sig":"AA=="}]}\n'


def interpreter():
    """A python3 that has pefile, which ukify imports. None: there is none."""
    for python in (sys.executable, "/usr/bin/python3"):
        try:
            if subprocess.run([python, "-c", "import pefile"], capture_output=True, timeout=60).returncode == 0:
                return python
        except OSError:
            pass
    return None


def run(python, ukify, *arguments):
    done = subprocess.run([python, ukify, "build", *arguments], capture_output=True, text=True, errors="replace",
                          timeout=300)
    if done.returncode != 0:
        raise ValueError(f"ukify, status {done.returncode}: {done.stderr.strip()[-500:]}")


def make(folder, arch, build, stub, addon_stub, kernel, release, initrd, command_line):
    """The UKI, as folder/uki.efi, and the tree of its files, folder/files. Raises ValueError.

    build          runs ukify, or what takes its options
    command_line   the main profile's; the other one differs, see `own_command_lines`
    """
    for name, contents in {"osrel0": OS_RELEASE[""], "osrel1": OS_RELEASE["@1"], "profile0": PROFILE[""],
                           "profile1": PROFILE["@1"], "key.pem": PUBLIC_KEY, "signatures": SIGNATURES}.items():
        sidecars.write(folder / name, contents)
    efi = f"--efi-arch={sidecars.EFI[arch]}"
    main, other = own_command_lines(command_line).values()
    # None, rather than those that this machine has.
    (folder / "hwids").mkdir(exist_ok=True)
    build(efi, f"--stub={addon_stub}", f"--profile=@{folder / 'profile1'}", f"--cmdline={other}",
          f"--os-release=@{folder / 'osrel1'}", f"--output={folder / 'profile1.efi'}")
    build(efi, f"--stub={stub}", f"--linux={kernel}", f"--uname={release}", f"--initrd={initrd}",
          f"--cmdline={main}", f"--os-release=@{folder / 'osrel0'}", f"--pcrpkey={folder / 'key.pem'}",
          f"--section=.pcrsig:@{folder / 'signatures'}", f"--hwids={folder / 'hwids'}",
          f"--profile=@{folder / 'profile0'}", f"--join-profile={folder / 'profile1.efi'}", f"--output={folder / 'uki.efi'}")
    for name, (_, contents) in FILES.items():
        sidecars.write(folder / "files" / name, contents)
    for name, text in ADDONS.items():
        path = folder / "files" / name
        path.parent.mkdir(parents=True, exist_ok=True)
        build(efi, f"--stub={addon_stub}", f"--cmdline={text}", f"--output={path}")


def own_command_lines(main):
    """The profiles' .cmdline, by what selects them."""
    return {"": f"{main} virgil.profile=main", "@1": f"{main} virgil.profile=other"}


def command_line(profile, main):
    """What the kernel gets: the profile's own with the add-ons' behind it, those for all images first."""
    return " ".join([own_command_lines(main)[profile], *ADDONS.values()])


def expectations(profile):
    """The marks that show what the image and its files say."""
    found = {name: contents for name, contents in FILES.values()}
    found |= {"tpm2-pcr-signature.json": SIGNATURES, "tpm2-pcr-public-key.pem": PUBLIC_KEY,
              "os-release": OS_RELEASE[profile], "profile": PROFILE[profile]}
    yield "extra=" + " ".join(sorted(found))
    for name, contents in found.items():
        yield f"state-extra:{name}~, {len(contents)} bytes, sha256 {hashlib.sha256(contents).hexdigest()}"
    yield f"state-variable:StubProfile~: {profile.removeprefix('@') or '0'}"
    yield "state-variable:StubImageIdentifier~: \\" + PATH.replace("/", "\\")
