/* SPDX-License-Identifier: Apache-2.0 OR GPL-2.0-only */
/*
 * x86-64 instructions for Swift, under the manual's names (Intel SDM, volume 2).
 */
#ifndef VIRGIL_X86_64_H
#define VIRGIL_X86_64_H

#include <stdbool.h>
#include <stdint.h>

static inline uint8_t virgil_in8(uint16_t port)
{
	uint8_t value;
	__asm__ volatile("inb %1, %0" : "=a"(value) : "Nd"(port));
	return value;
}
static inline uint32_t virgil_in32(uint16_t port)
{
	uint32_t value;
	__asm__ volatile("inl %1, %0" : "=a"(value) : "Nd"(port));
	return value;
}
static inline void virgil_out8(uint16_t port, uint8_t value)
{
	__asm__ volatile("outb %0, %1" ::"a"(value), "Nd"(port));
}
static inline void virgil_out16(uint16_t port, uint16_t value)
{
	__asm__ volatile("outw %0, %1" ::"a"(value), "Nd"(port));
}
static inline void virgil_out32(uint16_t port, uint32_t value)
{
	__asm__ volatile("outl %0, %1" ::"a"(value), "Nd"(port));
}

struct virgil_cpuid {
	uint32_t eax, ebx, ecx, edx;
};
static inline struct virgil_cpuid virgil_cpuid(uint32_t leaf, uint32_t subleaf)
{
	struct virgil_cpuid r;
	__asm__ volatile("cpuid" : "=a"(r.eax), "=b"(r.ebx), "=c"(r.ecx), "=d"(r.edx) : "a"(leaf), "c"(subleaf));
	return r;
}

static inline uint64_t virgil_rdmsr(uint32_t msr)
{
	uint32_t low, high;
	__asm__ volatile("rdmsr" : "=a"(low), "=d"(high) : "c"(msr));
	return (uint64_t)high << 32 | low;
}
static inline void virgil_wrmsr(uint32_t msr, uint64_t value)
{
	__asm__ volatile("wrmsr" ::"c"(msr), "a"((uint32_t)value), "d"((uint32_t)(value >> 32)) : "memory");
}

static inline uint64_t virgil_read_cr0(void)
{
	uint64_t value;
	__asm__ volatile("mov %%cr0, %0" : "=r"(value)::"memory");
	return value;
}
static inline void virgil_write_cr0(uint64_t value) { __asm__ volatile("mov %0, %%cr0" ::"r"(value) : "memory"); }
static inline uint64_t virgil_read_cr3(void)
{
	uint64_t value;
	__asm__ volatile("mov %%cr3, %0" : "=r"(value)::"memory");
	return value;
}
static inline void virgil_write_cr3(uint64_t value) { __asm__ volatile("mov %0, %%cr3" ::"r"(value) : "memory"); }
static inline uint64_t virgil_read_cr4(void)
{
	uint64_t value;
	__asm__ volatile("mov %%cr4, %0" : "=r"(value)::"memory");
	return value;
}
static inline void virgil_invlpg(uint64_t address)
{
	__asm__ volatile("invlpg (%0)" ::"r"(address) : "memory");
}

/* The time-stamp counter, not read before what precedes it has completed. */
static inline uint64_t virgil_counter(void)
{
	uint32_t low, high;
	__asm__ volatile("lfence\n\trdtsc" : "=a"(low), "=d"(high)::"memory");
	return (uint64_t)high << 32 | low;
}

static inline bool virgil_rdrand(uint64_t *value)
{
	uint8_t ok;
	__asm__ volatile("rdrand %0\n\tsetc %1" : "=r"(*value), "=qm"(ok)::"cc");
	return ok != 0;
}

static inline void virgil_wait(void) { __asm__ volatile("hlt" ::: "memory"); }
static inline void virgil_pause(void) { __asm__ volatile("pause" ::: "memory"); }
static inline void virgil_mask_interrupts(void) { __asm__ volatile("cli" ::: "memory"); }

/* Empties the interrupt descriptor table and takes an exception: no CPU survives that. */
_Noreturn void virgil_triple_fault(void);

#endif
