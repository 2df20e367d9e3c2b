/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * The EFI emulator as it was built for this architecture. It is data to this
 * kernel, which never runs it: it is copied into a kexec segment.
 */
#include <linux/linkage.h>

	.section .rodata, "a"
	.balign	16
SYM_DATA_START(kexec_efi_blob)
#ifdef CONFIG_ARM64
	.incbin	"virgil-arm64.blob"
#else
	.incbin	"virgil-x86.blob"
#endif
SYM_DATA_END_LABEL(kexec_efi_blob, SYM_L_GLOBAL, kexec_efi_blob_end)
