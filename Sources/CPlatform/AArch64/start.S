/* SPDX-License-Identifier: Apache-2.0 OR GPL-2.0-only */
/*
 * The blob header and the way from it to virgil_main().
 *
 * On entry the MMU and the data cache are usually off, SP, VBAR, TTBR0 and TCR hold what the first kernel left, and
 * interrupts are masked. With the MMU off every access is to Device memory: it must be aligned, and it goes past
 * the cache. What lies in the cache for the same addresses is stale afterwards, hence the invalidations.
 *
 *     x20 argument   x21 entry kind   x22 translation regime
 */
#if defined(__aarch64__) && !defined(__linux__)
#include "registers.h"

	.section .head, "ax", %progbits
	.globl	_start
	.hidden	_start
_start:					/* struct virgil_blob_header */
	b	start_carried
	nop
	b	start_resident
	nop
	.quad	0x424f4c424c475256	/* magic */
	.long	2			/* version */
	.long	0x88			/* header_size */
	.quad	__file_end - _start
	.quad	__image_end - _start
	.quad	0, 0			/* runtime_offset, runtime_size */
	.quad	0			/* carried_offset */
	.long	0xaa64			/* machine */
	.long	0			/* flags */
	.fill	32, 1, 0		/* build_id */
	.quad	__head_end - _start
	.quad	0, 0			/* packed_size, unpacked_size */

	.macro	address register, symbol
	adrp	\register, \symbol
	add	\register, \register, :lo12:\symbol
	.endm

	/* operation on each data cache line of [x0, x1); spoils x0, x2, x3 */
	.macro	cache_lines operation
	mrs	x3, ctr_el0
	ubfx	x3, x3, #16, #4		/* DminLine: log2 of words */
	mov	x2, #4
	lsl	x2, x2, x3
	sub	x3, x2, #1
	bic	x0, x0, x3
1:	cmp	x0, x1
	b.hs	2f
	dc	\operation, x0
	add	x0, x0, x2
	b	1b
2:	dsb	sy
	.endm

	.text
start_resident:
	mov	x21, #1
	b	start
start_carried:
	mov	x21, #0
start:
	msr	daifset, #0xf
	mov	x20, x0
	mov	x22, #REGIME_EL1
	mrs	x9, CurrentEL
	cmp	x9, #(2 << 2)
	b.ne	1f
	mrs	x9, hcr_el2
	ubfx	x9, x9, #34, #1		/* E2H */
	add	x22, x9, #REGIME_EL2
1:	address	x10, virgil_vectors
	cmp	x22, #REGIME_EL2
	b.eq	2f
	msr	vbar_el1, x10
	mrs	x19, sctlr_el1
	b	3f
2:	msr	vbar_el2, x10
	mrs	x19, sctlr_el2
3:	isb
	msr	spsel, #1
	tbz	x19, #0, mmu_off

	/*
	 * The MMU is on, and since this runs at its physical address the map is one to one here. What was written
	 * through the cache must be in memory before the cache is off: this image, and the head of the argument,
	 * which is read before the MMU is on again.
	 */
	address	x0, _start
	address	x1, __file_end
	cache_lines civac
	cbz	x20, 4f
	mov	x0, x20
	add	x1, x20, #64
	cache_lines civac
4:	mov	x9, #0x1005		/* M, C, I */
	bic	x19, x19, x9
	cmp	x22, #REGIME_EL2
	b.eq	5f
	msr	sctlr_el1, x19
	b	6f
5:	msr	sctlr_el2, x19
6:	isb
	ic	iallu
	dsb	nsh
	isb

mmu_off:
	address	x0, __bss_start
	address	x1, __bss_end
	cache_lines ivac		/* nothing dirty may be written back over what follows */
	address	x9, __stack_top
	mov	sp, x9
	address	x1, __bss_end
7:	cmp	x9, x1			/* the stack, below x9, needs no clearing */
	b.hs	8f
	stp	xzr, xzr, [x9], #16
	b	7b
8:	mov	x0, x20
	mov	x1, x21
	mov	x2, x22
	bl	virgil_prepare		/* x0: struct boot_registers */
	ldp	x4, x5, [x0]		/* ttbr0, mair */
	ldp	x6, x7, [x0, #16]	/* tcr, sctlr */
	address	x0, _start
	address	x1, __image_end
	cache_lines ivac
	bl	turn_on

	bl	unpack_image
	bl	relocate
	bl	stage1_seal
	bl	forget_translations
	address	x0, _start
	address	x1, __text_end
	cache_lines cvau		/* what was unpacked is about to be executed */
	ic	iallu
	dsb	nsh
	isb

	mov	x29, #0			/* the backtrace ends here */
	mov	x30, #0
	bl	virgil_ready
	mov	x0, x21
	mov	x1, x20
	bl	virgil_main
	b	virgil_reset

/* Sets the regime's registers to x4 ttbr0, x5 mair, x6 tcr, x7 sctlr and allows FP and SIMD. */
turn_on:
	cmp	x22, #REGIME_EL2
	b.eq	1f
	msr	mair_el1, x5
	msr	tcr_el1, x6
	msr	ttbr0_el1, x4
	mrs	x8, cpacr_el1
	orr	x8, x8, #(3 << 20)	/* FPEN */
	msr	cpacr_el1, x8
	b	2f
1:	msr	mair_el2, x5
	msr	tcr_el2, x6
	msr	ttbr0_el2, x4
	mrs	x8, cptr_el2
	bic	x8, x8, #(1 << 10)	/* TFP */
	msr	cptr_el2, x8
2:	isb
	mov	x9, x30
	bl	forget_translations
	ic	iallu
	dsb	nsh
	isb
	cmp	x22, #REGIME_EL2
	b.eq	3f
	msr	sctlr_el1, x7
	isb
	ret	x9
3:	msr	sctlr_el2, x7
	isb
	ret	x9

/* After the tables have changed. */
forget_translations:
	dsb	ishst
	cmp	x22, #REGIME_EL1
	b.ne	1f
	tlbi	vmalle1
	b	2f
1:	tlbi	alle2
2:	dsb	nsh
	isb
	ret

/*
 * Adds the load address to each word that RELR names: an even entry is the offset of one word, an odd one a bitmap
 * of the 63 words that follow the last.
 */
relocate:
	address	x0, __relr_start
	address	x1, __relr_end
	address	x2, _start
	mov	x3, x2
1:	cmp	x0, x1
	b.hs	5f
	ldr	x4, [x0], #8
	tbnz	x4, #0, 2f
	add	x3, x2, x4
	ldr	x5, [x3]
	add	x5, x5, x2
	str	x5, [x3], #8
	b	1b
2:	mov	x6, x3
	lsr	x4, x4, #1
3:	cbz	x4, 4f
	tbz	x4, #0, 6f
	ldr	x5, [x6]
	add	x5, x5, x2
	str	x5, [x6]
6:	add	x6, x6, #8
	lsr	x4, x4, #1
	b	3b
4:	add	x3, x3, #(63 * 8)
	b	1b
5:	ret

/* The last resort: by PSCI, without the Swift side's knowledge of the conduit. */
	.globl	virgil_reset
	.hidden	virgil_reset
virgil_reset:
	mov	w0, #(PSCI_SYSTEM_RESET & 0xffff)
	movk	w0, #(PSCI_SYSTEM_RESET >> 16), lsl #16
	mrs	x9, CurrentEL
	cmp	x9, #(2 << 2)
	b.eq	1f
	hvc	#0
	b	2f
1:	smc	#0
2:	wfe
	b	2b
#endif
#if defined(__linux__) && defined(__ELF__)
	.section .note.GNU-stack, "", %progbits
#endif
