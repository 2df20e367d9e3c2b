/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * kexec_file_load() of EFI images: what the common code in kernel/kexec_efi/
 * and the architectures share.
 */
#ifndef _LINUX_KEXEC_EFI_H
#define _LINUX_KEXEC_EFI_H

#include <linux/efi.h>
#include <linux/kexec.h>
#include <linux/virgil_handover.h>

#ifdef CONFIG_KEXEC_EFI

extern const struct kexec_file_ops kexec_efi_ops;

/* What RAM can be mapped as where nobody says. */
#define KEXEC_EFI_RAM_ATTRIBUTES \
	(EFI_MEMORY_UC | EFI_MEMORY_WC | EFI_MEMORY_WT | EFI_MEMORY_WB)

/**
 * struct kexec_efi_load - an EFI image while it is loaded
 * @image:	the kexec image
 * @cmdline:	command line, NUL-terminated
 * @prefix:	what the architecture puts in front of @cmdline
 * @addon:	an add-on with the same, or NULL
 * @verified:	the image has a signature that holds
 * @is_uki:	the image has a command line of its own
 * @initrd:	contents of the initrd file, or NULL
 * @initrd_len:	bytes of @initrd
 * @emulator:	physical address of the emulator
 * @dtb:	physical address of the next kernel's device tree, or 0
 * @dtb_len:	bytes of the device tree
 * @block:	the handover block as far as it is written
 * @used:	bytes of @block that are written
 * @room:	bytes of @block that are allocated
 * @error:	the first error of writing the block; nothing is written after it
 */
struct kexec_efi_load {
	struct kimage *image;
	const char *cmdline;
	char prefix[80];
	void *addon;
	bool verified;
	bool is_uki;
	char *initrd;
	unsigned long initrd_len;
	unsigned long emulator;
	unsigned long dtb;
	unsigned long dtb_len;
	void *block;
	size_t used;
	size_t room;
	int error;
};

/* Writing the handover block: an error is kept in @load->error. */
void kexec_efi_put(struct kexec_efi_load *load, const struct virgil_record *record);
void kexec_efi_put_range(struct kexec_efi_load *load, u32 type, u64 address, u64 size);
void kexec_efi_put_memory(struct kexec_efi_load *load, u32 type, u64 start, u64 end, u64 attribute,
			  u64 virt);
void kexec_efi_put_ram(struct kexec_efi_load *load, u64 start, u64 end, u64 attribute);
void kexec_efi_put_table(struct kexec_efi_load *load, const efi_guid_t *guid, u64 address);
void kexec_efi_put_tables(struct kexec_efi_load *load, u64 systab, u64 tables);
void kexec_efi_put_secure_boot(struct kexec_efi_load *load);
void kexec_efi_put_console(struct kexec_efi_load *load);

/*
 * What an architecture does, in this order. Each returns 0 or an errno; what
 * they allocate belongs to the image.
 */

/* Adds the segments that come before all others; may set @prefix. */
int arch_kexec_efi_prepare(struct kexec_efi_load *load);
/* Adds segments for the initrd and, where there is one, the device tree; sets @dtb and @dtb_len. */
int arch_kexec_efi_add_segments(struct kexec_efi_load *load);
/* Writes memory, configuration tables, clock and reset into the block. */
void arch_kexec_efi_describe(struct kexec_efi_load *load);
/* Has the image entered at @entry with the block's address as the first argument. */
int arch_kexec_efi_enter(struct kexec_efi_load *load, unsigned long entry, unsigned long block);

#endif /* CONFIG_KEXEC_EFI */
#endif /* _LINUX_KEXEC_EFI_H */
