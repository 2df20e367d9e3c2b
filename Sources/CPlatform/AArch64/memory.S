/* SPDX-License-Identifier: Apache-2.0 OR GPL-2.0-only */
/*
 * memcpy, memmove, memset and memcmp for mapped, normal memory: 64 bytes a turn, unaligned where they are. No FP
 * register is used, so an exception handler may call them.
 */
#if defined(__aarch64__) && !defined(__linux__)
	.macro	function name
	.globl	\name
	.hidden	\name
	.type	\name, %function
\name:
	.endm

	.text
	.p2align 4
	function memcpy
	function memmove
	sub	x3, x0, x1
	cmp	x3, x2			/* unsigned: below only when the target starts inside the source */
	b.lo	backward
	mov	x3, x0
	b	2f
1:	ldp	x4, x5, [x1]
	ldp	x6, x7, [x1, #16]
	ldp	x8, x9, [x1, #32]
	ldp	x10, x11, [x1, #48]
	add	x1, x1, #64
	stp	x4, x5, [x3]
	stp	x6, x7, [x3, #16]
	stp	x8, x9, [x3, #32]
	stp	x10, x11, [x3, #48]
	add	x3, x3, #64
2:	subs	x2, x2, #64
	b.hs	1b
	tbz	x2, #5, 3f		/* the low six bits are still the rest */
	ldp	x4, x5, [x1]
	ldp	x6, x7, [x1, #16]
	add	x1, x1, #32
	stp	x4, x5, [x3]
	stp	x6, x7, [x3, #16]
	add	x3, x3, #32
3:	tbz	x2, #4, 4f
	ldp	x4, x5, [x1], #16
	stp	x4, x5, [x3], #16
4:	tbz	x2, #3, 5f
	ldr	x4, [x1], #8
	str	x4, [x3], #8
5:	tbz	x2, #2, 6f
	ldr	w4, [x1], #4
	str	w4, [x3], #4
6:	tbz	x2, #1, 7f
	ldrh	w4, [x1], #2
	strh	w4, [x3], #2
7:	tbz	x2, #0, 8f
	ldrb	w4, [x1]
	strb	w4, [x3]
8:	ret

backward:
	add	x1, x1, x2
	add	x3, x0, x2
	b	2f
1:	ldp	x4, x5, [x1, #-16]
	ldp	x6, x7, [x1, #-32]
	ldp	x8, x9, [x1, #-48]
	ldp	x10, x11, [x1, #-64]!
	stp	x4, x5, [x3, #-16]
	stp	x6, x7, [x3, #-32]
	stp	x8, x9, [x3, #-48]
	stp	x10, x11, [x3, #-64]!
2:	subs	x2, x2, #64
	b.hs	1b
	tbz	x2, #5, 3f
	ldp	x4, x5, [x1, #-16]
	ldp	x6, x7, [x1, #-32]!
	stp	x4, x5, [x3, #-16]
	stp	x6, x7, [x3, #-32]!
3:	tbz	x2, #4, 4f
	ldp	x4, x5, [x1, #-16]!
	stp	x4, x5, [x3, #-16]!
4:	tbz	x2, #3, 5f
	ldr	x4, [x1, #-8]!
	str	x4, [x3, #-8]!
5:	tbz	x2, #2, 6f
	ldr	w4, [x1, #-4]!
	str	w4, [x3, #-4]!
6:	tbz	x2, #1, 7f
	ldrh	w4, [x1, #-2]!
	strh	w4, [x3, #-2]!
7:	tbz	x2, #0, 8f
	ldrb	w4, [x1, #-1]
	strb	w4, [x3, #-1]
8:	ret

	.p2align 4
	function memset
	and	x1, x1, #0xff
	mov	x4, #0x0101010101010101
	mul	x4, x4, x1
	mov	x3, x0
	b	2f
1:	stp	x4, x4, [x3]
	stp	x4, x4, [x3, #16]
	stp	x4, x4, [x3, #32]
	stp	x4, x4, [x3, #48]
	add	x3, x3, #64
2:	subs	x2, x2, #64
	b.hs	1b
	tbz	x2, #5, 3f
	stp	x4, x4, [x3], #16
	stp	x4, x4, [x3], #16
3:	tbz	x2, #4, 4f
	stp	x4, x4, [x3], #16
4:	tbz	x2, #3, 5f
	str	x4, [x3], #8
5:	tbz	x2, #2, 6f
	str	w4, [x3], #4
6:	tbz	x2, #1, 7f
	strh	w4, [x3], #2
7:	tbz	x2, #0, 8f
	strb	w4, [x3]
8:	ret

	.p2align 4
	function memcmp
	b	2f
1:	ldr	x3, [x0], #8
	ldr	x4, [x1], #8
	cmp	x3, x4
	b.ne	5f
2:	subs	x2, x2, #8
	b.hs	1b
	adds	x2, x2, #8
	b.eq	4f
3:	ldrb	w3, [x0], #1
	ldrb	w4, [x1], #1
	subs	w3, w3, w4
	b.ne	6f
	subs	x2, x2, #1
	b.ne	3b
4:	mov	w0, #0
	ret
5:	rev	x3, x3			/* the first differing byte becomes the highest */
	rev	x4, x4
	cmp	x3, x4
	cset	w0, hi
	csinv	w0, w0, wzr, hs		/* 1 above, 0 equal, -1 below */
	ret
6:	mov	w0, w3
	ret
#endif
#if defined(__linux__) && defined(__ELF__)
	.section .note.GNU-stack, "", %progbits
#endif
