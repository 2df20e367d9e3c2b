# SPDX-License-Identifier: Apache-2.0 OR GPL-2.0-only
"""LAVA jobs: what they deploy, and what their patterns make of a machine's words."""

import pathlib
import re
import tempfile
import unittest

import artefacts
import board_files
import document
import lava
import lavatools
from support import MATRIX, ROOT, board, cell

BOARDS = board_files.load_all(MATRIX)
QEMU = BOARDS["qemu-aarch64"]
LOG = ["VIRGIL-FIRST cpus 1", "VIRGIL-FIRST load", "VIRGIL-FIRST execute", "EFI stub: Booting", "",
       "VIRGIL-MARK release=6.12.1", "VIRGIL-MARK machine=aarch64", "VIRGIL-MARK cmdline=a=b (c) [d]",
       "VIRGIL-MARK acpi=no", "VIRGIL-MARK efi=yes", "VIRGIL-MARK efi-line=EFI v2.10 by Virgil", "VIRGIL-MARK end"]
EXPECT = ["efi-line~by Virgil", "release=6.12.1", "cmdline=a=b (c) [d]", "machine=aarch64"]


class Stopped(Exception):
    """The job was ended by what was said."""


def talk(test, text):
    """What LAVA's test `interactive` makes of a serial log: case -> pass or fail. Raises Stopped, or EOFError where it
    would wait for ever."""
    found = {}
    for script in test["interactive"]:
        for command in script["script"]:
            patterns = [(pattern, None) for pattern in script["prompts"]]
            patterns += [(one["message"], one) for one in command["failures"]]
            patterns += [(one["message"], "success") for one in command["successes"]]
            # The first in the text, of several there the first in the list, as pexpect does it.
            matches = [(match.start(), place, match, what) for place, (pattern, what) in enumerate(patterns)
                       if (match := re.search(pattern, text))]
            if not matches:
                raise EOFError(command["name"])
            _, _, match, what = min(matches, key=lambda one: one[:2])
            text = text[match.end():]
            found[command["name"]] = "pass" if what == "success" else "fail"
            if isinstance(what, dict) and "exception" in what:
                raise Stopped(f"{command['name']}: {what['error']}")
    return found


def test_of(expectations):
    return lava.marks(QEMU, expectations)


class Marks(unittest.TestCase):
    def said(self, lines, end="\r\r\n", expectations=EXPECT):
        return talk(test_of(expectations), end.join(lines) + end)

    def test_a_good_boot_passes_with_any_line_ending(self):
        for end in ("\n", "\r\n", "\r\r\n"):
            found = self.said(LOG, end)
            self.assertEqual(set(found.values()), {"pass"})
            self.assertEqual(list(found), ["load", "execute", "release", "machine", "cmdline", "efi-line", "end"])

    def test_another_value_fails_that_case_alone(self):
        lines = [line.replace("6.12.1", "6.12.10") for line in LOG]
        found = self.said(lines)
        self.assertEqual([case for case, result in found.items() if result != "pass"], ["release"])

    def test_a_value_is_a_text_not_a_pattern(self):
        found = self.said([line.replace("(c)", "c") for line in LOG])
        self.assertEqual([case for case, result in found.items() if result != "pass"], ["cmdline"])
        found = self.said([line.replace("6.12.1", "6x12x1") for line in LOG])
        self.assertEqual([case for case, result in found.items() if result != "pass"], ["release"])

    def test_a_missing_mark_ends_the_job(self):
        with self.assertRaisesRegex(Stopped, "no mark 'machine'"):
            self.said([line for line in LOG if "machine" not in line])

    def test_trouble_ends_the_job(self):
        for line, word in (("[ 1.2] Kernel panic - not syncing: x", "panicked"), ("VIRGIL-FIRST begin 6.12", "reset"),
                           ("virgil: stopped: no memory", "Virgil"), ("VIRGIL-FIRST failed load 1", "kexec failed")):
            for place in (0, 3, 7):
                with self.assertRaisesRegex(Stopped, word):
                    self.said(LOG[:place] + [line])

    def test_half_a_line_decides_nothing(self):
        # LAVA sees the text as it comes.
        for cut in range(len("VIRGIL-MARK release=6.12.1")):
            with self.assertRaises(EOFError):
                talk(test_of(EXPECT), "\n".join(LOG[:5]) + "\nVIRGIL-MARK release=6.12.1"[:cut + 1])

    def test_expectations_that_are_none(self):
        for wrong in ("release", "=x", "colour=red", "release=a\nb"):
            with self.assertRaises(ValueError):
                lava.in_order([wrong])
        with self.assertRaisesRegex(ValueError, "once"):
            lava.in_order(["release=1", "release~2"])

    def test_the_order_is_that_of_the_script(self):
        guests = ROOT / "Tools/Sources/Guests"
        second, state = ((guests / f"{name}Script.swift").read_text() for name in ("Second", "State"))
        # The one runs the other, before its end.
        self.assertLess(second.index("virgil-log"), second.index(". /virgil/state"))
        source = second + state
        places = []
        for key in lava.MARKS:
            word = re.escape(key.removeprefix("state-"))
            pattern = rf"(?:\bmark|\bvalue \S+) {word}( |\n|$)"
            if key.startswith("state-"):
                pattern = rf'state "?{word[:-2]}' if key.endswith("*") else rf"state {word}( |\n|$)"
            match = re.search(pattern, source)
            self.assertTrue(match, f"no mark {key} in the scripts ({pattern})")
            places.append(match.start())
        self.assertEqual(places, sorted(places))

    def test_families_are_sorted(self):
        found = lava.in_order(["state-variable:StubProfile~: 0", "state-extra:b~1", "state-extra:a~2", "efi=yes"])
        self.assertEqual([key for key, _, _ in found],
                         ["efi", "state-extra:a", "state-extra:b", "state-variable:StubProfile"])
        self.assertEqual(lava.case_name("state-extra:credentials/site.cred"), "state-extra_credentials_site.cred")


class Jobs(unittest.TestCase):
    def test_every_pairwise_cell_has_a_job(self):
        for cell_ in MATRIX.cells("pairwise"):
            fitting = [one for one in BOARDS.values() if one.fits(cell_)]
            self.assertTrue(fitting)
            for one in fitting:
                made = lava.job(cell_, one, MATRIX, "https://lab.example/x")
                self.assertEqual(made["metadata"]["virgil-cell"], cell_.name)
                again = lava.job(cell_, one, MATRIX, "https://lab.example/x")
                self.assertEqual(document.yaml(made), document.yaml(again))

    def test_a_cell_that_does_not_fit_is_refused(self):
        with self.assertRaisesRegex(ValueError, "is aarch64"):
            lava.job(cell(arch="x86_64"), QEMU, MATRIX, "u")

    def test_machines_reach_qemu(self):
        made = lava.qemu_context(cell(arch="aarch64", machine="el2"), QEMU, MATRIX.machines["aarch64", "el2"])
        self.assertEqual(made["machine"], "virt,virtualization=on")
        self.assertEqual(made["memory"], 1024)
        self.assertIn("-smp 2", made["extra_options"])
        emulated = BOARDS["qemu-x86_64"]
        made = lava.qemu_context(cell(arch="x86_64", machine="la57", first_boot="efi"), emulated,
                                 MATRIX.machines["x86_64", "la57"])
        self.assertIn("-cpu qemu64,-cx16,+la57", made["extra_options"])
        self.assertIn("-device virtio-rng-pci", made["extra_options"])
        self.assertEqual(lava.mebibytes("6G"), 6144)

    def test_hardware_gets_kernel_ramdisk_and_tree(self):
        one = board(dtb="v/b.dtb", **{"kernel-type": "image"}, fits={"first_boot": ["direct"]}, tags=["lab-1"])
        made = lava.job(cell(arch="aarch64", first_boot="direct"), one, MATRIX, "https://lab.example/x")
        deploy = made["actions"][0]["deploy"]
        self.assertEqual(deploy["to"], "tftp")
        self.assertEqual(deploy["kernel"], {"url": "https://lab.example/x/kernel", "type": "image"})
        self.assertEqual(deploy["dtb"]["url"], "https://lab.example/x/v/b.dtb")
        self.assertEqual(made["tags"], ["lab-1"])
        self.assertIn("rdinit=/init", made["context"]["extra_kernel_args"])

    def test_artefacts_give_sums_and_expectations(self):
        with tempfile.TemporaryDirectory() as folder:
            folder = pathlib.Path(folder)
            with self.assertRaisesRegex(ValueError, "expect.json"):
                artefacts.read(folder)
            (folder / "expect.json").write_text('["release=6.1"]')
            (folder / "boot.json").write_text("{}")
            with self.assertRaisesRegex(ValueError, "no kernel and no initrd"):
                artefacts.read(folder)
            for name in ("kernel", "initrd"):
                (folder / name).write_bytes(name.encode())
            found = artefacts.read(folder)
            made = lava.job(cell(arch="aarch64", first_boot="direct"), QEMU, MATRIX, "u", found)
            images = made["actions"][0]["deploy"]["images"]
            self.assertEqual(images["kernel"]["sha256sum"], artefacts.sha256(folder / "kernel"))
            self.assertEqual([one["name"] for one in made["actions"][2]["test"]["interactive"][0]["script"]],
                             ["load", "execute", "release", "end"])
            for wrong in ("[", "{}", "[1]"):
                (folder / "expect.json").write_text(wrong)
                with self.assertRaises(ValueError):
                    artefacts.read(folder)


class Documents(unittest.TestCase):
    VALUE = {"a": [], "b": {}, "c": [{"d": None, "e": [1, [2, "x: y"], {"f": True}]}, ["- z"]], "on": "off",
             "g h": "'\"\n#", "i": {"j": {"k": 1.5}}, "ü": "é"}

    def test_what_is_written_is_read_back(self):
        try:
            import yaml
        except ImportError:
            self.skipTest("python3-yaml is not installed")
        self.assertEqual(yaml.safe_load(document.yaml(self.VALUE)), self.VALUE)
        made = lava.job(cell(arch="aarch64"), QEMU, MATRIX, "u")
        self.assertEqual(yaml.safe_load(document.yaml(made)), made)

    def test_what_yaml_has_not_is_refused(self):
        for wrong in ({1: 2}, {"a": {1}}, object(), {"a": b"x"}):
            with self.assertRaises(TypeError):
                document.yaml(wrong)


class Logs(unittest.TestCase):
    TEXT = '\n'.join([
        'Traceback: noise', '{"not": "a record"}', '{broken',
        '{"dt": "2026-11-25T12:00:00", "lvl": "target", "msg": "VIRGIL-MARK efi=yes"}',
        '- {"dt": "2026-11-25T12:00:01", "lvl": "results", "msg": {"definition": "0_marks", "case": "efi", '
        '"result": "pass"}}',
        '{"dt": "2026-11-25T12:00:02+00:00", "lvl": "results", "msg": {"definition": "lava", "case": "x", '
        '"result": "fail", "extra": {"size": !!int "3", "other": ! "4"}}}'])

    def test_records_of_both_releases(self):
        found = lavatools.records(self.TEXT)
        self.assertEqual(len(found), 3)
        self.assertEqual(lavatools.serial(found), "VIRGIL-MARK efi=yes\n")
        self.assertEqual(lavatools.results(found), {("0_marks", "efi"): "pass", ("lava", "x"): "fail"})


if __name__ == "__main__":
    unittest.main()
