/* SPDX-License-Identifier: Apache-2.0 OR GPL-2.0-only */
#include "stage1.h"

#include "virgil_platform.h"

#if defined(__linux__)
/* Hosted: there is no image of ours, and the tables are the kernel's. */
struct virgil_image_layout virgil_image_layout(void) { return (struct virgil_image_layout){0}; }
uint64_t virgil_root_table(void) { return 0; }
uint64_t virgil_take_static_table(void) { return 0; }
#else

#define PAGE 4096ULL
#define ENTRY_ADDRESS 0x000ffffffffff000ULL
#define ENTRY_PRESENT 1ULL /* both architectures: bit 0 */

/*
 * The image of up to a few MiB and a device tree of up to 2 MiB take some 15 tables. The rest lets Swift map the
 * console and the first RAM before any memory has been given to it.
 */
static uint64_t tables[48][512] __attribute__((aligned(4096)));
static unsigned tables_used;
static uint64_t root;
static unsigned levels;
static char early_heap[64 * 1024] __attribute__((aligned(16)));

uint64_t virgil_take_static_table(void)
{
	if (tables_used == sizeof(tables) / sizeof(tables[0]))
		return 0;
	return (uint64_t)(uintptr_t)tables[tables_used++];
}

static void map_page(uint64_t address, enum stage1_access access)
{
	uint64_t *table = (uint64_t *)(uintptr_t)root;

	for (unsigned level = levels - 1; level > 0; level--) {
		uint64_t *entry = &table[address >> (12 + 9 * level) & 511];

		if (!(*entry & ENTRY_PRESENT)) {
			uint64_t next = virgil_take_static_table();

			if (!next)
				return; /* the argument is left unmapped: reading it is reported as a fault */
			*entry = stage1_table(next);
		}
		table = (uint64_t *)(uintptr_t)(*entry & ENTRY_ADDRESS);
	}
	table[address >> 12 & 511] = stage1_page(address, access);
}

static void map(uint64_t start, uint64_t end, enum stage1_access access)
{
	for (uint64_t address = start & -PAGE; address < end; address += PAGE)
		if (address != 0)
			map_page(address, access);
}

#define ADDRESS(symbol) ((uint64_t)(uintptr_t)(symbol))

uint64_t stage1_build(unsigned table_levels, uint64_t argument, uint64_t argument_size)
{
	struct virgil_image_layout image = virgil_image_layout();

	levels = table_levels;
	root = virgil_take_static_table();
	map(image.image_start, ADDRESS(__head_end), STAGE1_EXECUTE);
	map(ADDRESS(__head_end), image.stack_guard, STAGE1_WRITE);
	map(image.stack_guard + PAGE, image.image_end, STAGE1_WRITE);
	/* The image wins: an argument that claims to lie inside it changes nothing. */
	if (argument + argument_size <= image.image_start || argument >= image.image_end)
		map(argument, argument + argument_size, STAGE1_READ);
	return root;
}

void stage1_seal(void)
{
	struct virgil_image_layout image = virgil_image_layout();

	map(ADDRESS(__head_end), image.text_end, STAGE1_EXECUTE);
	map(image.text_end, image.rodata_end, STAGE1_READ);
	map(image.runtime_start, image.runtime_end, STAGE1_READ);
}

uint64_t virgil_root_table(void) { return root; }

void stage1_add_early_heap(void) { virgil_heap_add(early_heap, sizeof(early_heap)); }

struct virgil_image_layout virgil_image_layout(void)
{
	return (struct virgil_image_layout){
		.image_start = ADDRESS(__image_start),
		.image_end = ADDRESS(__image_end),
		.text_end = ADDRESS(__text_end),
		.rodata_end = ADDRESS(__rodata_end),
		.file_end = ADDRESS(__file_end),
		.runtime_start = ADDRESS(__runtime_start),
		.runtime_end = ADDRESS(__runtime_end),
		.stack_guard = ADDRESS(__stack_guard),
		.stack_top = ADDRESS(__stack_top),
	};
}
#endif
