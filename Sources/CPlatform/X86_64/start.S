/* SPDX-License-Identifier: Apache-2.0 OR GPL-2.0-only */
/*
 * The blob header and the way from it to virgil_main().
 *
 * Entered in 64-bit mode with paging on and the memory of this image mapped one to one; kexec leaves SSE off and
 * descriptor tables that the map does not even cover.
 *
 *     r12 argument   r13 entry kind
 */
#if defined(__x86_64__) && !defined(__linux__)
#include "registers.h"

	.section .head, "ax", @progbits
	.globl	_start
	.hidden	_start
_start:					/* struct virgil_blob_header */
	jmp	start_carried
	.org	_start + 8, 0xcc
	jmp	start_resident
	.org	_start + 16, 0xcc
	.quad	0x424f4c424c475256	/* magic */
	.long	2			/* version */
	.long	0x88			/* header_size */
	.quad	__file_end - _start
	.quad	__image_end - _start
	.quad	0, 0			/* runtime_offset, runtime_size */
	.quad	0			/* carried_offset */
	.long	0x8664			/* machine */
	.long	0			/* flags */
	.fill	32, 1, 0		/* build_id */
	.quad	__head_end - _start
	.quad	0, 0			/* packed_size, unpacked_size */

	.text
start_resident:
	mov	%rdi, %r12
	mov	$1, %r13d
	jmp	1f
start_carried:
	mov	%rsi, %r12
	xor	%r13d, %r13d
1:	cli
	cld
	lea	__stack_top(%rip), %rsp
	mov	%rsp, %rdi		/* the stack, below it, needs no clearing */
	lea	__bss_end(%rip), %rcx
	sub	%rdi, %rcx
	shr	$3, %rcx
	xor	%eax, %eax
	rep stosq
	call	unpack_image
	call	relocate

	xor	%ebp, %ebp		/* the backtrace ends here */
	mov	%r12, %rdi
	mov	%r13, %rsi
	call	virgil_prepare		/* rax: the root table */
	mov	%cr4, %rcx
	and	$(CR4_MCE | CR4_LA57), %rcx	/* not ours to choose: confidential guests, and the mode of paging */
	or	$(CR4_PAE | CR4_OSFXSR | CR4_OSXMMEXCPT), %rcx
	mov	%rcx, %cr4		/* without PGE: no translation outlives the next line */
	mov	%rax, %cr3
	mov	%cr0, %rax
	and	$~(CR0_EM | CR0_TS | CR0_CD | CR0_NW | CR0_AM), %rax
	or	$(CR0_WP | CR0_MP | CR0_NE), %rax
	mov	%rax, %cr0
	fninit
	pushq	$0x1f80			/* all SSE exceptions masked */
	ldmxcsr	(%rsp)
	add	$8, %rsp

	lgdt	virgil_gdt_register(%rip)
	lea	2f(%rip), %rax
	pushq	$SELECTOR_CODE
	push	%rax
	lretq
2:	mov	$SELECTOR_DATA, %eax
	mov	%eax, %ds
	mov	%eax, %es
	mov	%eax, %ss
	xor	%eax, %eax
	mov	%eax, %fs
	mov	%eax, %gs
	lidt	virgil_idt_register(%rip)
	mov	$SELECTOR_TSS, %eax
	ltr	%ax

	call	virgil_ready
	mov	%r13, %rdi
	mov	%r12, %rsi
	call	virgil_main
	jmp	virgil_reset

/*
 * Adds the load address to each word that RELR names: an even entry is the offset of one word, an odd one a bitmap
 * of the 63 words that follow the last.
 */
relocate:
	lea	__relr_start(%rip), %rsi
	lea	__relr_end(%rip), %rdi
	lea	_start(%rip), %rdx
	mov	%rdx, %rbx
1:	cmp	%rdi, %rsi
	jae	5f
	lodsq
	test	$1, %al
	jnz	2f
	lea	(%rdx, %rax), %rbx
	add	%rdx, (%rbx)
	add	$8, %rbx
	jmp	1b
2:	mov	%rbx, %rcx
3:	shr	$1, %rax
	jz	4f
	test	$1, %al
	jz	6f
	add	%rdx, (%rcx)
6:	add	$8, %rcx
	jmp	3b
4:	add	$(63 * 8), %rbx
	jmp	1b
5:	ret

	.globl	virgil_triple_fault
	.hidden	virgil_triple_fault
	.globl	virgil_reset
	.hidden	virgil_reset
virgil_reset:
virgil_triple_fault:
	pushq	$0
	pushq	$0
	lidt	(%rsp)
	ud2
	hlt
	jmp	virgil_triple_fault
#elif defined(__x86_64__)
	.text
	.globl	virgil_triple_fault
	.hidden	virgil_triple_fault
virgil_triple_fault:
	ud2
#endif
#if defined(__linux__) && defined(__ELF__)
	.section .note.GNU-stack, "", %progbits
#endif
