# SPDX-License-Identifier: Apache-2.0 OR GPL-2.0-only
"""The kinds of cases: each runs a guest and checks what it said. They raise Failure, or Skip where they cannot run."""

import re

import guests
import initrds
import sidecars
from payloads import OS_RELEASE

KERNEL = {"aarch64": "Image", "x86_64": "bzImage"}
OTHER = {"aarch64": "x86_64", "x86_64": "aarch64"}


# What is run before the load and after it; the latter succeeds if all is well.
CHECKS = {
    "cma": ("before=$(cma_free)", "[ $((before - $(cma_free))) -gt 8000 ]"),
    "kho": (":", "[ -d /sys/kernel/debug/kho/out ]"),
}


class Failure(Exception):
    """A case that did not do what it must; the text says why."""


def quoted(text):
    return "'" + text.replace("'", "'\\''") + "'"


def load_command(name, image, payload_line=None, initrd=None, more=""):
    """A line of the first kernel's script."""
    words = ["load", name, more, f"--initrd=/{initrd}" if initrd else "",
             quoted(f"--command-line={payload_line}") if payload_line else "", f"/{image}"]
    return " ".join(filter(None, words)) + "\n"


def start(case, payloads, own, folder, log, script, files, **options):
    """Boots the first kernel with that script. Raises Failure where it did not even come up."""
    programs = {"kexec-efi-load": payloads.loader(case["arch"]), **options.pop("programs", {})}
    initrd = guests.initramfs(case["arch"], programs, script, files)
    found = guests.run(case["arch"], own / KERNEL[case["arch"]], initrd, case.get("append", ""), folder, log,
                       by_firmware=case["by_firmware"], **options)
    release = (own / "kernel.release").read_text().strip()
    if f"release {release}" not in found.first:
        raise Failure(f"the first kernel, {release}, did not come up")
    if f"efi {'yes' if case['by_firmware'] else 'no'}" not in found.first:
        raise Failure("the first kernel was not booted as it should be")
    return found


def check_log(case, found):
    for pattern in case.get("says", []):
        if not re.search(pattern, found.text):
            raise Failure(f"nothing in the serial log is like /{pattern}/")
    for pattern in case.get("lacks", []):
        if match := re.search(pattern, found.text):
            raise Failure(f"the serial log has {match[0]!r}")


def check_load(found, name, result, loaded):
    """One load: what came of it, and whether (for a reboot, for a panic) an image is loaded after it."""
    got = found.loads().get(name)
    if got is None:
        raise Failure(f"load {name} said nothing: the guest ended before")
    if got[0] != result:
        raise Failure(f"load {name} gave {got[0]}, not {result}")
    if got[1:] != loaded:
        raise Failure(f"after load {name}, {'no' if not any(got[1:]) else 'another'} image is loaded: {got[1:]}")


def check_marks(found, expectations):
    """What the second kernel showed."""
    if "end" not in found.marks:
        last = found.text.replace("\r", "").strip().splitlines()[-1:]
        raise Failure(f"the second kernel did not reach its last mark; the last line was {last}")
    for expectation in expectations:
        key, operator, wanted = re.match(r"([a-z0-9-]+)(=|~)(.*)", expectation, re.S).groups()
        got = found.marks.get(key)
        if got is None or (got != wanted if operator == "=" else wanted not in got):
            raise Failure(f"mark {key}: expected {'' if operator == '=' else 'a text with '}{wanted!r}, got {got!r}")
    if found.status is None:
        raise Failure("the guest did not end by itself")


def boot(case, payloads, own, folder, log):
    arch = case["arch"]
    payload = payloads.get(case["payload"], arch, own)
    image = payloads.variant(payload, case.get("variant", "unsigned"))
    files, initrd = {"image": image}, None
    if given := case.get("initrd"):
        files["initrd"], initrd = payloads.given(arch, given), "initrd"
    elif payload.initrd:
        files["initrd"], initrd = payload.initrd, "initrd"
    before, after = CHECKS[case["check"]] if "check" in case else (":", ":")
    script = f"{before}\n{load_command('image', 'image', payload.line, initrd)}{after}\nsay \"check $?\"\nenter\n"
    found = start(case, payloads, own, folder, log, script, files)
    check_load(found, "image", "0", (True, False))
    if "check 0" not in found.first:
        raise Failure(f"the first kernel does not show {case['check']}")
    if payload.release:
        expectations = list(payload.expectations())
        line = payload.own_line
        if given:
            names = case.get("addons", ["all", "own"])
            line = " ".join([line, *(text for text in sidecars.ADDONS.values() if text.rpartition("=")[2] in names)])
            expectations = [text for text in expectations if not text.startswith("initrd-sha256=")]
            expectations += sidecars.stub_expectations({"os-release": OS_RELEASE.encode()})
            if "archive" in given:
                expectations += initrds.expectations(["carried"])
        check_marks(found, [*expectations, f"cmdline={line}"])
    check_log(case, found)


def loads(case, payloads, own, folder, log):
    arch = case["arch"]
    script, files, expected, last = "", {}, [], None
    for number, (name, variant, result) in enumerate(case["tries"]):
        if variant == "other":
            # Any image for the other machine will do: what matters is its header.
            payload, image = None, payloads.get("application", OTHER[arch], own).path
        else:
            payload = payloads.get(name, arch, own)
            image = payloads.variant(payload, variant)
        file = f"{name}-{variant}"
        files[file] = image
        initrd = None
        if payload is not None and payload.initrd:
            files["initrd"], initrd = payload.initrd, "initrd"
        script += load_command(f"{number}-{variant}", file, payload and payload.line, initrd)
        if result == "0":
            last = payload
        expected.append((f"{number}-{variant}", result, (last is not None, False)))
    found = start(case, payloads, own, folder, log, script + "enter\n", files)
    for one in expected:
        check_load(found, *one)
    if last is None:
        raise ValueError("none of the loads is one that succeeds")
    check_marks(found, [*last.expectations(), f"cmdline={last.own_line}"])
    check_log(case, found)


def crash(case, payloads, own, folder, log):
    payload = payloads.get(case["payload"], case["arch"], own)
    image = payloads.variant(payload, case.get("variant", "unsigned"))
    files, initrd = {"image": image}, None
    if payload.initrd:
        files["initrd"], initrd = payload.initrd, "initrd"
    # A UKI's own line counts when none is given; what the kernel has to say comes as an add-on.
    line = payload.line if case.get("own_line") else payload.own_line
    script = load_command("image", "image", line, initrd, more="--load-panic")
    script += "dmesg | grep kexec_efi\n[ \"$(cat /sys/kernel/kexec_crash_loaded)\" = 1 ] && echo c >/proc/sysrq-trigger\n"
    found = start(case, payloads, own, folder, log, script, files)
    check_load(found, "image", "0", (False, True))
    release = (own / "kernel.release").read_text().strip()
    expectations = [*payload.expectations(), f"cmdline~{payload.own_line}", "vmcore=177ELF",
                    f"vmcore-core=1 CPU, {release}"]
    check_marks(found, expectations)
    check_log(case, found)


def selftest(case, payloads, own, folder, log):
    arch = case["arch"]
    program = payloads.selftest(arch, case["line"])
    payload = payloads.get("own-uki", arch, own)
    found = start(case, payloads, own, folder, log,
                  "test_kexec_efi --image /image --initrd /initrd\nsay \"selftest $?\"\n",
                  {"image": payload.path, "initrd": payload.path}, programs={"test_kexec_efi": program}, timeout=900)
    wrong = re.findall(r"^not ok .*", found.text.replace("\r", ""), re.M)
    if wrong:
        raise Failure("; ".join(wrong[:10]))
    totals = re.search(r"# Totals: pass:(\d+) fail:(\d+) xfail:(\d+) xpass:(\d+) skip:(\d+) error:(\d+)", found.text)
    if not totals or "selftest 0" not in found.first:
        raise Failure("the selftest did not come to its end")
    skipped = re.findall(r"^ok .*# SKIP.*", found.text.replace("\r", ""), re.M)
    if int(totals[1]) < 50 or skipped:
        raise Failure(f"{totals[1]} tests passed, {len(skipped)} were skipped: {'; '.join(skipped[:5])}")
