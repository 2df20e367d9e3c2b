/* SPDX-License-Identifier: Apache-2.0 OR GPL-2.0-only */
#ifndef VIRGIL_CRUNTIME_H
#define VIRGIL_CRUNTIME_H

#include <stdint.h>

/* Implemented in Swift. */
uint64_t virgil_runtime_set_virtual_address_map(uint64_t size, uint64_t descriptor_size, uint32_t version,
						const void *map);

/* Called once by the emulator, in the plain C convention, with the tables that the next kernel gets. */
void virgil_runtime_fill(void *system_table, void *runtime_services);

/* The system table and the runtime services table; physical, and not used any more once they are virtual. */
uint64_t virgil_runtime_system_table(void);
uint64_t virgil_runtime_services(void);

/* Where the image runs, and its RELR table. */
uint64_t virgil_runtime_base(void);
uint64_t virgil_runtime_size(void);
const uint64_t *virgil_runtime_relocations(void);
uint64_t virgil_runtime_relocation_count(void);

#endif
