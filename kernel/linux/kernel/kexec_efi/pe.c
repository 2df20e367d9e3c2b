// SPDX-License-Identifier: GPL-2.0-only
/*
 * Tells EFI applications for this machine from other files (Microsoft PE and
 * COFF specification; UEFI 2.10, 2.1.1).
 *
 * Everything is checked here that can be known without loading the image, so
 * that a broken file is refused while there is somebody to tell. The emulator
 * checks it once more.
 */
#define pr_fmt(fmt) "kexec_efi: " fmt

#include <linux/errno.h>
#include <linux/pe.h>
#include <linux/printk.h>
#include <linux/string.h>
#include <linux/types.h>

#include "internal.h"

static const char *check_section(const struct section_header *section, unsigned long len,
				 u32 image_size)
{
	u64 file_end = (u64)section->data_addr + section->raw_data_size;
	u64 memory_end = (u64)section->virtual_address + section->virtual_size;

	if (section->raw_data_size && file_end > len)
		return "a section's data lie beyond the end of the file";
	if (memory_end > image_size)
		return "a section lies beyond SizeOfImage";
	return NULL;
}

static const char *check_sections(const char *buf, unsigned long len, u64 table, u32 number,
				  const struct pe32plus_opt_hdr *opt, struct kexec_efi_pe *pe)
{
	struct section_header section;
	const char *reason;
	u32 i;

	if (table + (u64)number * sizeof(section) > opt->header_size)
		return "the section table does not fit into SizeOfHeaders";
	for (i = 0; i < number; i++) {
		memcpy(&section, buf + table + i * sizeof(section), sizeof(section));
		reason = check_section(&section, len, opt->image_size);
		if (reason)
			return reason;
		if (!strncmp(section.name, ".cmdline", sizeof(section.name)))
			pe->has_command_line = true;
	}
	return NULL;
}

static const char *check_headers(const char *buf, unsigned long len, u64 at,
				 const struct pe_hdr *header, struct kexec_efi_pe *pe)
{
	struct pe32plus_opt_hdr opt;

	if (header->opt_hdr_size < sizeof(opt) || at + header->opt_hdr_size > len)
		return "its optional header is cut off";
	memcpy(&opt, buf + at, sizeof(opt));
	if (opt.magic != IMAGE_NT_OPTIONAL_HDR64_MAGIC)
		return "it is not PE32+";
	if (opt.subsys != IMAGE_SUBSYSTEM_EFI_APPLICATION)
		return "it is no EFI application";
	if (!opt.image_size || opt.header_size > opt.image_size)
		return "SizeOfImage is smaller than SizeOfHeaders";
	if (opt.header_size > len)
		return "SizeOfHeaders is larger than the file";
	if (!opt.entry_point || opt.entry_point >= opt.image_size)
		return "its entry point lies outside of it";
	pe->image_size = opt.image_size;
	return check_sections(buf, len, at + header->opt_hdr_size, header->sections, &opt, pe);
}

/**
 * kexec_efi_check_image - check that a file is an EFI application for this
 * machine
 * @buf:	the file
 * @len:	bytes of it
 * @pe:	filled in
 *
 * Return: 0 or -ENOEXEC. What another loader may know is refused silently, a
 * broken image with a reason.
 */
int kexec_efi_check_image(const char *buf, unsigned long len, struct kexec_efi_pe *pe)
{
	const char *reason;
	struct mz_hdr mz;
	struct pe_hdr header;

	*pe = (struct kexec_efi_pe){};
	if (!buf || len < sizeof(mz))
		goto no_pe;
	memcpy(&mz, buf, sizeof(mz));
	if (mz.magic != IMAGE_DOS_SIGNATURE)
		goto no_pe;
	if (len < sizeof(header) || mz.peaddr > len - sizeof(header))
		goto no_pe;
	memcpy(&header, buf + mz.peaddr, sizeof(header));
	if (header.magic != IMAGE_NT_SIGNATURE)
		goto no_pe;
	if (header.machine != KEXEC_EFI_MACHINE) {
		pr_debug("the image is for machine type %#x, not for %#x\n", header.machine,
			 KEXEC_EFI_MACHINE);
		return -ENOEXEC;
	}
	reason = check_headers(buf, len, (u64)mz.peaddr + sizeof(header), &header, pe);
	if (reason) {
		pr_err("the image cannot be loaded: %s\n", reason);
		return -ENOEXEC;
	}
	return 0;

no_pe:
	pr_debug("the file is no PE image\n");
	return -ENOEXEC;
}
