/* SPDX-License-Identifier: Apache-2.0 OR GPL-2.0-only */
/*
 * All of a CPU's general registers at the moment of an exception. The offsets are known to vectors.S of either
 * architecture; exceptions.c holds them equal.
 */
#ifndef VIRGIL_EXCEPTION_H
#define VIRGIL_EXCEPTION_H

#include <stdint.h>

#if defined(__aarch64__)
struct virgil_exception_frame {
	uint64_t x[31];	 /* 0x000 */
	uint64_t sp;	 /* 0x0f8 */
	uint64_t pc;	 /* 0x100 ELR */
	uint64_t pstate; /* 0x108 SPSR */
	uint64_t esr;	 /* 0x110 */
	uint64_t far;	 /* 0x118 */
	uint64_t vector; /* 0x120 0..15, in the vector table's order (Arm ARM, D1.3.1.5) */
	uint64_t depth;	 /* 0x128 0: not inside another exception */
};
#elif defined(__x86_64__)
struct virgil_exception_frame {
	uint64_t depth; /* 0x00 0: not inside another exception */
	uint64_t cr2;	/* 0x08 */
	uint64_t rax, rbx, rcx, rdx, rsi, rdi, rbp;	 /* 0x10 */
	uint64_t r8, r9, r10, r11, r12, r13, r14, r15;	 /* 0x48 */
	uint64_t vector, error;				 /* 0x88 */
	uint64_t pc, cs, flags, sp, ss;			 /* 0x98 pushed by the CPU */
};
#endif

#endif
