# SPDX-License-Identifier: Apache-2.0 OR GPL-2.0-only
"""Boards' files: those that are here, and wrong ones, whose errors must say what would be right."""

import pathlib
import tempfile
import unittest

import board_files
from support import MATRIX, board, cell, table


class Boards(unittest.TestCase):
    def refused(self, *words, name="some-board", **more):
        with self.assertRaises(board_files.BoardError) as caught:
            board_files.parse(name, table(**more), MATRIX, f"{name}.toml")
        for word in words:
            self.assertIn(word, str(caught.exception))
        self.assertIn(f"{name}.toml", str(caught.exception))
        self.assertEqual(len(str(caught.exception).splitlines()), 1)

    def test_those_that_are_here(self):
        known = board_files.load_all(MATRIX)
        self.assertLessEqual({"qemu-aarch64", "qemu-x86_64"}, known.keys())
        self.assertTrue([one for one in known.values() if one.is_hardware])
        every = MATRIX.cells("all")
        for one in known.values():
            self.assertTrue([of for of in every if one.fits(of)], one.name)
        # QEMU leaves no cell out.
        for arch in MATRIX.axes:
            emulated = next(one for one in known.values() if one.arch == arch and not one.is_hardware)
            self.assertEqual([of for of in every if of.arch == arch and not emulated.fits(of)], [])

    def test_what_does_not_fit_says_why(self):
        one = board(fits={"first_boot": ["direct"], "machine": ["el2"]})
        self.assertTrue(one.fits(cell(arch="aarch64", first_boot="direct", machine="el2")))
        self.assertIn("is aarch64", one.obstacle(cell(arch="x86_64")))
        self.assertIn("first_boot direct", one.obstacle(cell(arch="aarch64", first_boot="efi", machine="el2")))

    def test_missing_keys(self):
        for key in ("description", "arch", "device-type", "method", "console"):
            self.refused(f"'{key}' is missing", **{key: None})
        self.refused("'device' is missing", console={})
        self.refused("needs 'commands'", commands=None)
        self.refused("needs 'qemu'", method="qemu", commands=None)

    def test_unknown_keys_are_named_with_the_known_ones(self):
        self.refused("unknown key 'colour'", "device-type", "timeouts", colour="red")
        self.refused("unknown key 'baud'", "speed", "[console]", console={"device": "ttyS2", "baud": 9600})
        self.refused("unknown key 'reboot'", "deploy, boot, test", timeouts={"reboot": 3})
        self.refused("no axis 'colour'", "payload", "machine", fits={"colour": ["red"]})
        self.refused("no axis 'arch'", fits={"arch": ["aarch64"]})

    def test_unknown_values_are_named_with_the_known_ones(self):
        self.refused("'riscv64'", "aarch64, x86_64", arch="riscv64")
        self.refused("'smoke'", "qemu, u-boot", method="smoke")
        self.refused("'elf'", "image, uimage, zimage", **{"kernel-type": "elf"})
        self.refused("machine has no value 'el3'", "el1", "el2", fits={"machine": ["el2", "el3"]})
        # x86_64's, on arm64.
        self.refused("machine has no value 'la57'", fits={"machine": ["la57"]})

    def test_wrong_types(self):
        for key, wrong in (("description", 3), ("arch", ["aarch64"]), ("device-type", True), ("method", {}),
                           ("commands", ["ramdisk"]), ("dtb", 4.5), ("console", "ttyS2"), ("fits", ["el2"]),
                           ("timeouts", 300), ("context", []), ("tags", "fast"), ("tags", [1])):
            self.refused(f"'{key}'", **{key: wrong})
        self.refused("'speed' is a text, not a number", console={"device": "ttyS2", "speed": "9600"})
        self.refused("'speed' is a boolean", console={"device": "ttyS2", "speed": True})
        self.refused("'machine' is a text, not a list", fits={"machine": "el2"})
        self.refused("'boot' is a fraction", timeouts={"boot": 1.5})
        self.refused("'extra' is a list", context={"extra": []})

    def test_values_out_of_bounds(self):
        self.refused("'boot' is 0, not 1 to", timeouts={"boot": 0})
        self.refused("'boot' is 864000", timeouts={"boot": 864000})
        self.refused("'speed' is -1", console={"device": "ttyS2", "speed": -1})
        self.refused("'device' is 'ttyS2; reboot'", console={"device": "ttyS2; reboot"})
        self.refused("'device-type'", **{"device-type": "../qemu"})
        self.refused("'description' is empty", description=" ")
        self.refused("not printable", commands="ram\ndisk")
        self.refused("'machine' is empty", fits={"machine": []})
        for outside in ("/etc/passwd", "../x.dtb", "a/../../x.dtb", "a//b"):
            self.refused("'dtb'", "below", dtb=outside)

    def test_keys_of_another_method(self):
        self.refused("'qemu' is not for method", qemu={"machine": "virt", "cpu": "max"})
        self.refused("'dtb' is not for method", method="qemu", commands=None, dtb="a.dtb",
                     qemu={"machine": "virt", "cpu": "max"})

    def test_names(self):
        for name in ("Board", "-x", "a b", "ä", ""):
            with self.assertRaises(board_files.BoardError):
                board_files.parse(name, table(), MATRIX, "x.toml")

    def test_files_that_are_none(self):
        with tempfile.TemporaryDirectory() as folder:
            folder = pathlib.Path(folder)
            for name, data in (("broken.toml", b"a = "), ("binary.toml", bytes(range(256))), ("empty.toml", b"")):
                (folder / name).write_bytes(data)
                with self.assertRaises(board_files.BoardError) as caught:
                    board_files.load(folder / name, MATRIX)
                self.assertIn(name, str(caught.exception))
            with self.assertRaises(board_files.BoardError):
                board_files.load(folder / "missing.toml", MATRIX)
            with self.assertRaises(board_files.BoardError):
                board_files.load_all(MATRIX, folder / "nothing")


if __name__ == "__main__":
    unittest.main()
