/* SPDX-License-Identifier: Apache-2.0 OR GPL-2.0-only */
/*
 * The first bytes of the emulator's flat blob. The linker fills in what it knows, the relocation fixer the
 * place of the runtime image, the composer the place of the carried handover block.
 */
#ifndef VIRGIL_BLOB_H
#define VIRGIL_BLOB_H

#include "virgil_handover.h"

#define VIRGIL_BLOB_MAGIC 0x424f4c424c475256ULL /* "VRGLBLOB" */
#define VIRGIL_BLOB_VERSION 1

struct virgil_blob_header {
	VIRGIL_U8 entry_carried[8];  /* 0x00 code, entered by the Linux boot protocol (x0 = DTB, rsi = boot_params) */
	VIRGIL_U8 entry_resident[8]; /* 0x08 code, entered with the handover block in x0 or rdi */
	VIRGIL_U64 magic;	     /* 0x10 */
	VIRGIL_U32 version;	     /* 0x18 */
	VIRGIL_U32 header_size;	     /* 0x1c of this structure */
	VIRGIL_U64 file_size;	     /* 0x20 of the emulator in the file, without the runtime image */
	VIRGIL_U64 memory_size;	     /* 0x28 of the emulator in memory, .bss included */
	VIRGIL_U64 runtime_offset;   /* 0x30 of the runtime image from the blob's first byte; 0: none */
	VIRGIL_U64 runtime_size;     /* 0x38 in the file */
	VIRGIL_U64 carried_offset;   /* 0x40 of the carried handover block, two's complement; 0: none */
	VIRGIL_U32 machine;	     /* 0x48 PE machine type: 0xaa64 or 0x8664 */
	VIRGIL_U32 flags;	     /* 0x4c 0 */
	VIRGIL_U8 build_id[32];	     /* 0x50 the ELF's build ID, zero padded; filled in by the relocation fixer */
};

#endif
