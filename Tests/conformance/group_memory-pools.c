/* SPDX-License-Identifier: Apache-2.0 OR GPL-2.0-only */
/* Pools (UEFI 2.10, 7.2.4 and 7.2.5). */
#include "memory_map.h"

void pools(void);

static memory_map map;
/* Something that looks like memory of a pool and is none. */
static uint64_t foreign[64] __attribute__((aligned(64)));

static void errors(void)
{
	void *buffer = 0;
	const char *reserved = "PoolType is in the range EfiMaxMemoryType..0x6FFFFFFF";

	check_status("7.2.4", "pools.allocate.null", BS(AllocatePool)(EfiLoaderData, 16, 0), EFI_INVALID_PARAMETER,
		     "Buffer is NULL");
	check_status("7.2.4", "pools.allocate.type-max", BS(AllocatePool)(EfiMaxMemoryType, 16, &buffer),
		     EFI_INVALID_PARAMETER, reserved);
	check_status("7.2.4", "pools.allocate.type-below-oem", BS(AllocatePool)(0x6fffffff, 16, &buffer),
		     EFI_INVALID_PARAMETER, reserved);
	check_status("7.2.4", "pools.allocate.type-persistent", BS(AllocatePool)(EfiPersistentMemory, 16, &buffer),
		     EFI_INVALID_PARAMETER, "PoolType is EfiPersistentMemory");
	check_status("7.2.4", "pools.allocate.huge", BS(AllocatePool)(EfiLoaderData, 1ULL << 62, &buffer),
		     EFI_OUT_OF_RESOURCES, "more than there is");
	check_status("7.2.4", "pools.allocate.overflow", BS(AllocatePool)(EfiLoaderData, ~0ULL - 7, &buffer),
		     EFI_OUT_OF_RESOURCES, "a size that overflows when anything is added");
	check_status("7.2.5", "pools.free.null", BS(FreePool)(0), EFI_INVALID_PARAMETER, "Buffer was invalid");
	check_status("7.2.5", "pools.free.foreign", BS(FreePool)(foreign + 32), EFI_INVALID_PARAMETER,
		     "Buffer was invalid: no pool's memory");
}

static void sizes(void)
{
	static void *buffers[200];
	static const uint64_t extents[] = {1,	 2,    7,    8,	   9,	 16,   24,   31,    32,	   33,	  63,
					   64,	 65,   100,  127,  128,	 255,  256,  500,   1000,  1024,  2000,
					   2048, 4000, 4095, 4096, 4097, 5000, 8192, 10000, 65536, 100000};
	const uint64_t count = sizeof(extents) / sizeof(*extents);
	int allocated = 1, aligned = 1, intact = 1, freed = 1;

	for (uint64_t i = 0; i < 200; i++) {
		uint64_t size = extents[i % count];

		if (BS(AllocatePool)(EfiLoaderData, size, &buffers[i]) != EFI_SUCCESS) {
			allocated = 0;
			buffers[i] = 0;
			continue;
		}
		aligned &= (uint64_t)buffers[i] % 8 == 0;
		memset(buffers[i], (int)i + 1, size);
	}
	for (uint64_t i = 0; i < 200; i++)
		for (uint64_t j = 0; buffers[i] && j < extents[i % count]; j++)
			intact &= ((uint8_t *)buffers[i])[j] == (uint8_t)(i + 1);
	/* Not in the order they came in. */
	for (uint64_t i = 0; i < 200; i++) {
		void *buffer = buffers[i * 77 % 200];

		freed &= buffer && BS(FreePool)(buffer) == EFI_SUCCESS;
	}
	check("7.2.4", "pools.sizes.allocate", allocated, "200 buffers of 1 to 100,000 bytes");
	check("7.2.4", "pools.sizes.aligned", aligned, "all allocations are eight-byte aligned");
	check("7.2.4", "pools.sizes.disjoint", intact, "writing to one changes no other");
	check("7.2.5", "pools.sizes.free", freed, "freed in another order");
}

static void types(void)
{
	static const struct {
		const char *id;
		uint32_t type;
	} kinds[] = {
		{"pools.types.reserved", EfiReservedMemoryType},
		{"pools.types.loader-code", EfiLoaderCode},
		{"pools.types.loader-data", EfiLoaderData},
		{"pools.types.boot-services-code", EfiBootServicesCode},
		{"pools.types.boot-services-data", EfiBootServicesData},
		{"pools.types.runtime-services-code", EfiRuntimeServicesCode},
		{"pools.types.runtime-services-data", EfiRuntimeServicesData},
		{"pools.types.acpi-reclaim", EfiACPIReclaimMemory},
		{"pools.types.acpi-nvs", EfiACPIMemoryNVS},
		{"pools.types.oem", 0x70000001},
		{"pools.types.loader", 0x80000001},
	};

	for (uint64_t i = 0; i < sizeof(kinds) / sizeof(*kinds); i++) {
		void *buffer = 0;
		efi_status status = BS(AllocatePool)(kinds[i].type, 48, &buffer);

		if (status == EFI_SUCCESS)
			memset(buffer, 0xa5, 48);
		read_map(&map);
		check("7.2.4", kinds[i].id, status == EFI_SUCCESS && is_type(&map, (uint64_t)buffer, 1, kinds[i].type),
		      "a buffer from pages of that type");
		if (status == EFI_SUCCESS)
			BS(FreePool)(buffer);
	}
}

static void again(void)
{
	void *large = 0, *small = 0;
	int all = 1;

	check_status("7.2.4", "pools.large", BS(AllocatePool)(EfiBootServicesData, 4 << 20, &large), EFI_SUCCESS,
		     "4 MiB");
	memset(large, 0x3c, 4 << 20);
	read_map(&map);
	check("7.2.4", "pools.large.map", is_type(&map, (uint64_t)large, (4 << 20) / 4096, EfiBootServicesData),
	      "all of it is of that type");
	check_status("7.2.5", "pools.large.free", BS(FreePool)(large), EFI_SUCCESS, "freed");
	check_status("7.2.4", "pools.small", BS(AllocatePool)(EfiLoaderData, 40, &small), EFI_SUCCESS, "40 bytes");
	check_status("7.2.5", "pools.small.free", BS(FreePool)(small), EFI_SUCCESS, "freed");
	for (int i = 0; i < 2000; i++) {
		all &= BS(AllocatePool)(EfiLoaderData, 3000, &small) == EFI_SUCCESS;
		all &= BS(FreePool)(small) == EFI_SUCCESS;
	}
	check("7.2.5", "pools.reused", all, "what is freed can be had again");
}

void pools(void)
{
	errors();
	sizes();
	types();
	again();
}
