/* SPDX-License-Identifier: Apache-2.0 OR GPL-2.0-only */
/*
 * The first bytes of the emulator's flat blob. The linker fills in what it knows, the relocation
 * fixer the place of the runtime image and the packed sizes, the composer the place of the carried
 * handover block.
 *
 * A blob may be packed: its head, which starts it, is followed by one LZ4 block that holds all the
 * rest, with the targets of calls in another form (CPlatform/branches.c). The head unpacks it in
 * place, so every other offset in this header is one in memory.
 */
#ifndef VIRGIL_BLOB_H
#define VIRGIL_BLOB_H

#include "virgil_handover.h"

#define VIRGIL_BLOB_MAGIC 0x424f4c424c475256ULL /* "VRGLBLOB" */
#define VIRGIL_BLOB_VERSION 2

struct virgil_blob_header {
	/* 0x00 code, entered by the Linux boot protocol (x0 = DTB, rsi = boot_params) */
	VIRGIL_U8 entry_carried[8];
	/* 0x08 code, entered with the handover block in x0 or rdi */
	VIRGIL_U8 entry_resident[8];
	VIRGIL_U64 magic;	   /* 0x10 */
	VIRGIL_U32 version;	   /* 0x18 */
	VIRGIL_U32 header_size;	   /* 0x1c of this structure */
	/* 0x20 of the emulator in the file; not packed: without the runtime image */
	VIRGIL_U64 file_size;
	/* 0x28 of the emulator in memory, .bss included; a multiple of 4 KiB */
	VIRGIL_U64 memory_size;
	/* 0x30 of the runtime image from the blob's first byte in memory; 0: none */
	VIRGIL_U64 runtime_offset;
	VIRGIL_U64 runtime_size;   /* 0x38 */
	/* 0x40 of the carried handover block, two's complement; 0: none */
	VIRGIL_U64 carried_offset;
	VIRGIL_U32 machine;	   /* 0x48 PE machine type: 0xaa64 or 0x8664 */
	VIRGIL_U32 flags;	   /* 0x4c 0 */
	/* 0x50 the ELF's build ID, zero padded; filled in by the relocation fixer */
	VIRGIL_U8 build_id[32];
	VIRGIL_U64 head_size;	   /* 0x70 of what is never packed; a multiple of 4 KiB */
	VIRGIL_U64 packed_size;	   /* 0x78 of the LZ4 block behind the head; 0: not packed */
	VIRGIL_U64 unpacked_size;  /* 0x80 of what the block holds: it goes behind the head */
};

#endif
