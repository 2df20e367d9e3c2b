// SPDX-License-Identifier: GPL-2.0-only
/*
 * What firmware has left behind: its configuration tables, and its Secure Boot
 * mode.
 */
#define pr_fmt(fmt) "kexec_efi: " fmt

#include <linux/efi.h>
#include <linux/io.h>
#include <linux/printk.h>
#include <linux/security.h>

#include "internal.h"

/* No firmware has that many; a number beyond it is not believed. */
#define MOST_TABLES 256

/*
 * The tables that describe the machine, and what the kernel has added for its
 * successors. The others are about boot services that are gone, or about this
 * boot.
 */
static const efi_guid_t travelling[] = {
	ACPI_20_TABLE_GUID,
	ACPI_TABLE_GUID,
	SMBIOS_TABLE_GUID,
	SMBIOS3_TABLE_GUID,
	EFI_SYSTEM_RESOURCE_TABLE_GUID,
	LINUX_EFI_MEMRESERVE_TABLE_GUID,
	LINUX_EFI_MOK_VARIABLE_TABLE_GUID,
	LINUX_EFI_TPM_EVENT_LOG_GUID,
};

static bool travels(const efi_guid_t *guid)
{
	int i;

	for (i = 0; i < ARRAY_SIZE(travelling); i++)
		if (!efi_guidcmp(*guid, travelling[i]))
			return true;
	return false;
}

/**
 * kexec_efi_put_table - hand over a configuration table
 * @load:	the image that is loaded
 * @guid:	which one it is
 * @address:	its physical address
 */
void kexec_efi_put_table(struct kexec_efi_load *load, const efi_guid_t *guid, u64 address)
{
	struct virgil_table_record table = {
		.record = { .type = VIRGIL_RECORD_TABLE, .size = sizeof(table) },
		.address = address,
	};

	memcpy(table.guid, guid, sizeof(table.guid));
	kexec_efi_put(load, &table.record);
}

/* SetVirtualAddressMap() has made a virtual address of it. */
static u64 physical_address(u64 address)
{
	efi_memory_desc_t *md;

	if (!efi_enabled(EFI_MEMMAP))
		return address;
	for_each_efi_memory_desc(md) {
		if (!(md->attribute & EFI_MEMORY_RUNTIME) || !md->virt_addr)
			continue;
		if (address >= md->virt_addr && address - md->virt_addr < md->num_pages
										  << EFI_PAGE_SHIFT)
			return address - md->virt_addr + md->phys_addr;
	}
	return address;
}

/**
 * kexec_efi_put_tables - hand over firmware's configuration tables
 * @load:	the image that is loaded
 * @systab:	physical address of the EFI system table
 * @tables:	physical address of the configuration table, or 0 if only the system table knows
 */
void kexec_efi_put_tables(struct kexec_efi_load *load, u64 systab, u64 tables)
{
	const efi_config_table_64_t *table;
	efi_system_table_64_t *header;
	u32 number, i;

	header = memremap(systab, sizeof(*header), MEMREMAP_WB);
	if (!header) {
		load->error = load->error ?: -ENOMEM;
		return;
	}
	number = header->hdr.signature == EFI_SYSTEM_TABLE_SIGNATURE ? header->nr_tables : 0;
	if (!tables)
		tables = physical_address(header->tables);
	memunmap(header);
	if (!number || number > MOST_TABLES || !tables) {
		pr_warn("firmware's configuration tables cannot be found, the next kernel goes without\n");
		return;
	}

	table = memremap(tables, number * sizeof(*table), MEMREMAP_WB);
	if (!table) {
		load->error = load->error ?: -ENOMEM;
		return;
	}
	for (i = 0; i < number; i++)
		if (table[i].table && travels(&table[i].guid))
			kexec_efi_put_table(load, &table[i].guid, table[i].table);
	memunmap((void *)table);
}

/**
 * kexec_efi_put_secure_boot - hand over whether this kernel was booted with
 * Secure Boot, and whether it is locked down
 * @load:	the image that is loaded
 */
void kexec_efi_put_secure_boot(struct kexec_efi_load *load)
{
	struct virgil_secure_boot_record record = {
		.record = { .type = VIRGIL_RECORD_SECURE_BOOT, .size = sizeof(record) },
		/* There is no way to ask without a notice in the log. */
		.lockdown = !!security_locked_down(LOCKDOWN_KEXEC),
	};

	if (IS_ENABLED(CONFIG_EFI) && efi_rt_services_supported(EFI_RT_SUPPORTED_GET_VARIABLE))
		record.secure_boot = efi_get_secureboot_mode(efi.get_variable) ==
				     efi_secureboot_mode_enabled;
	/* The emulator would refuse to start it. */
	if ((record.secure_boot || record.lockdown) && !load->verified)
		load->error = load->error ?: -EKEYREJECTED;
	kexec_efi_put(load, &record.record);
}
