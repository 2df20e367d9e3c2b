/* SPDX-License-Identifier: Apache-2.0 OR GPL-2.0-only */
#if defined(__aarch64__)
#include "virgil_platform.h"

#if defined(__linux__)
uint64_t virgil_regime(void) { return VIRGIL_REGIME_EL1; }
#endif

/*
 * With E2H = 1 the EL1 operations would reach a guest's regime unless TGE is set; the EL2 ones always mean ours.
 */
void virgil_tlb_invalidate_page(uint64_t address)
{
	uint64_t page = address >> 12 & ((1ULL << 44) - 1);

	if (virgil_regime() == VIRGIL_REGIME_EL1)
		__asm__ volatile("dsb ishst\n\ttlbi vaae1is, %0" ::"r"(page) : "memory");
	else
		__asm__ volatile("dsb ishst\n\ttlbi vae2is, %0" ::"r"(page) : "memory");
}

void virgil_tlb_invalidate_all(void)
{
	if (virgil_regime() == VIRGIL_REGIME_EL1)
		__asm__ volatile("dsb ishst\n\ttlbi vmalle1is\n\tdsb ish\n\tisb" ::: "memory");
	else
		__asm__ volatile("dsb ishst\n\ttlbi alle2is\n\tdsb ish\n\tisb" ::: "memory");
}

void virgil_replace_entry(uint64_t entry, uint64_t value)
{
	if (virgil_regime() == VIRGIL_REGIME_EL1)
		__asm__ volatile("dsb ishst\n\tstr xzr, [%0]\n\tdsb ishst\n\ttlbi vmalle1is\n\tdsb ish\n\tisb\n\t"
				 "str %1, [%0]\n\tdsb ishst\n\tisb" ::"r"(entry), "r"(value) : "memory");
	else
		__asm__ volatile("dsb ishst\n\tstr xzr, [%0]\n\tdsb ishst\n\ttlbi alle2is\n\tdsb ish\n\tisb\n\t"
				 "str %1, [%0]\n\tdsb ishst\n\tisb" ::"r"(entry), "r"(value) : "memory");
}

void virgil_synchronize_instructions(uint64_t address, uint64_t size)
{
	uint64_t ctr = virgil_read_ctr_el0();
	uint64_t data = 4ULL << (ctr >> 16 & 0xf), instruction = 4ULL << (ctr & 0xf);
	uint64_t end = address + size;

	if (size == 0 || end < address)
		return;
	for (uint64_t line = address & -data; line < end; line += data)
		__asm__ volatile("dc cvau, %0" ::"r"(line) : "memory");
	__asm__ volatile("dsb ish" ::: "memory");
	for (uint64_t line = address & -instruction; line < end; line += instruction)
		__asm__ volatile("ic ivau, %0" ::"r"(line) : "memory");
	__asm__ volatile("dsb ish\n\tisb" ::: "memory");
}

/* Bit 1 is IMASK, bit 0 ENABLE (Arm ARM, D24.10). With E2H = 1 these names are the EL2 timers'. */
void virgil_stop_timers(void)
{
	uint64_t stopped = 2;

	__asm__ volatile("msr cntp_ctl_el0, %0\n\tmsr cntv_ctl_el0, %0" ::"r"(stopped));
	if (virgil_regime() == VIRGIL_REGIME_EL2)
		__asm__ volatile("msr cnthp_ctl_el2, %0" ::"r"(stopped));
	__asm__ volatile("isb");
}

uint64_t virgil_smccc(bool is_smc, uint64_t function, uint64_t argument, uint64_t *third)
{
	register uint64_t x0 __asm__("x0") = function;
	register uint64_t x1 __asm__("x1") = argument;
	register uint64_t x3 __asm__("x3");

	/* SMCCC 1.0 lets the callee change x4 to x17, too. */
#define CALL(instruction)                                                                                          \
	__asm__ volatile(instruction " #0" : "+r"(x0), "+r"(x1), "=r"(x3)::"x2", "x4", "x5", "x6", "x7", "x8", "x9",  \
			 "x10", "x11", "x12", "x13", "x14", "x15", "x16", "x17", "memory")
	if (is_smc)
		CALL("smc");
	else
		CALL("hvc");
#undef CALL
	*third = x3;
	return x0;
}
#endif
