/* SPDX-License-Identifier: Apache-2.0 OR GPL-2.0-only */
/* Holds the exception frame equal to what vectors.S stores. */
#include "virgil_exception.h"

#define AT(member, offset) \
	_Static_assert(__builtin_offsetof(struct virgil_exception_frame, member) == (offset), #member)

#if defined(__aarch64__)
#include "AArch64/registers.h"
AT(sp, FRAME_SP);
AT(pc, FRAME_PC);
AT(esr, FRAME_ESR);
AT(vector, FRAME_VECTOR);
AT(depth, FRAME_DEPTH);
_Static_assert(sizeof(struct virgil_exception_frame) == FRAME_SIZE && FRAME_SIZE % 16 == 0, "FRAME_SIZE");
#elif defined(__x86_64__)
#include "X86_64/registers.h"
AT(depth, FRAME_DEPTH);
AT(rax, 0x10);
AT(rbp, 0x40);
AT(r15, 0x80);
AT(vector, 0x88);
AT(pc, 0x98);
_Static_assert(sizeof(struct virgil_exception_frame) == 0xc0, "23 words and the depth");
#endif
