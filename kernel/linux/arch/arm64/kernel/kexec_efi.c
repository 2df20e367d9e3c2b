// SPDX-License-Identifier: GPL-2.0-only
/*
 * kexec_file_load() of EFI images: arm64's part.
 *
 * The emulator is entered as a kernel is, with the MMU off, so there is no map
 * that it could be given: it makes its own in its segment, which no other
 * segment overlaps.
 */
#define pr_fmt(fmt) "kexec_efi: " fmt

#include <linux/acpi.h>
#include <linux/arm-smccc.h>
#include <linux/efi.h>
#include <linux/kexec_efi.h>
#include <linux/libfdt.h>
#include <linux/memblock.h>
#include <linux/of.h>
#include <linux/of_address.h>
#include <linux/of_fdt.h>

int arch_kexec_efi_prepare(struct kexec_efi_load *load)
{
	return 0;
}

int arch_kexec_efi_add_segments(struct kexec_efi_load *load)
{
	struct kimage *image = load->image;
	int ret;

	/* Not relative to the emulator: where that lies says nothing of where the rest may. */
	ret = load_other_segments(image, memblock_start_of_DRAM(), 0, load->initrd,
				  load->initrd_len, (char *)load->cmdline);
	if (ret)
		return ret;
	load->dtb = image->arch.dtb_mem;
	load->dtb_len = fdt_totalsize(image->arch.dtb);
	return 0;
}

static void put_efi_memory(struct kexec_efi_load *load)
{
	efi_memory_desc_t *md;

	for_each_efi_memory_desc(md) {
		u64 end = md->phys_addr + (md->num_pages << EFI_PAGE_SHIFT);

		switch (md->type) {
		case EFI_LOADER_CODE:
		case EFI_LOADER_DATA:
		case EFI_BOOT_SERVICES_CODE:
		case EFI_BOOT_SERVICES_DATA:
		case EFI_CONVENTIONAL_MEMORY:
			kexec_efi_put_ram(load, md->phys_addr, end, md->attribute);
			break;
		default:
			kexec_efi_put_memory(load, md->type, md->phys_addr, end, md->attribute,
					     md->virt_addr);
		}
	}
}

static void put_memory(struct kexec_efi_load *load)
{
	phys_addr_t start, end;
	u64 i;

	if (efi_enabled(EFI_MEMMAP)) {
		put_efi_memory(load);
		return;
	}
	for_each_mem_range(i, &start, &end)
		kexec_efi_put_ram(load, start, end, KEXEC_EFI_RAM_ATTRIBUTES);
}

static void put_tables(struct kexec_efi_load *load)
{
	int chosen = fdt_path_offset(initial_boot_params, "/chosen");
	const fdt64_t *systab;
	int len;

	if (chosen < 0)
		return;
	systab = fdt_getprop(initial_boot_params, chosen, "linux,uefi-system-table", &len);
	if (systab && len == sizeof(*systab))
		kexec_efi_put_tables(load, fdt64_to_cpu(*systab), 0);
}

static void put_reset(struct kexec_efi_load *load)
{
	struct virgil_reset_record reset = {
		.record = { .type = VIRGIL_RECORD_RESET, .size = sizeof(reset) },
	};

	switch (arm_smccc_1_1_get_conduit()) {
	case SMCCC_CONDUIT_HVC:
		reset.psci = VIRGIL_PSCI_HVC;
		break;
	case SMCCC_CONDUIT_SMC:
		reset.psci = VIRGIL_PSCI_SMC;
		break;
	default:
		return;
	}
	kexec_efi_put(load, &reset.record);
}

static void put_clock(struct kexec_efi_load *load)
{
	struct device_node *node = of_find_compatible_node(NULL, NULL, "arm,pl031");
	struct virgil_clock_record clock = {
		.record = { .type = VIRGIL_RECORD_CLOCK, .size = sizeof(clock) },
		.kind = VIRGIL_CLOCK_PL031,
	};
	struct resource registers;

	if (node && !of_address_to_resource(node, 0, &registers)) {
		clock.base = registers.start;
		kexec_efi_put(load, &clock.record);
	}
	of_node_put(node);
}

void arch_kexec_efi_describe(struct kexec_efi_load *load)
{
	put_memory(load);
	put_tables(load);
	put_reset(load);
	put_clock(load);
}

int arch_kexec_efi_enter(struct kexec_efi_load *load, unsigned long entry, unsigned long block)
{
	/* dtb_mem is what x0 holds at the entry. */
	load->image->arch.dtb_mem = block;
	load->image->start = entry;
	return 0;
}
