/* SPDX-License-Identifier: Apache-2.0 OR GPL-2.0-only */
/*
 * A payload for the hosted tests: calls into the emulator's tables and functions that the emulator calls back, in the
 * payload's calling convention, which Swift cannot express.
 */
#ifndef VIRGIL_TEST_PAYLOAD_H
#define VIRGIL_TEST_PAYLOAD_H

#include "efi.h"

#define PAYLOAD_ARGUMENTS 12

/* Calls a table's member. Integers and pointers only; arguments that the member does not have are not looked at. */
uint64_t payload_call(efi_slot function, const uint64_t arguments[PAYLOAD_ARGUMENTS]);

/*
 * Functions for the emulator to call. Number `slot` hands its arguments to the dispatcher, whose result it returns.
 * payload_entry() gives its address; 0 when there are no more slots.
 */
#define PAYLOAD_SLOTS 24
typedef uint64_t (*payload_dispatcher)(uint32_t slot, const uint64_t arguments[6]);
void payload_set_dispatcher(payload_dispatcher dispatcher);
uint64_t payload_entry(uint32_t slot);

/* What the program does when it runs as an image, and what it saw. */
typedef struct {
	uint64_t raise_tpl;	 /* 0: leave it */
	uint64_t allocate_pages; /* LoaderData, not freed; 0: none */
	uint32_t depth;		 /* of function calls before it ends */
	uint8_t call_exit;	 /* 1: Exit() from down there; 0: return from the entry point */
	uint8_t with_exit_data;	 /* 1: a string from AllocatePool goes with Exit() */
	efi_status status;
	efi_handle image;	 /* out: what it was called with */
	void *system_table;	 /* out */
	uint32_t returned;	 /* out: Exit() came back, which it must not */
} payload_program;
payload_program *payload_shared_program(void);

/* The program's entry point, for an image to jump to. */
uint64_t payload_program_entry(void);

#endif
