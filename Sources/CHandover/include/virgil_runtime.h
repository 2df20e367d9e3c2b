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

/* What moves with the virtual address map, besides the image itself. */
enum virgil_runtime_entry_kind {
	VIRGIL_RUNTIME_NOTIFY = 1, /* first: function, second: context, third: event */
	VIRGIL_RUNTIME_IMAGE = 2,  /* first: base, second: size; third: RVA of its base relocations, their size << 32 */
};

struct virgil_runtime_entry {
	VIRGIL_U64 kind; /* enum virgil_runtime_entry_kind */
	VIRGIL_U64 first;
	VIRGIL_U64 second;
	VIRGIL_U64 third;
};

/*
 * What the emulator leaves to the runtime image, in runtime services data: at ExitBootServices it calls fill with this.
 * Addresses are physical until SetVirtualAddressMap.
 */
struct virgil_runtime_parameters {
	VIRGIL_U64 system_table;
	VIRGIL_U64 runtime_services;
	VIRGIL_U64 variables; /* the store: Sources/Variables */
	struct virgil_reset_record reset;
	VIRGIL_U64 entry_count;
	struct virgil_runtime_entry entries[]; /* notifications in the order in which they are called */
};

/* Bytes of the parameters with all entries. */
#define VIRGIL_RUNTIME_PARAMETERS_SIZE 4096

#endif
