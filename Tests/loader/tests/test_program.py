# SPDX-License-Identifier: Apache-2.0 OR GPL-2.0-only
"""The program as a file: static, small, the same each time."""

import struct
import unittest

import loader

MACHINES = {"aarch64": 183, "x86_64": 62}
LOAD, DYNAMIC, INTERPRETER = 1, 2, 3


class ProgramFile(unittest.TestCase):
    def test_it_needs_nothing_and_is_small(self):
        for arch, machine in MACHINES.items():
            with self.subTest(arch):
                if not loader.compiler(arch):
                    self.skipTest(f"no compiler for {arch}")
                data = loader.build(f"program-{arch}", arch).read_bytes()
                self.assertEqual(data[:5], b"\x7fELF\x02")
                self.assertEqual(struct.unpack_from("<H", data, 18)[0], machine)
                start, number = struct.unpack_from("<Q", data, 32)[0], struct.unpack_from("<H", data, 56)[0]
                headers = [struct.unpack_from("<IIQQQQQQ", data, start + 56 * index) for index in range(number)]
                self.assertFalse({DYNAMIC, INTERPRETER} & {header[0] for header in headers})
                for kind, flags, *_, align in headers:
                    # Never writable and executable; arm64's pages may have 64 KiB.
                    self.assertNotEqual(flags & 3, 3)
                    if kind == LOAD and arch == "aarch64":
                        self.assertGreaterEqual(align, 0x10000)
                self.assertLess(len(data), 16384)

    def test_the_same_sources_give_the_same_bytes(self):
        for arch in MACHINES:
            with self.subTest(arch):
                if not loader.compiler(arch):
                    self.skipTest(f"no compiler for {arch}")
                self.assertEqual(loader.build(f"one-{arch}", arch).read_bytes(),
                                 loader.build(f"other-{arch}", arch).read_bytes())
