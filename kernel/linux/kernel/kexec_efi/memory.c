// SPDX-License-Identifier: GPL-2.0-only
/*
 * The memory map of the handover block.
 */
#include <linux/crash_reserve.h>
#include <linux/efi.h>
#include <linux/mm.h>
#include <linux/minmax.h>

#include "internal.h"

void kexec_efi_put_memory(struct kexec_efi_load *load, u32 type, u64 start, u64 end, u64 attribute,
			  u64 virt)
{
	struct virgil_memory_record memory = {
		.record = { .type = VIRGIL_RECORD_MEMORY, .size = sizeof(memory) },
		.physical_start = start,
		.number_of_pages = (end - start) >> EFI_PAGE_SHIFT,
		.attribute = attribute,
		.virtual_start = virt,
		.type = type,
	};

	if (end > start)
		kexec_efi_put(load, &memory.record);
}

/* The part of RAM in a crash kernel's region, which is all that such a kernel may use. */
static u64 put_usable(struct kexec_efi_load *load, const struct resource *usable, u64 start,
		      u64 end, u64 attribute)
{
	u64 first = max_t(u64, start, usable->start);
	u64 last = min_t(u64, end, usable->end + 1);

	if (!usable->end || first >= last)
		return start;
	kexec_efi_put_memory(load, EFI_RESERVED_TYPE, start, first, attribute, 0);
	kexec_efi_put_memory(load, EFI_CONVENTIONAL_MEMORY, first, last, attribute, 0);
	return last;
}

/**
 * kexec_efi_put_ram - describe RAM that the next kernel finds free
 * @load:	the image that is loaded
 * @start:	physical address
 * @end:	address of the byte behind it
 * @attribute:	EFI memory attributes
 *
 * To a crash kernel all RAM but its own is reserved: it is what will be dumped.
 */
void kexec_efi_put_ram(struct kexec_efi_load *load, u64 start, u64 end, u64 attribute)
{
	start = round_up(start, EFI_PAGE_SIZE);
	end = round_down(end, EFI_PAGE_SIZE);
	if (start >= end)
		return;
#ifdef CONFIG_CRASH_DUMP
	if (load->image->type == KEXEC_TYPE_CRASH) {
		/* The low region lies below the other one. */
		start = put_usable(load, &crashk_low_res, start, end, attribute);
		start = put_usable(load, &crashk_res, start, end, attribute);
		kexec_efi_put_memory(load, EFI_RESERVED_TYPE, start, end, attribute, 0);
		return;
	}
#endif
	kexec_efi_put_memory(load, EFI_CONVENTIONAL_MEMORY, start, end, attribute, 0);
}
