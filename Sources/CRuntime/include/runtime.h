/* SPDX-License-Identifier: Apache-2.0 OR GPL-2.0-only */
#ifndef VIRGIL_CRUNTIME_H
#define VIRGIL_CRUNTIME_H

#include <stdint.h>

#include "virgil_runtime.h"

/* Implemented in Swift: the services, in the plain C convention. */
uint64_t virgil_runtime_set_virtual_address_map(uint64_t size, uint64_t descriptor_size, uint32_t version,
						const void *map);
uint64_t virgil_runtime_convert_pointer(uint64_t disposition, void *address);
uint64_t virgil_runtime_get_variable(const void *name, const void *vendor, uint32_t *attributes, uint64_t *size,
				     void *data);
uint64_t virgil_runtime_get_next_variable_name(uint64_t *size, void *name, void *vendor);
uint64_t virgil_runtime_query_variable_info(uint32_t attributes, uint64_t *storage, uint64_t *remaining,
					    uint64_t *maximum);
void virgil_runtime_reset_system(uint32_t type);

/* Called once by the emulator, in the plain C convention. */
void virgil_runtime_fill(struct virgil_runtime_parameters *parameters);

/* What fill was given; its address and those in it are made virtual with everything else. */
struct virgil_runtime_parameters *virgil_runtime_parameters(void);
void virgil_runtime_move_parameters(uint64_t displacement);

/* Where the image runs, and its RELR table. */
uint64_t virgil_runtime_base(void);
uint64_t virgil_runtime_size(void);
const uint64_t *virgil_runtime_relocations(void);
uint64_t virgil_runtime_relocation_count(void);

/* A driver's notification function, in the payload's convention. */
void virgil_runtime_notify(uint64_t function, uint64_t event, uint64_t context);

#if defined(__aarch64__)
static inline void virgil_runtime_psci(uint64_t function, uint32_t is_smc)
{
	register uint64_t x0 __asm__("x0") = function;
	register uint64_t x1 __asm__("x1") = 0;
	register uint64_t x2 __asm__("x2") = 0;
	register uint64_t x3 __asm__("x3") = 0;

	if (is_smc)
		__asm__ volatile("smc #0" : "+r"(x0), "+r"(x1), "+r"(x2), "+r"(x3)::"x4", "x5", "x6", "x7", "x8", "x9", "x10", "x11", "x12", "x13", "x14", "x15", "x16", "x17", "memory");
	else
		__asm__ volatile("hvc #0" : "+r"(x0), "+r"(x1), "+r"(x2), "+r"(x3)::"x4", "x5", "x6", "x7", "x8", "x9", "x10", "x11", "x12", "x13", "x14", "x15", "x16", "x17", "memory");
}
#elif defined(__x86_64__)
static inline uint8_t virgil_runtime_in8(uint16_t port)
{
	uint8_t value;
	__asm__ volatile("inb %1, %0" : "=a"(value) : "Nd"(port));
	return value;
}
static inline void virgil_runtime_out8(uint16_t port, uint8_t value)
{
	__asm__ volatile("outb %0, %1" ::"a"(value), "Nd"(port));
}
static inline void virgil_runtime_out16(uint16_t port, uint16_t value)
{
	__asm__ volatile("outw %0, %1" ::"a"(value), "Nd"(port));
}
#endif

#endif
