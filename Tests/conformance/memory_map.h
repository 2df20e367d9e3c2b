/* SPDX-License-Identifier: Apache-2.0 OR GPL-2.0-only */
/* The memory map, as groups read it (UEFI 2.10, 7.2.3). */
#ifndef VIRGIL_CONFORMANCE_MEMORY_MAP_H
#define VIRGIL_CONFORMANCE_MEMORY_MAP_H

#include "conformance.h"

typedef struct {
	uint8_t data[64 * 1024];
	uint64_t size, key, descriptor_size;
	uint32_t version;
} memory_map;

static inline efi_status read_map(memory_map *map)
{
	map->size = sizeof(map->data);
	map->descriptor_size = 0;
	return BS(GetMemoryMap)(&map->size, map->data, &map->key, &map->descriptor_size, &map->version);
}

/* The descriptor with that number; 0 behind the last. */
static inline const efi_memory_descriptor *descriptor(const memory_map *map, uint64_t number)
{
	if (map->descriptor_size == 0 || (number + 1) * map->descriptor_size > map->size)
		return 0;
	return (const efi_memory_descriptor *)(map->data + number * map->descriptor_size);
}

/* The descriptor that covers an address; 0 when none does. */
static inline const efi_memory_descriptor *find(const memory_map *map, uint64_t address)
{
	const efi_memory_descriptor *d;

	for (uint64_t i = 0; (d = descriptor(map, i)); i++)
		if (address >= d->PhysicalStart && address - d->PhysicalStart < d->NumberOfPages * 4096)
			return d;
	return 0;
}

/* Whether descriptors of that type, and no others, cover the pages. */
static inline int is_type(const memory_map *map, uint64_t address, uint64_t pages, uint32_t type)
{
	for (; pages; pages--, address += 4096) {
		const efi_memory_descriptor *d = find(map, address);

		if (!d || d->Type != type)
			return 0;
	}
	return 1;
}

#endif
