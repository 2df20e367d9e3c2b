// SPDX-License-Identifier: GPL-2.0-only
/*
 * The emulator's blob: part of the kernel, or a firmware file that the kernel
 * knows by its SHA-256.
 */
#define pr_fmt(fmt) "kexec_efi: " fmt

#include <crypto/sha2.h>
#include <linux/errno.h>
#include <linux/firmware.h>
#include <linux/hex.h>
#include <linux/init.h>
#include <linux/pe.h>
#include <linux/printk.h>
#include <linux/string.h>

#include "internal.h"
#ifdef CONFIG_ARM64
#include "virgil-arm64.h"
#else
#include "virgil-x86.h"
#endif

/* No emulator needs more memory than this. */
#define MOST_MEMORY SZ_64M

#ifdef CONFIG_KEXEC_EFI_FIRMWARE
static int get_blob(struct kexec_efi_emulator *emulator)
{
	int ret = request_firmware_direct(&emulator->firmware, KEXEC_EFI_FIRMWARE, NULL);

	if (ret) {
		pr_err("the emulator's firmware file %s cannot be loaded: %d\n", KEXEC_EFI_FIRMWARE,
		       ret);
		return ret;
	}
	emulator->header = (const void *)emulator->firmware->data;
	emulator->size = emulator->firmware->size;
	return 0;
}
#else
extern const char kexec_efi_blob[], kexec_efi_blob_end[];

static int get_blob(struct kexec_efi_emulator *emulator)
{
	emulator->header = (const void *)kexec_efi_blob;
	emulator->size = kexec_efi_blob_end - kexec_efi_blob;
	return 0;
}
#endif

static int check_blob(const struct kexec_efi_emulator *emulator)
{
	const struct virgil_blob_header *header = emulator->header;
	char text[2 * SHA256_DIGEST_SIZE + 1] = "";
	u8 digest[SHA256_DIGEST_SIZE];

	sha256((const u8 *)header, emulator->size, digest);
	bin2hex(text, digest, sizeof(digest));
	if (strcmp(text, KEXEC_EFI_BLOB_SHA256)) {
		pr_err("the emulator is not this kernel's: its SHA-256 is %s, not %s\n", text,
		       KEXEC_EFI_BLOB_SHA256);
		return -EKEYREJECTED;
	}
	if (emulator->size < sizeof(*header) || header->magic != VIRGIL_BLOB_MAGIC ||
	    header->version != VIRGIL_BLOB_VERSION || header->machine != KEXEC_EFI_MACHINE ||
	    header->memory_size < emulator->size || header->memory_size > MOST_MEMORY) {
		pr_err("the emulator has a header that this kernel does not know\n");
		return -ENOEXEC;
	}
	return 0;
}

/**
 * kexec_efi_get_emulator - get the emulator, checked
 * @emulator:	filled in
 *
 * Return: 0 or an errno. The caller puts it back.
 */
int kexec_efi_get_emulator(struct kexec_efi_emulator *emulator)
{
	int ret = get_blob(emulator);

	if (ret)
		return ret;
	ret = check_blob(emulator);
	if (ret)
		kexec_efi_put_emulator(emulator);
	return ret;
}

void kexec_efi_put_emulator(struct kexec_efi_emulator *emulator)
{
	release_firmware(emulator->firmware);
	emulator->firmware = NULL;
}

static int __init kexec_efi_init(void)
{
	pr_info("EFI emulator %s, build %s, SHA-256 %s\n", KEXEC_EFI_BLOB_RELEASE,
		KEXEC_EFI_BLOB_BUILD_ID, KEXEC_EFI_BLOB_SHA256);
	return 0;
}
late_initcall(kexec_efi_init);
