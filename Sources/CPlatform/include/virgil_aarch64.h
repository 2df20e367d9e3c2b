/* SPDX-License-Identifier: Apache-2.0 OR GPL-2.0-only */
/*
 * AArch64 instructions for Swift. System registers have the specification's names (Arm ARM, D19).
 */
#ifndef VIRGIL_AARCH64_H
#define VIRGIL_AARCH64_H

#include <stdbool.h>
#include <stdint.h>

/* The translation regime the emulator was entered in and stays in. */
enum virgil_regime {
	VIRGIL_REGIME_EL1 = 1,
	VIRGIL_REGIME_EL2 = 2,	   /* HCR_EL2.E2H = 0: the registers are those named _EL2 */
	VIRGIL_REGIME_EL2_VHE = 3, /* HCR_EL2.E2H = 1: the registers named _EL1 are EL2's, in EL1's format */
};
uint64_t virgil_regime(void);

#define VIRGIL_READ(name, reg)                                         \
	static inline uint64_t virgil_read_##name(void)                \
	{                                                              \
		uint64_t value;                                        \
		__asm__ volatile("mrs %0, " reg : "=r"(value)::"memory"); \
		return value;                                          \
	}
VIRGIL_READ(cntfrq_el0, "cntfrq_el0")
VIRGIL_READ(ctr_el0, "ctr_el0")
VIRGIL_READ(id_aa64isar0_el1, "id_aa64isar0_el1")
VIRGIL_READ(id_aa64mmfr0_el1, "id_aa64mmfr0_el1")
VIRGIL_READ(hcr_el2, "hcr_el2")
VIRGIL_READ(sctlr_el1, "sctlr_el1")
VIRGIL_READ(sctlr_el2, "sctlr_el2")
VIRGIL_READ(currentel, "CurrentEL")
#undef VIRGIL_READ

/* The virtual count: what a guest may always read. The barrier keeps it from being read early. */
static inline uint64_t virgil_counter(void)
{
	uint64_t value;
	__asm__ volatile("isb\n\tmrs %0, cntvct_el0" : "=r"(value)::"memory");
	return value;
}

/* RNDR (FEAT_RNG): false when no number came in time. */
static inline bool virgil_rndr(uint64_t *value)
{
	uint64_t ok;
	__asm__ volatile("mrs %0, s3_3_c2_c4_0\n\tcset %1, ne" : "=r"(*value), "=r"(ok)::"cc", "memory");
	return ok != 0;
}

static inline void virgil_wait(void) { __asm__ volatile("wfe" ::: "memory"); }
static inline void virgil_mask_interrupts(void) { __asm__ volatile("msr daifset, #0xf" ::: "memory"); }

/* Disables the generic timers that this exception level owns, so that none can fire. */
void virgil_stop_timers(void);

/* Table entries become visible to the walker before anything after this. */
static inline void virgil_table_barrier(void) { __asm__ volatile("dsb ishst\n\tisb" ::: "memory"); }
/* Forgets the translation of one page, in all address spaces of the regime; needs virgil_tlb_finish(). */
void virgil_tlb_invalidate_page(uint64_t address);
void virgil_tlb_invalidate_all(void);
static inline void virgil_tlb_finish(void) { __asm__ volatile("dsb ish\n\tisb" ::: "memory"); }
/*
 * Break before make (Arm ARM, D8.16.1): the entry is empty, and forgotten, before it gets its new value. Touches
 * nothing but registers and the entry in between, since the entry may be what maps the heap.
 */
void virgil_replace_entry(uint64_t entry, uint64_t value);

/* Data cache to the point of unification, then instruction cache (Arm ARM, B2.4.4). */
void virgil_synchronize_instructions(uint64_t address, uint64_t size);

/* A call of the firmware (Arm DEN 0028): function and argument in x0 and x1; returns x0, and x3 in *third. */
uint64_t virgil_smccc(bool is_smc, uint64_t function, uint64_t argument, uint64_t *third);

#endif
