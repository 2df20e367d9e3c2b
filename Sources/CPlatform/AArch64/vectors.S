/* SPDX-License-Identifier: Apache-2.0 OR GPL-2.0-only */
/*
 * The vector table. Virgil and its payloads run on SP_ELx, whose value may be the very reason of the exception. So
 * a handler switches to SP_EL0, which it points at a stack of its own. An exception inside a handler then comes
 * in by the table's first group ("current EL with SP_EL0") and gets a second stack: the first frame survives.
 *
 * TPIDRRO_EL0 is the one scratch register: nothing above EL0 reads it for another purpose.
 */
#if defined(__aarch64__) && !defined(__linux__)
#include "registers.h"

	.macro	vector index, stack, depth, nested
	.p2align 7
	msr	tpidrro_el0, x0
	adrp	x0, \stack
	add	x0, x0, :lo12:\stack
	.if \nested
	mov	sp, x0			/* SP_ELx: its value is lost, so such an exception is not resumed */
	.else
	msr	sp_el0, x0
	msr	spsel, #0
	.endif
	mrs	x0, tpidrro_el0
	sub	sp, sp, #FRAME_SIZE
	stp	x0, x1, [sp]
	mov	x0, #\index
	mov	x1, #\depth
	stp	x0, x1, [sp, #FRAME_VECTOR]
	b	save_\depth
	.endm

	.text
	.p2align 11
	.globl	virgil_vectors
	.hidden	virgil_vectors
virgil_vectors:
	.irp	index, 0, 1, 2, 3
	vector	\index, virgil_nested_stack_top, 1, 1
	.endr
	.irp	index, 4, 5, 6, 7, 8, 9, 10, 11, 12, 13, 14, 15
	vector	\index, virgil_exception_stack_top, 0, 0
	.endr

	.p2align 7
save_0:
	msr	spsel, #1		/* the interrupted code's stack pointer */
	mov	x1, sp
	msr	spsel, #0
	b	save
save_1:
	mrs	x1, sp_el0
save:
	str	x1, [sp, #FRAME_SP]
	stp	x2, x3, [sp, #0x10]
	stp	x4, x5, [sp, #0x20]
	stp	x6, x7, [sp, #0x30]
	stp	x8, x9, [sp, #0x40]
	stp	x10, x11, [sp, #0x50]
	stp	x12, x13, [sp, #0x60]
	stp	x14, x15, [sp, #0x70]
	stp	x16, x17, [sp, #0x80]
	stp	x18, x19, [sp, #0x90]
	stp	x20, x21, [sp, #0xa0]
	stp	x22, x23, [sp, #0xb0]
	stp	x24, x25, [sp, #0xc0]
	stp	x26, x27, [sp, #0xd0]
	stp	x28, x29, [sp, #0xe0]
	str	x30, [sp, #0xf0]
	bl	virgil_regime		/* the stack is sane now: x0 is the regime */
	cmp	x0, #REGIME_EL2
	b.eq	1f
	mrs	x2, elr_el1
	mrs	x3, spsr_el1
	mrs	x4, esr_el1
	mrs	x5, far_el1
	b	2f
1:	mrs	x2, elr_el2
	mrs	x3, spsr_el2
	mrs	x4, esr_el2
	mrs	x5, far_el2
2:	stp	x2, x3, [sp, #FRAME_PC]
	stp	x4, x5, [sp, #FRAME_ESR]
	mov	x0, sp
	mov	x29, #0
	bl	virgil_exception
	ldr	x1, [sp, #FRAME_DEPTH]
	cbnz	x1, 3f
	cbz	w0, 3f

	bl	virgil_regime
	ldp	x2, x3, [sp, #FRAME_PC]
	cmp	x0, #REGIME_EL2
	b.eq	4f
	msr	elr_el1, x2
	msr	spsr_el1, x3
	b	5f
4:	msr	elr_el2, x2
	msr	spsr_el2, x3
5:	ldp	x0, x1, [sp]
	ldp	x2, x3, [sp, #0x10]
	ldp	x4, x5, [sp, #0x20]
	ldp	x6, x7, [sp, #0x30]
	ldp	x8, x9, [sp, #0x40]
	ldp	x10, x11, [sp, #0x50]
	ldp	x12, x13, [sp, #0x60]
	ldp	x14, x15, [sp, #0x70]
	ldp	x16, x17, [sp, #0x80]
	ldp	x18, x19, [sp, #0x90]
	ldp	x20, x21, [sp, #0xa0]
	ldp	x22, x23, [sp, #0xb0]
	ldp	x24, x25, [sp, #0xc0]
	ldp	x26, x27, [sp, #0xd0]
	ldp	x28, x29, [sp, #0xe0]
	ldr	x30, [sp, #0xf0]
	eret				/* SPSR selects SP_ELx again, whose value was never touched */
3:	b	virgil_reset

	.bss
	.p2align 4
	.skip	0x2000
virgil_nested_stack_top:
	.skip	0x8000
virgil_exception_stack_top:
#endif
#if defined(__linux__) && defined(__ELF__)
	.section .note.GNU-stack, "", %progbits
#endif
