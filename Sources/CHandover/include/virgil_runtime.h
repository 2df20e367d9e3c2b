/* SPDX-License-Identifier: Apache-2.0 OR GPL-2.0-only */
/*
 * The first bytes of the runtime image: what stays behind when the next kernel runs. The emulator copies the image
 * into runtime services memory, relocates it, and calls fill through the header.
 */
#ifndef VIRGIL_RUNTIME_H
#define VIRGIL_RUNTIME_H

#include "virgil_handover.h"

#define VIRGIL_RUNTIME_MAGIC 0x4d49544e55524756ULL /* "VGRUNTIM" */
#define VIRGIL_RUNTIME_VERSION 1

struct virgil_runtime_header {
	VIRGIL_U64 magic;
	VIRGIL_U32 version;
	VIRGIL_U32 header_size;
	VIRGIL_U64 file_size;	     /* bytes in the file */
	VIRGIL_U64 memory_size;	     /* with .bss */
	VIRGIL_U64 relocations;	     /* offset of the RELR table */
	VIRGIL_U64 relocations_end; /* offset of the first byte after it */
	VIRGIL_U64 fill;	     /* offset of virgil_runtime_fill() */
	VIRGIL_U64 data;	     /* offset of the first page that is written to; a multiple of 4 KiB */
};

#endif
