/* SPDX-License-Identifier: Apache-2.0 OR GPL-2.0-only */
/*
 * The first map, and the tables of segments and exceptions. Runs on the map the first kernel left.
 */
#if defined(__x86_64__) && !defined(__linux__)
#include "../argument.h"
#include "../stage1.h"
#include "registers.h"
#include "virgil_platform.h"

#define MSR_EFER 0xc0000080
#define EFER_NXE (1ULL << 11)
#define CPUID_NX (1u << 20)

#define PRESENT 1ULL
#define WRITABLE 2ULL
#define NO_EXECUTE (1ULL << 63)

static uint64_t no_execute; /* 0 on a CPU without it, where the bit is reserved */

uint64_t stage1_table(uint64_t address) { return address | PRESENT | WRITABLE; }

uint64_t stage1_page(uint64_t address, enum stage1_access access)
{
	uint64_t entry = address | PRESENT;

	if (access == STAGE1_WRITE)
		entry |= WRITABLE;
	if (access != STAGE1_EXECUTE)
		entry |= no_execute;
	return entry;
}

struct __attribute__((packed)) table_register {
	uint16_t limit;
	uint64_t base;
};

/* Task state segment, 64-bit (Intel SDM, volume 3, 8.7): only its interrupt stacks are used. */
struct __attribute__((packed)) tss {
	uint32_t reserved;
	uint64_t rsp[3];
	uint64_t reserved2;
	uint64_t ist[7];
	uint64_t reserved3;
	uint16_t reserved4;
	uint16_t io_map;
};

struct gate {
	uint16_t offset_low, selector;
	uint8_t ist, type;
	uint16_t offset_middle;
	uint32_t offset_high, reserved;
};

#pragma GCC visibility push(hidden)
extern char virgil_vectors[];
struct tss virgil_tss;
struct table_register virgil_gdt_register, virgil_idt_register;
uint64_t virgil_exception_depth;
#pragma GCC visibility pop

_Static_assert(__builtin_offsetof(struct tss, ist) == TSS_IST1, "registers.h");

static uint64_t gdt[5];
static struct gate idt[32];
static char fault_stacks[3][IST_STEP] __attribute__((aligned(16)));
static char double_fault_stack[IST_STEP] __attribute__((aligned(16)));
static char nmi_stack[IST_STEP] __attribute__((aligned(16)));

static void prepare_segments(void)
{
	uint64_t tss = (uint64_t)(uintptr_t)&virgil_tss;

	virgil_tss.ist[IST_FAULT - 1] = (uint64_t)(uintptr_t)(&fault_stacks[3]);
	virgil_tss.ist[IST_DOUBLE - 1] = (uint64_t)(uintptr_t)(double_fault_stack + IST_STEP);
	virgil_tss.ist[IST_NMI - 1] = (uint64_t)(uintptr_t)(nmi_stack + IST_STEP);
	virgil_tss.io_map = sizeof(virgil_tss);

	gdt[SELECTOR_CODE / 8] = 0x00af9b000000ffff; /* 64-bit, readable */
	gdt[SELECTOR_DATA / 8] = 0x00cf93000000ffff;
	gdt[SELECTOR_TSS / 8] = (sizeof(virgil_tss) - 1) | (tss & 0xffffff) << 16 | 0x89ULL << 40 | (tss >> 24 & 0xff) << 56;
	gdt[SELECTOR_TSS / 8 + 1] = tss >> 32;
	virgil_gdt_register.limit = sizeof(gdt) - 1;
	virgil_gdt_register.base = (uint64_t)(uintptr_t)gdt;
}

static void prepare_exceptions(void)
{
	for (unsigned vector = 0; vector < 32; vector++) {
		uint64_t handler = (uint64_t)(uintptr_t)virgil_vectors + 16 * vector;

		idt[vector].offset_low = (uint16_t)handler;
		idt[vector].offset_middle = (uint16_t)(handler >> 16);
		idt[vector].offset_high = (uint32_t)(handler >> 32);
		idt[vector].selector = SELECTOR_CODE;
		idt[vector].ist = vector == 8 || vector == 18 ? IST_DOUBLE : vector == 2 ? IST_NMI : IST_FAULT;
		idt[vector].type = 0x8e; /* interrupt gate: interrupts stay masked */
	}
	virgil_idt_register.limit = sizeof(idt) - 1;
	virgil_idt_register.base = (uint64_t)(uintptr_t)idt;
}

uint64_t virgil_prepare(uint64_t argument, uint64_t kind)
{
	/* boot_params is one page (Linux, Documentation/arch/x86/zero-page.rst). */
	uint64_t size = kind == VIRGIL_ENTRY_RESIDENT ? handover_size(argument) : argument ? 4096 : 0;
	uint64_t root;

	if (virgil_cpuid(0x80000000, 0).eax >= 0x80000001 && virgil_cpuid(0x80000001, 0).edx & CPUID_NX) {
		virgil_wrmsr(MSR_EFER, virgil_rdmsr(MSR_EFER) | EFER_NXE);
		no_execute = NO_EXECUTE;
	}
	prepare_segments();
	prepare_exceptions();
	root = stage1_build(virgil_read_cr4() & CR4_LA57 ? 5 : 4, argument, size);
	stage1_seal();
	return root;
}

void virgil_ready(void) { stage1_add_early_heap(); }
#endif
