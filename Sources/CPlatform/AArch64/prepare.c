/* SPDX-License-Identifier: Apache-2.0 OR GPL-2.0-only */
/*
 * Runs with the MMU off: every access here is aligned, and there is no memcpy.
 */
#if defined(__aarch64__) && !defined(__linux__)
#include "../argument.h"
#include "../stage1.h"
#include "registers.h"
#include "virgil_platform.h"

/* What start.S loads: the order is known there. */
struct boot_registers {
	uint64_t ttbr0, mair, tcr, sctlr;
};

static struct boot_registers registers;
static uint64_t regime;

uint64_t virgil_regime(void) { return regime; }

/*
 * Stage 1 descriptors (Arm ARM, D8.3). EL2 without VHE has one privilege level: XN is bit 54 and bit 53 is
 * reserved; AP[1] is RES1. Elsewhere AP[1] = 0 keeps EL0 out, and UXN is set because EL0 never runs.
 */
#define VALID_PAGE 0x3ULL
#define VALID_TABLE 0x3ULL
#define ATTRIBUTE_NORMAL (1ULL << 2) /* MAIR index 1 */
#define AP_EL0 (1ULL << 6)
#define AP_READ_ONLY (1ULL << 7)
#define INNER_SHAREABLE (3ULL << 8)
#define ACCESS_FLAG (1ULL << 10)
#define PXN (1ULL << 53)
#define UXN (1ULL << 54)

uint64_t stage1_table(uint64_t address) { return address | VALID_TABLE; }

uint64_t stage1_page(uint64_t address, enum stage1_access access)
{
	uint64_t entry = address | VALID_PAGE | ATTRIBUTE_NORMAL | INNER_SHAREABLE | ACCESS_FLAG;
	uint64_t never = regime == REGIME_EL2 ? UXN : UXN | PXN;

	if (regime == REGIME_EL2)
		entry |= AP_EL0;
	else
		entry |= UXN;
	if (access != STAGE1_WRITE)
		entry |= AP_READ_ONLY;
	if (access != STAGE1_EXECUTE)
		entry |= never;
	return entry;
}

/* The size of a flattened device tree: a big-endian word after the magic (Devicetree Specification, 5.2). */
static uint64_t device_tree_size(uint64_t argument)
{
	const volatile uint32_t *word = (const volatile uint32_t *)(uintptr_t)argument;
	uint64_t size;

	if (argument == 0 || argument % 8 != 0)
		return 0;
	if (__builtin_bswap32(word[0]) != 0xd00dfeed)
		return 4096;
	size = __builtin_bswap32(word[1]);
	return size < LARGEST_ARGUMENT ? size : LARGEST_ARGUMENT;
}

/* Translation control: 4 KiB granule, 48 bits, write-back and inner-shareable table walks, TTBR0 only. */
static uint64_t translation_control(void)
{
	uint64_t physical = virgil_read_id_aa64mmfr0_el1() & 0xf;
	uint64_t common = 16 | 1 << 8 | 1 << 10 | 3 << 12;

	if (physical > 5) /* 52 bits need descriptors of another format */
		physical = 5;
	if (regime == REGIME_EL2)
		return common | physical << 16 | 1ULL << 23 | 1ULL << 31; /* RES1 */
	/* EPD1: nothing by TTBR1, whose size and granule are valid all the same. */
	return common | physical << 32 | 1ULL << 23 | 16 << 16 | 2ULL << 30;
}

/* RES1 bits of ARMv8.0, then M, C, SA, I and WXN (writable is never executable, whatever a table says). */
static uint64_t system_control(void)
{
	uint64_t on = 1 << 0 | 1 << 2 | 1 << 3 | 1 << 12 | 1 << 19;

	return on | (regime == REGIME_EL2 ? 0x30c50830 : 0x30d00800);
}

struct boot_registers *virgil_prepare(uint64_t argument, uint64_t kind, uint64_t found_regime)
{
	uint64_t size = kind == VIRGIL_ENTRY_RESIDENT ? handover_size(argument) : device_tree_size(argument);

	regime = found_regime;
	registers.ttbr0 = stage1_build(4, argument, size);
	registers.mair = 0xff04; /* 0: Device-nGnRE; 1: normal, write-back, allocating */
	registers.tcr = translation_control();
	registers.sctlr = system_control();
	return &registers;
}

/* The map is in force from here on. */
void virgil_ready(void) { stage1_add_early_heap(); }
#endif
