/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * kexec_file_load() of EFI images: what the files of this folder share.
 */
#ifndef _KEXEC_EFI_INTERNAL_H
#define _KEXEC_EFI_INTERNAL_H

#include <linux/kexec_efi.h>
#include <linux/virgil_blob.h>

#ifdef CONFIG_ARM64
#define KEXEC_EFI_MACHINE IMAGE_FILE_MACHINE_ARM64
#define KEXEC_EFI_FIRMWARE "virgil/aarch64.blob"
#else
#define KEXEC_EFI_MACHINE IMAGE_FILE_MACHINE_AMD64
#define KEXEC_EFI_FIRMWARE "virgil/x86_64.blob"
#endif

/* An archive of sidecars is a cpio archive of the format newc. */
#define KEXEC_EFI_CPIO_MAGIC	"070701"
#define KEXEC_EFI_CPIO_HEADER	110
#define KEXEC_EFI_CPIO_TRAILER	"TRAILER!!!"

struct firmware;

/**
 * struct kexec_efi_pe - what is known of an image without loading it
 * @image_size:	SizeOfImage
 * @has_command_line:	it has a section .cmdline, so it is a UKI
 */
struct kexec_efi_pe {
	u32 image_size;
	bool has_command_line;
};

/**
 * struct kexec_efi_emulator - the emulator's blob
 * @header:	its first bytes
 * @size:	bytes of the blob
 * @firmware:	what holds the blob, or NULL if it is part of the kernel
 */
struct kexec_efi_emulator {
	const struct virgil_blob_header *header;
	size_t size;
	const struct firmware *firmware;
};

int kexec_efi_get_emulator(struct kexec_efi_emulator *emulator);
void kexec_efi_put_emulator(struct kexec_efi_emulator *emulator);

int kexec_efi_check_image(const char *buf, unsigned long len, struct kexec_efi_pe *pe);

int kexec_efi_begin_block(struct kexec_efi_load *load);
int kexec_efi_finish_block(struct kexec_efi_load *load, unsigned long *address);

int kexec_efi_add_segment(struct kexec_efi_load *load, void *buffer, size_t size, size_t memory,
			  unsigned long *address);
int kexec_efi_add_addon(struct kexec_efi_load *load);
void kexec_efi_put_verified(struct kexec_efi_load *load, unsigned long mem);

#endif /* _KEXEC_EFI_INTERNAL_H */
