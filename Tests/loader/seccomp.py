# SPDX-License-Identifier: Apache-2.0 OR GPL-2.0-only
"""System calls answered by the test: a seccomp filter stands in front of the kernel.

No kernel is ever loaded or entered: kexec_file_load and reboot do not get past the filter.
"""

import ctypes
import errno
import platform
import struct

NUMBERS = {
    "x86_64": {"kexec_file_load": 320, "reboot": 169},
    "aarch64": {"kexec_file_load": 294, "reboot": 142},
}[platform.machine()]

PR_SET_NO_NEW_PRIVS = 38
PR_SET_SECCOMP = 22
MODE_FILTER = 2
ALLOW = 0x7FFF0000
ERRNO = 0x00050000

# Offsets in struct seccomp_data.
NUMBER = 0
ARGUMENTS = 16

# Classic BPF.
LOAD = 0x20  # BPF_LD | BPF_W | BPF_ABS
JUMP_EQUAL = 0x15  # BPF_JMP | BPF_JEQ | BPF_K
AND = 0x54  # BPF_ALU | BPF_AND | BPF_K
OR = 0x44  # BPF_ALU | BPF_OR | BPF_K
RETURN = 0x06  # BPF_RET | BPF_K
RETURN_A = 0x16  # BPF_RET | BPF_A


class Program(ctypes.Structure):
    _fields_ = [("length", ctypes.c_ushort), ("code", ctypes.c_void_p)]


def _instructions(load_answer, echo):
    yield (LOAD, 0, 0, NUMBER)
    if echo is None:
        yield (JUMP_EQUAL, 0, 1, NUMBERS["kexec_file_load"])
        yield (RETURN, 0, 0, ERRNO | load_answer)
    else:
        yield (JUMP_EQUAL, 0, 4, NUMBERS["kexec_file_load"])
        yield (LOAD, 0, 0, ARGUMENTS + 8 * echo)
        yield (AND, 0, 0, 0xFFF)
        yield (OR, 0, 0, ERRNO)
        yield (RETURN_A, 0, 0, 0)
    yield (JUMP_EQUAL, 0, 1, NUMBERS["reboot"])
    yield (RETURN, 0, 0, ERRNO | errno.EINVAL)
    yield (RETURN, 0, 0, ALLOW)


def install(load_answer=0, echo=None):
    """From now on kexec_file_load gives errno load_answer (0: it succeeds), or, with echo, the low twelve bits of its
    argument of that number as errno; reboot gives EINVAL."""
    code = b"".join(struct.pack("=HBBI", *instruction) for instruction in _instructions(load_answer, echo))
    buffer = ctypes.create_string_buffer(code, len(code))
    program = Program(len(code) // 8, ctypes.addressof(buffer))
    libc = ctypes.CDLL(None, use_errno=True)
    if libc.prctl(PR_SET_NO_NEW_PRIVS, 1, 0, 0, 0) or libc.prctl(PR_SET_SECCOMP, MODE_FILTER, ctypes.byref(program)):
        raise OSError(ctypes.get_errno(), "no seccomp filter")
