// SPDX-License-Identifier: GPL-2.0-only
/*
 * Sidecars: an archive (cpio newc) in place of, in front of, or behind the
 * initrd, whose first entry is a folder named .virgil-sidecars. The emulator
 * shows its files to the image. Add-ons among them are EFI images, with
 * signatures of their own: which of these hold is found out here, where the
 * keys are.
 */
#define pr_fmt(fmt) "kexec_efi: " fmt

#include <crypto/sha2.h>
#include <linux/ctype.h>
#include <linux/hex.h>
#include <linux/kernel.h>
#include <linux/printk.h>
#include <linux/string.h>

#include "internal.h"

#define MARK ".virgil-sidecars"
#define MAGIC KEXEC_EFI_CPIO_MAGIC
#define HEADER_SIZE KEXEC_EFI_CPIO_HEADER

/* An archive has a handful of add-ons; more than this are not looked at. */
#define MOST_FILES 256

/* An initrd has the mark by chance at best; what looks like it is tried so often. */
#define MOST_TRIES 8

struct entry {
	const char *name;
	const char *data;
	u32 size;
	/* of the entry after this one */
	unsigned long next;
};

/* The header is 13 numbers of eight hexadecimal digits behind the magic. */
static bool read_number(const char *header, int index, u32 *number)
{
	const char *digits = header + 6 + 8 * index;
	int i, digit;

	*number = 0;
	for (i = 0; i < 8; i++) {
		digit = hex_to_bin(digits[i]);
		if (digit < 0)
			return false;
		*number = *number << 4 | digit;
	}
	return true;
}

static bool read_entry(const char *archive, unsigned long len, unsigned long at,
		       struct entry *entry)
{
	u32 name_size;
	u64 data;

	if (at > len || len - at < HEADER_SIZE || memcmp(archive + at, MAGIC, 6))
		return false;
	if (!read_number(archive + at, 6, &entry->size) ||
	    !read_number(archive + at, 11, &name_size))
		return false;
	data = ALIGN((u64)at + HEADER_SIZE + name_size, 4);
	if (!name_size || data + entry->size > len)
		return false;
	entry->name = archive + at + HEADER_SIZE;
	if (strnlen(entry->name, name_size) != name_size - 1)
		return false;
	entry->data = archive + data;
	entry->next = ALIGN(data + entry->size, 4);
	return true;
}

static bool is_marked(const char *initrd, unsigned long len, unsigned long at)
{
	struct entry entry;

	return read_entry(initrd, len, at, &entry) && !strcmp(entry.name, MARK);
}

/* Whether an archive is the last thing in the file, but for zeros. */
static bool reaches_end(const char *initrd, unsigned long len, unsigned long at)
{
	struct entry entry;

	do {
		if (!read_entry(initrd, len, at, &entry))
			return false;
		at = entry.next;
	} while (strcmp(entry.name, KEXEC_EFI_CPIO_TRAILER));
	return at >= len || !memchr_inv(initrd + at, 0, len - at);
}

/* Where the archive starts: at the beginning, or behind an initrd, up to the end. */
static bool find_archive(const char *initrd, unsigned long len, unsigned long *start)
{
	unsigned long at;
	int tries = 0;

	*start = 0;
	if (is_marked(initrd, len, 0))
		return true;
	for (at = 4; at + HEADER_SIZE <= len && tries < MOST_TRIES; at += 4) {
		if (memcmp(initrd + at, MAGIC, 6) || !is_marked(initrd, len, at))
			continue;
		tries++;
		*start = at;
		if (reaches_end(initrd, len, at))
			return true;
	}
	return false;
}

static bool is_verified(const char *data, u32 size)
{
#ifdef CONFIG_KEXEC_EFI_VERIFY_SIG
	return size > 2 && data[0] == 'M' && data[1] == 'Z' &&
	       !kexec_kernel_verify_pe_sig(data, size);
#else
	return false;
#endif
}

/**
 * kexec_efi_put_verified - hand over which sidecars have a signature that holds
 * @load:	the image that is loaded
 * @mem:	physical address of the initrd
 */
void kexec_efi_put_verified(struct kexec_efi_load *load, unsigned long mem)
{
	struct virgil_verified_record record = {
		.record = { .type = VIRGIL_RECORD_VERIFIED, .size = sizeof(record) },
	};
	unsigned long at, len = load->initrd_len;
	const char *initrd = load->initrd;
	struct entry entry;
	int files = 0;

	if (!initrd || !find_archive(initrd, len, &at))
		return;
	while (files++ < MOST_FILES && read_entry(initrd, len, at, &entry) &&
	       strcmp(entry.name, KEXEC_EFI_CPIO_TRAILER)) {
		at = entry.next;
		if (!is_verified(entry.data, entry.size))
			continue;
		pr_debug("the signature of the sidecar %s holds\n", entry.name);
		record.address = mem + (entry.data - initrd);
		record.size = entry.size;
		sha256(entry.data, entry.size, record.sha256);
		kexec_efi_put(load, &record.record);
	}
}
