// SPDX-License-Identifier: GPL-2.0-only
/*
 * kexec_file_load() of EFI images: x86's part.
 *
 * The emulator is entered by purgatory, in 64-bit mode, on the identity map
 * that kexec makes in control pages.
 */
#define pr_fmt(fmt) "kexec_efi: " fmt

#include <linux/acpi.h>
#include <linux/efi.h>
#include <linux/io.h>
#include <linux/kexec_efi.h>
#include <linux/sizes.h>
#include <linux/slab.h>
#include <linux/string.h>

#include <asm/bootparam.h>
#include <asm/crash.h>
#include <asm/e820/api.h>
#include <asm/efi.h>
#include <asm/setup.h>

#ifdef CONFIG_CRASH_DM_CRYPT
static int add_dm_crypt_keys(struct kexec_efi_load *load)
{
	size_t used = strlen(load->prefix);
	int ret = crash_load_dm_crypt_keys(load->image);

	if (!ret && load->image->dm_crypt_keys_addr)
		scnprintf(load->prefix + used, sizeof(load->prefix) - used, "dmcryptkeys=0x%lx ",
			  load->image->dm_crypt_keys_addr);
	return ret;
}
#else
static int add_dm_crypt_keys(struct kexec_efi_load *load)
{
	return 0;
}
#endif

/* A crash kernel is told by its command line of what it is to dump. */
static int add_crash_segments(struct kexec_efi_load *load)
{
#ifdef CONFIG_CRASH_DUMP
	int ret = crash_load_segments(load->image);

	if (ret)
		return ret;
	scnprintf(load->prefix, sizeof(load->prefix), "elfcorehdr=0x%lx ",
		  load->image->elf_load_addr);
	return add_dm_crypt_keys(load);
#else
	return 0;
#endif
}

int arch_kexec_efi_prepare(struct kexec_efi_load *load)
{
	struct kexec_buf purgatory = {
		.image = load->image,
		.buf_min = SZ_16K,
		.buf_max = ULONG_MAX,
		.top_down = true,
	};

	int ret;

	if (load->image->type == KEXEC_TYPE_CRASH) {
		ret = add_crash_segments(load);
		if (ret)
			return ret;
	}
#ifdef CONFIG_KEXEC_HANDOVER
	if (load->image->kho.fdt)
		pr_warn("an EFI image cannot be told of memory that KHO preserves: it is lost\n");
#endif
	return kexec_load_purgatory(load->image, &purgatory);
}

int arch_kexec_efi_add_segments(struct kexec_efi_load *load)
{
	struct kexec_buf initrd = {
		.image = load->image,
		.buffer = load->initrd,
		.bufsz = load->initrd_len,
		.memsz = load->initrd_len,
		.mem = KEXEC_BUF_MEM_UNKNOWN,
		.buf_align = PAGE_SIZE,
		.buf_min = SZ_16M,
		.buf_max = ULONG_MAX,
		.top_down = true,
	};

	return load->initrd ? kexec_add_buffer(&initrd) : 0;
}

static void put_e820(struct kexec_efi_load *load, const struct boot_e820_entry *entry)
{
	u64 start = entry->addr, end = entry->addr + entry->size;
	u64 attribute = KEXEC_EFI_RAM_ATTRIBUTES;
	u32 type;

	switch (entry->type) {
	case E820_TYPE_RAM:
		/* Rounded inwards: it is the crash kernel's own part already. */
		kexec_efi_put_memory(load, EFI_CONVENTIONAL_MEMORY, round_up(start, EFI_PAGE_SIZE),
				     round_down(end, EFI_PAGE_SIZE), attribute, 0);
		return;
	case E820_TYPE_ACPI:
		type = EFI_ACPI_RECLAIM_MEMORY;
		break;
	case E820_TYPE_NVS:
		type = EFI_ACPI_MEMORY_NVS;
		break;
	case E820_TYPE_UNUSABLE:
		type = EFI_UNUSABLE_MEMORY;
		break;
	case E820_TYPE_PMEM:
		type = EFI_PERSISTENT_MEMORY;
		break;
	default:
		/*
		 * e820 does not tell reserved RAM from a device's registers: nothing of it is
		 * to be cached.
		 */
		type = EFI_RESERVED_TYPE;
		attribute = EFI_MEMORY_UC;
	}
	kexec_efi_put_memory(load, type, round_down(start, EFI_PAGE_SIZE),
			     round_up(end, EFI_PAGE_SIZE), attribute, 0);
}

#ifdef CONFIG_CRASH_DUMP
static void put_crash_memory(struct kexec_efi_load *load)
{
	struct boot_params *params = kzalloc(sizeof(*params), GFP_KERNEL);
	int i, ret;

	ret = params ? crash_setup_memmap_entries(load->image, params) : -ENOMEM;
	if (ret)
		load->error = load->error ?: ret;
	for (i = 0; !ret && i < params->e820_entries; i++)
		put_e820(load, &params->e820_table[i]);
	kfree(params);
}
#endif

/* What e820 does not say: devices' registers, and where the old runtime services are mapped. */
static void put_efi_memory(struct kexec_efi_load *load)
{
	efi_memory_desc_t *md;

	if (!efi_enabled(EFI_MEMMAP))
		return;
	for_each_efi_memory_desc(md) {
		u64 end = md->phys_addr + (md->num_pages << EFI_PAGE_SHIFT);

		if (md->attribute & EFI_MEMORY_RUNTIME || md->type == EFI_MEMORY_MAPPED_IO)
			kexec_efi_put_memory(load, md->type, md->phys_addr, end, md->attribute,
					     md->virt_addr);
	}
}

static void put_memory(struct kexec_efi_load *load)
{
	struct boot_e820_entry entry;
	int i;

#ifdef CONFIG_CRASH_DUMP
	if (load->image->type == KEXEC_TYPE_CRASH) {
		put_crash_memory(load);
		put_efi_memory(load);
		return;
	}
#endif
	for (i = 0; i < e820_table_kexec->nr_entries; i++) {
		entry.addr = e820_table_kexec->entries[i].addr;
		entry.size = e820_table_kexec->entries[i].size;
		entry.type = e820_table_kexec->entries[i].type;
		put_e820(load, &entry);
	}
	put_efi_memory(load);
}

static bool is_sum_zero(const u8 *bytes, size_t size)
{
	u8 sum = 0;

	while (size--)
		sum += *bytes++;
	return !sum;
}

/* Where a BIOS leaves its anchors (SMBIOS 3.6, 5.2.1 and 5.2.2). */
static void put_smbios(struct kexec_efi_load *load)
{
	const u8 *area = memremap(0xf0000, SZ_64K, MEMREMAP_WB);
	u32 at;

	if (!area) {
		load->error = load->error ?: -ENOMEM;
		return;
	}
	for (at = 0; at <= SZ_64K - 32; at += 16) {
		if (!memcmp(area + at, "_SM3_", 5) && area[at + 6] <= 32 &&
		    is_sum_zero(area + at, area[at + 6]))
			kexec_efi_put_table(load, &SMBIOS3_TABLE_GUID, 0xf0000 + at);
		else if (!memcmp(area + at, "_SM_", 4) && area[at + 5] <= 32 &&
			 is_sum_zero(area + at, area[at + 5]))
			kexec_efi_put_table(load, &SMBIOS_TABLE_GUID, 0xf0000 + at);
	}
	memunmap((void *)area);
}

static void put_tables(struct kexec_efi_load *load)
{
	const struct efi_info *info = &boot_params.efi_info;
	u64 systab = info->efi_systab | (u64)info->efi_systab_hi << 32;

	if (efi_enabled(EFI_64BIT) && efi_enabled(EFI_CONFIG_TABLES) && systab) {
		kexec_efi_put_tables(load, systab, efi_config_table);
		return;
	}
	if (boot_params.acpi_rsdp_addr)
		kexec_efi_put_table(load, &ACPI_20_TABLE_GUID, boot_params.acpi_rsdp_addr);
	put_smbios(load);
}

static u32 port_of(const struct acpi_generic_address *extended, u32 legacy)
{
	if (extended->address && extended->space_id == ACPI_ADR_SPACE_SYSTEM_IO &&
	    extended->address <= U16_MAX)
		return extended->address;
	return legacy <= U16_MAX ? legacy : 0;
}

static void put_reset(struct kexec_efi_load *load)
{
	const struct acpi_generic_address *address = &acpi_gbl_FADT.reset_register;
	struct virgil_reset_record reset = {
		.record = { .type = VIRGIL_RECORD_RESET, .size = sizeof(reset) },
	};

	if (acpi_disabled)
		return;
	if (acpi_gbl_FADT.flags & ACPI_FADT_RESET_REGISTER &&
	    address->space_id <= ACPI_ADR_SPACE_SYSTEM_IO) {
		reset.reset_space = address->space_id;
		reset.reset_address = address->address;
		reset.reset_value = acpi_gbl_FADT.reset_value;
	}
	if (ACPI_SUCCESS(acpi_get_sleep_type_data(ACPI_STATE_S5, &reset.sleep_type_a,
						  &reset.sleep_type_b))) {
		reset.pm1a_control = port_of(&acpi_gbl_FADT.xpm1a_control_block,
					     acpi_gbl_FADT.pm1a_control_block);
		reset.pm1b_control = port_of(&acpi_gbl_FADT.xpm1b_control_block,
					     acpi_gbl_FADT.pm1b_control_block);
	}
	kexec_efi_put(load, &reset.record);
}

static void put_clock(struct kexec_efi_load *load)
{
	struct virgil_clock_record clock = {
		.record = { .type = VIRGIL_RECORD_CLOCK, .size = sizeof(clock) },
		.kind = VIRGIL_CLOCK_CMOS,
		.base = 0x70,
	};

	if (!acpi_disabled && acpi_gbl_FADT.boot_flags & ACPI_FADT_NO_CMOS_RTC)
		return;
	kexec_efi_put(load, &clock.record);
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
	struct kexec_entry64_regs regs;
	void *stack;
	int ret;

	ret = kexec_purgatory_get_set_symbol(load->image, "entry64_regs", &regs, sizeof(regs), 1);
	if (ret)
		return ret;
	stack = kexec_purgatory_get_symbol_addr(load->image, "stack_end");
	if (IS_ERR(stack))
		return PTR_ERR(stack);
	regs.rip = entry;
	regs.rdi = block;
	regs.rsp = (unsigned long)stack;
	return kexec_purgatory_get_set_symbol(load->image, "entry64_regs", &regs, sizeof(regs), 0);
}
