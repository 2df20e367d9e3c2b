/* SPDX-License-Identifier: Apache-2.0 OR GPL-2.0-only */
/* An EFI application (UEFI 2.10, 4.1.1) that does what the test says, through the tables it is given. */
#include "payload.h"

static payload_program payload_current;

payload_program *payload_shared_program(void) { return &payload_current; }

typedef uint64_t(EFIAPI *raise_tpl_function)(uint64_t);
typedef efi_status(EFIAPI *allocate_pages_function)(uint32_t, uint32_t, uint64_t, uint64_t *);
typedef efi_status(EFIAPI *allocate_pool_function)(uint32_t, uint64_t, void **);
typedef efi_status(EFIAPI *exit_function)(efi_handle, efi_status, uint64_t, efi_char16 *);
#define CALL(type, slot) ((type)(void *)(slot))

enum { LOADER_DATA = 2, EXIT_DATA_LENGTH = 5 };

static void leave(EFI_BOOT_SERVICES *boot)
{
	efi_char16 *data = NULL;
	uint64_t size = 0;

	if (payload_current.with_exit_data) {
		static const efi_char16 text[EXIT_DATA_LENGTH] = { 'd', 'o', 'n', 'e', 0 };
		void *memory = NULL;
		if (CALL(allocate_pool_function, boot->AllocatePool)(LOADER_DATA, sizeof text, &memory) == 0) {
			data = memory;
			size = sizeof text;
			for (int i = 0; i < EXIT_DATA_LENGTH; i++)
				data[i] = text[i];
		}
	}
	CALL(exit_function, boot->Exit)(payload_current.image, payload_current.status, size, data);
	payload_current.returned++;
}

/* The stack between the entry point and Exit() must not matter; `volatile` keeps it from being folded away. */
static void descend(EFI_BOOT_SERVICES *boot, uint32_t depth)
{
	volatile uint8_t room[256];

	room[0] = (uint8_t)depth;
	if (depth > 0)
		descend(boot, depth - 1);
	else if (payload_current.call_exit)
		leave(boot);
	room[255] = room[0];
}

static EFIAPI efi_status program(efi_handle image, EFI_SYSTEM_TABLE *table)
{
	EFI_BOOT_SERVICES *boot = table->BootServices;

	payload_current.image = image;
	payload_current.system_table = table;
	if (payload_current.raise_tpl)
		CALL(raise_tpl_function, boot->RaiseTPL)(payload_current.raise_tpl);
	if (payload_current.allocate_pages) {
		uint64_t address = 0;
		CALL(allocate_pages_function, boot->AllocatePages)(0, LOADER_DATA, payload_current.allocate_pages, &address);
	}
	descend(boot, payload_current.depth);
	return payload_current.status;
}

uint64_t payload_program_entry(void) { return (uint64_t)program; }
