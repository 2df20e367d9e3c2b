// SPDX-License-Identifier: GPL-2.0-only
/*
 * A crash kernel's command line names what it is to dump. The command line of a
 * UKI is its own, though, and with Secure Boot no other counts but that of
 * add-ons that were verified. So what this kernel has to say comes as an add-on:
 * an EFI image with a section .cmdline, in an archive of its own, which the
 * emulator shows to systemd-stub as loader/addons/kexec.addon.efi.
 */
#include <linux/errno.h>
#include <linux/kernel.h>
#include <linux/pe.h>
#include <linux/slab.h>
#include <linux/sizes.h>
#include <linux/string.h>

#include "internal.h"

#define FOLDER		"loader"
#define SUBFOLDER	"loader/addons"
#define FILE		"loader/addons/kexec.addon.efi"
#define MODE_FOLDER	0040755
#define MODE_FILE	0100644

/* Where the section is in the file and in memory. */
#define SECTION_OFFSET	SZ_512
#define SECTION_RVA	SZ_4K

struct headers {
	struct mz_hdr mz;
	struct pe_hdr pe;
	struct pe32plus_opt_hdr opt;
	struct data_directory directories;
	struct section_header section;
};

/* An entry of the archive (cpio newc): header, name and data, each padded to 4. */
static size_t entry_size(const char *name, size_t size)
{
	return ALIGN(KEXEC_EFI_CPIO_HEADER + strlen(name) + 1, 4) + ALIGN(size, 4);
}

static char *write_entry(char *to, const char *name, u32 mode, size_t size)
{
	u32 name_size = strlen(name) + 1;

	/* inode, mode, owner, group, links, time, size, two devices, name, checksum */
	sprintf(to, KEXEC_EFI_CPIO_MAGIC "%08x%08x%08x%08x%08x%08x%08x%08x%08x%08x%08x%08x%08x",
		0, mode, 0, 0, 1, 0, (u32)size, 0, 0, 0, 0, name_size, 0);
	memcpy(to + KEXEC_EFI_CPIO_HEADER, name, name_size);
	return to + ALIGN(KEXEC_EFI_CPIO_HEADER + name_size, 4);
}

static void write_image(char *to, const char *line, u32 size)
{
	struct headers headers = {
		.mz = { .magic = IMAGE_DOS_SIGNATURE, .peaddr = offsetof(struct headers, pe) },
		.pe = {
			.magic = IMAGE_NT_SIGNATURE,
			.machine = KEXEC_EFI_MACHINE,
			.sections = 1,
			.opt_hdr_size = offsetof(struct headers, section) -
					offsetof(struct headers, opt),
			.flags = IMAGE_FILE_EXECUTABLE_IMAGE,
		},
		.opt = {
			.magic = IMAGE_NT_OPTIONAL_HDR64_MAGIC,
			.data_size = size,
			.entry_point = SECTION_RVA,
			.section_align = SECTION_RVA,
			.file_align = SECTION_OFFSET,
			.image_size = SECTION_RVA + ALIGN(size, SZ_4K),
			.header_size = SECTION_OFFSET,
			.subsys = IMAGE_SUBSYSTEM_EFI_APPLICATION,
			.data_dirs = sizeof(headers.directories) / sizeof(struct data_dirent),
		},
		.section = {
			.name = ".cmdline",
			.virtual_size = size,
			.virtual_address = SECTION_RVA,
			.raw_data_size = size,
			.data_addr = SECTION_OFFSET,
			.flags = IMAGE_SCN_CNT_INITIALIZED_DATA | IMAGE_SCN_MEM_READ,
		},
	};

	memcpy(to, &headers, sizeof(headers));
	memcpy(to + SECTION_OFFSET, line, size);
}

/**
 * kexec_efi_add_addon - add an add-on with what this kernel adds to the command line
 * @load:	the image that is loaded
 *
 * Return: 0 or an errno. The caller frees @load->addon.
 */
int kexec_efi_add_addon(struct kexec_efi_load *load)
{
	u32 line_size = strlen(load->prefix);
	u32 image_size = SECTION_OFFSET + line_size;
	unsigned long address;
	char *to;
	size_t size;
	int ret;

	if (!line_size)
		return 0;
	size = entry_size(FOLDER, 0) + entry_size(SUBFOLDER, 0) + entry_size(FILE, image_size) +
	       entry_size(KEXEC_EFI_CPIO_TRAILER, 0);
	load->addon = kzalloc(size, GFP_KERNEL);
	if (!load->addon)
		return -ENOMEM;
	to = write_entry(load->addon, FOLDER, MODE_FOLDER, 0);
	to = write_entry(to, SUBFOLDER, MODE_FOLDER, 0);
	to = write_entry(to, FILE, MODE_FILE, image_size);
	write_image(to, load->prefix, line_size);
	write_entry(to + ALIGN(image_size, 4), KEXEC_EFI_CPIO_TRAILER, 0, 0);

	ret = kexec_efi_add_segment(load, load->addon, size, size, &address);
	if (!ret)
		kexec_efi_put_range(load, VIRGIL_RECORD_SIDECARS, address, size);
	return ret;
}
