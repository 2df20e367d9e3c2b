/* SPDX-License-Identifier: Apache-2.0 OR GPL-2.0-only */
/* Memory allocation (UEFI 2.10, 7.2): pages and the memory map. Pools have a part of their own. */
#include "memory_map.h"

void pools(void);

static memory_map map, later;

static void map_errors(void)
{
	uint64_t size = 0, key = 0, descriptor_size = 0;
	uint32_t version = 77;
	uint8_t byte = 0x5a;

	check_status("7.2.3", "memory.map.null-size", BS(GetMemoryMap)(0, map.data, &key, &descriptor_size, &version),
		     EFI_INVALID_PARAMETER, "MemoryMapSize is NULL");
	check_status("7.2.3", "memory.map.size-0", BS(GetMemoryMap)(&size, 0, &key, &descriptor_size, &version),
		     EFI_BUFFER_TOO_SMALL, "the buffer is too small, even without a buffer");
	check("7.2.3", "memory.map.size-0-size", size > 0, "the size needed is returned in MemoryMapSize");
	size = 1;
	check_status("7.2.3", "memory.map.size-1", BS(GetMemoryMap)(&size, &byte, &key, &descriptor_size, &version),
		     EFI_BUFFER_TOO_SMALL, "the buffer is too small");
	check("7.2.3", "memory.map.size-1-size", size > sizeof(efi_memory_descriptor), "the size needed is returned");
	check("7.2.3", "memory.map.size-1-buffer", byte == 0x5a, "a buffer of one byte is not written beyond");
	size = sizeof(map.data);
	check_status("7.2.3", "memory.map.null-map", BS(GetMemoryMap)(&size, 0, &key, &descriptor_size, &version),
		     EFI_INVALID_PARAMETER, "the buffer is not too small and MemoryMap is NULL");
}

static void map_shape(void)
{
	const efi_memory_descriptor *d, *other;
	int aligned = 1, populated = 1, types = 1, disjoint = 1, conventional = 0, ends = 1;

	check_status("7.2.3", "memory.map.read", read_map(&map), EFI_SUCCESS, "the map is returned");
	check_equal("7.2.3", "memory.map.version", map.version, 1, "EFI_MEMORY_DESCRIPTOR_VERSION");
	check("7.2.3", "memory.map.descriptor-size", map.descriptor_size >= sizeof(efi_memory_descriptor),
	      "DescriptorSize is at least that of EFI_MEMORY_DESCRIPTOR");
	check("7.2.3", "memory.map.whole-descriptors", map.descriptor_size && map.size % map.descriptor_size == 0,
	      "the size is a multiple of DescriptorSize");
	for (uint64_t i = 0; (d = descriptor(&map, i)); i++) {
		aligned &= d->PhysicalStart % 4096 == 0;
		populated &= d->NumberOfPages > 0;
		ends &= d->PhysicalStart + d->NumberOfPages * 4096 - 1 >= d->PhysicalStart;
		types &= d->Type < EfiMaxMemoryType || d->Type >= 0x70000000;
		conventional |= d->Type == EfiConventionalMemory;
		for (uint64_t j = 0; j < i && (other = descriptor(&map, j)); j++)
			disjoint &= d->PhysicalStart >= other->PhysicalStart + other->NumberOfPages * 4096 ||
				    other->PhysicalStart >= d->PhysicalStart + d->NumberOfPages * 4096;
	}
	check("7.2.3", "memory.map.aligned", aligned, "PhysicalStart is aligned to 4 KiB");
	check("7.2.3", "memory.map.populated", populated, "NumberOfPages is not 0");
	check("7.2.3", "memory.map.ends", ends, "no range goes over the end of the address space");
	check("7.2.3", "memory.map.types", types, "types are those of EFI_MEMORY_TYPE, or of OEMs and loaders");
	check("7.2.3", "memory.map.disjoint", disjoint, "ranges do not overlap");
	check("7.2.3", "memory.map.conventional", conventional, "there is free memory");
	check("7.2", "memory.map.image-code", is_type(&map, (uint64_t)map_shape, 1, EfiLoaderCode),
	      "the code of a UEFI application is in EfiLoaderCode");
	d = find(&map, (uint64_t)st->RuntimeServices);
	check("4.5", "memory.map.runtime-table", d && d->Attribute & EFI_MEMORY_RUNTIME,
	      "the runtime services table is in memory that the OS maps for runtime");
	d = find(&map, (uint64_t)st);
	check("4.3", "memory.map.system-table", d && d->Attribute & EFI_MEMORY_RUNTIME,
	      "the system table is in memory that the OS maps for runtime");
	d = find(&map, (uint64_t)st->FirmwareVendor);
	check("8.4", "memory.map.vendor", d && d->Attribute & EFI_MEMORY_RUNTIME,
	      "FirmwareVendor, which SetVirtualAddressMap converts, is in memory that the OS maps for runtime");
}

static void map_key(void)
{
	uint64_t pages = 0, exact = 0, key, needed;

	read_map(&map);
	read_map(&later);
	check_equal("7.2.3", "memory.key.same", later.key, map.key, "the key stands as long as the map does");
	BS(AllocatePages)(AllocateAnyPages, EfiLoaderData, 1, &pages);
	read_map(&later);
	check("7.2.3", "memory.key.allocate", later.key != map.key, "AllocatePages has changed the map");
	key = later.key;
	BS(FreePages)(pages, 1);
	read_map(&later);
	check("7.2.3", "memory.key.free", later.key != key, "FreePages has changed the map");
	BS(GetMemoryMap)(&exact, 0, &map.key, &map.descriptor_size, &map.version);
	needed = exact;
	check_status("7.2.3", "memory.map.exact",
		     BS(GetMemoryMap)(&exact, map.data, &map.key, &map.descriptor_size, &map.version), EFI_SUCCESS,
		     "a buffer of the size that was said to be needed");
	exact = 2 * map.descriptor_size - 1;
	check_status("7.2.3", "memory.map.less",
		     BS(GetMemoryMap)(&exact, map.data, &map.key, &map.descriptor_size, &map.version),
		     EFI_BUFFER_TOO_SMALL, "a buffer for one descriptor, almost two");
	check_equal("7.2.3", "memory.map.less-size", exact, needed, "the same size is said to be needed");
}

static void allocate_errors(void)
{
	uint64_t memory = 0;
	const char *reserved = "MemoryType is in the range EfiMaxMemoryType..0x6FFFFFFF";

	check_status("7.2.1", "memory.allocate-pages.null", BS(AllocatePages)(AllocateAnyPages, EfiLoaderData, 1, 0),
		     EFI_INVALID_PARAMETER, "Memory is NULL");
	check_status("7.2.1", "memory.allocate-pages.kind",
		     BS(AllocatePages)(MaxAllocateType, EfiLoaderData, 1, &memory), EFI_INVALID_PARAMETER,
		     "Type is none of the three");
	check_status("7.2.1", "memory.allocate-pages.kind-huge",
		     BS(AllocatePages)(0xffffffff, EfiLoaderData, 1, &memory), EFI_INVALID_PARAMETER,
		     "Type is none of the three");
	check_status("7.2.1", "memory.allocate-pages.type-max",
		     BS(AllocatePages)(AllocateAnyPages, EfiMaxMemoryType, 1, &memory), EFI_INVALID_PARAMETER,
		     reserved);
	check_status("7.2.1", "memory.allocate-pages.type-below-oem",
		     BS(AllocatePages)(AllocateAnyPages, 0x6fffffff, 1, &memory), EFI_INVALID_PARAMETER, reserved);
	check_status("7.2.1", "memory.allocate-pages.type-persistent",
		     BS(AllocatePages)(AllocateAnyPages, EfiPersistentMemory, 1, &memory), EFI_INVALID_PARAMETER,
		     "MemoryType is EfiPersistentMemory");
	check_status("7.2.1", "memory.allocate-pages.type-unaccepted",
		     BS(AllocatePages)(AllocateAnyPages, EfiUnacceptedMemoryType, 1, &memory), EFI_INVALID_PARAMETER,
		     "MemoryType is EfiUnacceptedMemoryType");
	check_status2("7.2.1", "memory.allocate-pages.huge",
		      BS(AllocatePages)(AllocateAnyPages, EfiLoaderData, 1ULL << 51, &memory), EFI_OUT_OF_RESOURCES,
		      EFI_NOT_FOUND, "more pages than there are");
	check_status2("7.2.1", "memory.allocate-pages.overflow",
		      BS(AllocatePages)(AllocateAnyPages, EfiLoaderData, (1ULL << 52) + 1, &memory),
		      EFI_OUT_OF_RESOURCES, EFI_NOT_FOUND, "more bytes than 2^64: not one page");
	/* EDK2 takes (2^52 + 1) pages for one. */
	memory = 0xfff;
	check_status2("7.2.1", "memory.allocate-pages.max-too-low",
		      BS(AllocatePages)(AllocateMaxAddress, EfiLoaderData, 2, &memory), EFI_OUT_OF_RESOURCES,
		      EFI_NOT_FOUND, "no two pages end below 0x1000");
	memory = 1ULL << 47;
	check_status2("7.2.1", "memory.allocate-pages.no-memory",
		      BS(AllocatePages)(AllocateAddress, EfiLoaderData, 1, &memory), EFI_OUT_OF_RESOURCES,
		      EFI_NOT_FOUND, "an address where there is no memory");
}

static void free_errors(void)
{
	uint64_t memory = 0, taken;

	BS(AllocatePages)(AllocateAnyPages, EfiLoaderData, 4, &memory);
	taken = memory + 4096;
	check_status("7.2.1", "memory.allocate-pages.taken",
		     BS(AllocatePages)(AllocateAddress, EfiLoaderData, 1, &taken), EFI_NOT_FOUND,
		     "the pages at the address are in use");
	check_status("7.2.2", "memory.free-pages.unaligned", BS(FreePages)(memory + 1, 1), EFI_INVALID_PARAMETER,
		     "Memory is not page-aligned");
	check_status("7.2.2", "memory.free-pages.none", BS(FreePages)(memory, 0), EFI_INVALID_PARAMETER,
		     "Pages is invalid");
	check_status2("7.2.2", "memory.free-pages.overflow", BS(FreePages)(memory, 1ULL << 52), EFI_INVALID_PARAMETER,
		      EFI_NOT_FOUND, "Pages is invalid: more bytes than 2^64");
	check_status("7.2.2", "memory.free-pages", BS(FreePages)(memory, 4), EFI_SUCCESS, "the pages are freed");
	check_status("7.2.2", "memory.free-pages.twice", BS(FreePages)(memory, 4), EFI_NOT_FOUND,
		     "they are not allocated any more");
	check_status("7.2.2", "memory.free-pages.no-memory", BS(FreePages)(1ULL << 47, 1), EFI_NOT_FOUND,
		     "the pages were not allocated with AllocatePages");
	read_map(&map);
	check("7.2.2", "memory.free-pages.conventional", is_type(&map, memory, 4, EfiConventionalMemory),
	      "they are free memory again");
}

static struct {
	uint64_t memory, again;
	efi_status allocated, freed_middle, taken, freed[3];
	int contents;
} partial;

static void free_in_parts(void)
{
	volatile uint64_t *word;
	uint64_t hole;

	partial.allocated = BS(AllocatePages)(AllocateAnyPages, EfiLoaderData, 8, &partial.memory);
	word = (volatile uint64_t *)partial.memory;
	hole = partial.again = partial.memory + 3 * 4096;
	for (uint64_t i = 0; i < 8 * 4096 / 8; i++)
		word[i] = i * 0x9e3779b97f4a7c15;
	partial.freed_middle = BS(FreePages)(hole, 2);
	read_map(&map);
	partial.taken = BS(AllocatePages)(AllocateAddress, EfiBootServicesData, 2, &partial.again);
	partial.contents = word[7] == 7 * 0x9e3779b97f4a7c15 && word[4095] == 4095 * 0x9e3779b97f4a7c15;
	partial.freed[0] = BS(FreePages)(partial.again, 2);
	partial.freed[1] = BS(FreePages)(partial.memory, 3);
	partial.freed[2] = BS(FreePages)(partial.memory + 5 * 4096, 3);
	read_map(&later);
}

/*
 * Firmware may take the pages just freed for itself: for what a report allocates, so all is done before anything is
 * said; and for page tables when it changes attributes, so all is done twice.
 */
static void partial_free(void)
{
	uint64_t memory;

	free_in_parts();
	free_in_parts();
	memory = partial.memory;
	check_status("7.2.1", "memory.partial.allocate", partial.allocated, EFI_SUCCESS, "eight pages");
	check("7.2.1", "memory.partial.aligned", memory % 4096 == 0, "pages are aligned to 4 KiB");
	check_status("7.2.2", "memory.partial.free-middle", partial.freed_middle, EFI_SUCCESS,
		     "part of an allocation can be freed");
	check("7.2.2", "memory.partial.map",
	      is_type(&map, memory, 3, EfiLoaderData) && is_type(&map, memory + 3 * 4096, 2, EfiConventionalMemory) &&
		      is_type(&map, memory + 5 * 4096, 3, EfiLoaderData),
	      "the map has the hole");
	check_status("7.2.1", "memory.partial.address", partial.taken, EFI_SUCCESS,
		     "the hole can be allocated by its address");
	check_equal("7.2.1", "memory.partial.address-same", partial.again, memory + 3 * 4096, "at that address");
	check("7.2.1", "memory.partial.contents", partial.contents, "the rest of the allocation keeps its contents");
	check_status("7.2.2", "memory.partial.free-hole", partial.freed[0], EFI_SUCCESS, "freed");
	check_status("7.2.2", "memory.partial.free-first", partial.freed[1], EFI_SUCCESS, "freed");
	check_status("7.2.2", "memory.partial.free-last", partial.freed[2], EFI_SUCCESS, "freed");
	check("7.2.2", "memory.partial.all-free", is_type(&later, memory, 8, EfiConventionalMemory),
	      "all eight are free memory");
}

static void below_a_limit(void)
{
	uint64_t low = 0, limit, memory;

	BS(AllocatePages)(AllocateAnyPages, EfiLoaderData, 4, &low);
	BS(FreePages)(low, 4);
	limit = memory = low + 4 * 4096 - 1;
	check_status("7.2.1", "memory.max-address", BS(AllocatePages)(AllocateMaxAddress, EfiLoaderData, 4, &memory),
		     EFI_SUCCESS, "four pages are free below the limit");
	check("7.2.1", "memory.max-address.limit", memory + 4 * 4096 - 1 <= limit,
	      "the last byte is at or below the limit");
	BS(FreePages)(memory, 4);
	memory = limit - 1;
	check_status("7.2.1", "memory.max-address.inside",
		     BS(AllocatePages)(AllocateMaxAddress, EfiLoaderData, 1, &memory), EFI_SUCCESS,
		     "the limit may be any byte");
	check("7.2.1", "memory.max-address.inside-limit", memory + 4095 <= limit - 1,
	      "the whole page is at or below it");
	BS(FreePages)(memory, 1);
}

static void types(void)
{
	static const struct {
		const char *allocate, *mapped;
		uint32_t type;
	} kinds[] = {
		{"memory.types.reserved", "memory.types.reserved-map", EfiReservedMemoryType},
		{"memory.types.loader-code", "memory.types.loader-code-map", EfiLoaderCode},
		{"memory.types.loader-data", "memory.types.loader-data-map", EfiLoaderData},
		{"memory.types.boot-services-code", "memory.types.boot-services-code-map", EfiBootServicesCode},
		{"memory.types.boot-services-data", "memory.types.boot-services-data-map", EfiBootServicesData},
		{"memory.types.runtime-services-code", "memory.types.runtime-services-code-map",
		 EfiRuntimeServicesCode},
		{"memory.types.runtime-services-data", "memory.types.runtime-services-data-map",
		 EfiRuntimeServicesData},
		{"memory.types.acpi-reclaim", "memory.types.acpi-reclaim-map", EfiACPIReclaimMemory},
		{"memory.types.acpi-nvs", "memory.types.acpi-nvs-map", EfiACPIMemoryNVS},
		{"memory.types.oem", "memory.types.oem-map", 0x70000000},
		{"memory.types.oem-last", "memory.types.oem-last-map", 0x7fffffff},
		{"memory.types.loader", "memory.types.loader-map", 0x80000000},
		{"memory.types.loader-last", "memory.types.loader-last-map", 0xffffffff},
	};

	for (uint64_t i = 0; i < sizeof(kinds) / sizeof(*kinds); i++) {
		uint64_t memory = 0;
		int runtime = kinds[i].type == EfiRuntimeServicesCode || kinds[i].type == EfiRuntimeServicesData;
		const efi_memory_descriptor *d;

		/* 16 pages: AArch64 may round some types to 64 KiB. */
		check_status("7.2.1", kinds[i].allocate,
			     BS(AllocatePages)(AllocateAnyPages, kinds[i].type, 16, &memory), EFI_SUCCESS,
			     "a type that may be allocated");
		read_map(&map);
		d = find(&map, memory);
		check("7.2.3", kinds[i].mapped,
		      is_type(&map, memory, 16, kinds[i].type) && (!runtime || d->Attribute & EFI_MEMORY_RUNTIME),
		      "the map has the type, and EFI_MEMORY_RUNTIME for runtime memory");
		BS(FreePages)(memory, 16);
	}
}

void run_group(void)
{
	map_errors();
	map_shape();
	map_key();
	allocate_errors();
	free_errors();
	partial_free();
	below_a_limit();
	types();
	pools();
}
