/* SPDX-License-Identifier: Apache-2.0 OR GPL-2.0-only */
/* Constants of x86-64 that assembly and C share (Intel SDM, volume 3, 2.5). */
#ifndef VIRGIL_X86_64_REGISTERS_H
#define VIRGIL_X86_64_REGISTERS_H

#define CR0_MP (1 << 1)
#define CR0_EM (1 << 2)
#define CR0_TS (1 << 3)
#define CR0_NE (1 << 5)
#define CR0_WP (1 << 16)
#define CR0_AM (1 << 18)
#define CR0_NW (1 << 29)
#define CR0_CD (1 << 30)
#define CR4_PAE (1 << 5)
#define CR4_MCE (1 << 6)
#define CR4_OSFXSR (1 << 9)
#define CR4_OSXMMEXCPT (1 << 10)
#define CR4_LA57 (1 << 12)

#define SELECTOR_CODE 0x08
#define SELECTOR_DATA 0x10
#define SELECTOR_TSS 0x18

/*
 * Interrupt stacks, numbered as in the TSS. Each is one step for every exception that may be inside another: the
 * handler moves the TSS's pointer down by a step while it runs, so that a second exception spares the first frame.
 */
#define IST_FAULT 1
#define IST_DOUBLE 2
#define IST_NMI 3
#define IST_STEP 0x4000
#define TSS_IST1 0x24

#define FRAME_DEPTH 0x00

#endif
