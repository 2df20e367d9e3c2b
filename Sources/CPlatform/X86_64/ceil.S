/* SPDX-License-Identifier: Apache-2.0 OR GPL-2.0-only */
/*
 * ceil(), for the standard library's hash tables. Code compiled without SSE passes a double on the stack and returns
 * it on the x87 stack, so C cannot say this.
 */
#if defined(__x86_64__) && !defined(__linux__)
	.text
	.globl	ceil
	.hidden	ceil
ceil:
	fldl	8(%rsp)
	sub	$8, %rsp
	fnstcw	(%rsp)
	movzwl	(%rsp), %eax
	and	$~0x0c00, %eax		/* rounding control: 2 is up */
	or	$0x0800, %eax
	mov	%ax, 4(%rsp)
	fldcw	4(%rsp)
	frndint
	fldcw	(%rsp)
	add	$8, %rsp
	ret
#endif
#if defined(__linux__) && defined(__ELF__)
	.section .note.GNU-stack, "", %progbits
#endif
