/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * Where the kernel enters the program: argc, and the argument vector behind it, lie on the stack.
 */
	.text
	.globl	_start
	.type	_start, %function
_start:
#if defined(__x86_64__)
	xorl	%ebp, %ebp
	movl	(%rsp), %edi
	leaq	8(%rsp), %rsi
	andq	$-16, %rsp
	call	start
	hlt
#elif defined(__aarch64__)
	mov	x29, xzr
	mov	x30, xzr
	ldr	w0, [sp]
	add	x1, sp, #8
	bl	start
	brk	#0
#endif
	.size	_start, . - _start
	.section .note.GNU-stack, "", %progbits
