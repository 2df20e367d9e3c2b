/* SPDX-License-Identifier: Apache-2.0 OR GPL-2.0-only */
/*
 * efi_start_image(context, entry, image, system_table): saves what the caller's convention preserves, calls the
 * entry point, returns its status. efi_exit_image(context, status) comes back to the same place from below.
 */
	.text
	.globl efi_start_image
	.globl efi_exit_image
	.hidden efi_start_image
	.hidden efi_exit_image
	.type efi_start_image, %function
	.type efi_exit_image, %function

#if defined(__aarch64__)
	.p2align 2
efi_start_image:
	stp	x19, x20, [x0, #0]
	stp	x21, x22, [x0, #16]
	stp	x23, x24, [x0, #32]
	stp	x25, x26, [x0, #48]
	stp	x27, x28, [x0, #64]
	stp	x29, x30, [x0, #80]
	mov	x9, sp
	str	x9, [x0, #96]
	mov	x19, x0
	mov	x9, x1
	mov	x0, x2
	mov	x1, x3
	blr	x9
	mov	x1, x0
	mov	x0, x19
efi_exit_image:
	ldp	x19, x20, [x0, #0]
	ldp	x21, x22, [x0, #16]
	ldp	x23, x24, [x0, #32]
	ldp	x25, x26, [x0, #48]
	ldp	x27, x28, [x0, #64]
	ldp	x29, x30, [x0, #80]
	ldr	x9, [x0, #96]
	mov	sp, x9
	mov	x0, x1
	ret
#elif defined(__x86_64__)
	.p2align 4
efi_start_image:
	mov	%rbx, 0(%rdi)
	mov	%rbp, 8(%rdi)
	mov	%r12, 16(%rdi)
	mov	%r13, 24(%rdi)
	mov	%r14, 32(%rdi)
	mov	%r15, 40(%rdi)
	mov	(%rsp), %rax
	mov	%rax, 48(%rdi)
	lea	8(%rsp), %rax
	mov	%rax, 56(%rdi)
	mov	%rdi, %rbx
	mov	%rsi, %rax
	mov	%rcx, %r8
	mov	%rdx, %rcx		/* the Microsoft convention: ImageHandle in rcx, SystemTable in rdx */
	mov	%r8, %rdx
	and	$-16, %rsp
	sub	$32, %rsp		/* its shadow space */
	call	*%rax
	mov	%rax, %rsi
	mov	%rbx, %rdi
efi_exit_image:
	mov	0(%rdi), %rbx
	mov	8(%rdi), %rbp
	mov	16(%rdi), %r12
	mov	24(%rdi), %r13
	mov	32(%rdi), %r14
	mov	40(%rdi), %r15
	mov	56(%rdi), %rsp
	mov	%rsi, %rax
	jmp	*48(%rdi)
#endif
#if defined(__linux__) && defined(__ELF__)
	.section .note.GNU-stack, "", %progbits
#endif
