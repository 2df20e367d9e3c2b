/* SPDX-License-Identifier: Apache-2.0 OR GPL-2.0-only */
/*
 * One stub for each of the 32 exceptions, 16 bytes apart, and the common path that saves all general registers.
 */
#if defined(__x86_64__) && !defined(__linux__)
#include "registers.h"

	.text
	.p2align 4
	.globl	virgil_vectors
	.hidden	virgil_vectors
virgil_vectors:
	.set	index, 0
	.rept	32
	.p2align 4
	/* 8, 10-14, 17, 21, 29 and 30 come with an error code (Intel SDM, volume 3, 6.15; AMD APM, volume 2, 8.2) */
	.if (0x60227d00 >> index & 1) == 0
	pushq	$0
	.endif
	pushq	$index
	jmp	common
	.set	index, index + 1
	.endr

common:
	push	%r15
	push	%r14
	push	%r13
	push	%r12
	push	%r11
	push	%r10
	push	%r9
	push	%r8
	push	%rbp
	push	%rdi
	push	%rsi
	push	%rdx
	push	%rcx
	push	%rbx
	push	%rax
	mov	%cr2, %rax
	push	%rax
	cld
	mov	virgil_exception_depth(%rip), %rax
	push	%rax
	mov	%rsp, %rbx		/* struct virgil_exception_frame */
	incq	virgil_exception_depth(%rip)
	subq	$IST_STEP, virgil_tss + TSS_IST1(%rip)
	and	$-16, %rsp
	xor	%ebp, %ebp
	mov	%rbx, %rdi
	call	virgil_exception
	test	%eax, %eax
	jz	virgil_reset
	addq	$IST_STEP, virgil_tss + TSS_IST1(%rip)
	decq	virgil_exception_depth(%rip)
	mov	%rbx, %rsp
	add	$16, %rsp		/* depth, cr2 */
	pop	%rax
	pop	%rbx
	pop	%rcx
	pop	%rdx
	pop	%rsi
	pop	%rdi
	pop	%rbp
	pop	%r8
	pop	%r9
	pop	%r10
	pop	%r11
	pop	%r12
	pop	%r13
	pop	%r14
	pop	%r15
	add	$16, %rsp		/* vector, error */
	iretq
#endif
#if defined(__linux__) && defined(__ELF__)
	.section .note.GNU-stack, "", %progbits
#endif
