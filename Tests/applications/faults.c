/* SPDX-License-Identifier: Apache-2.0 OR GPL-2.0-only */
/*
 * An EFI application that misbehaves as its load options say. Under Virgil each way ends in a message and a reset, never
 * in a hang: Tests/boot/cases.toml has what is expected.
 */
#include <stdint.h>

#include "application.h"

static volatile uint64_t data = 1;

/* Deep enough for any stack; the array keeps the compiler from making a loop of it. */
__attribute__((noinline)) static uint64_t descend(uint64_t depth)
{
	volatile uint64_t page[256];

	page[0] = depth;
	return depth == 0 ? 0 : descend(depth + 1) + page[0];
}

efi_status EFIAPI efi_main(efi_handle image, EFI_SYSTEM_TABLE *system)
{
	char16 what = first_option(image, system);

	print(system, u"faults: ready\r\n");
	switch (what) {
	case 'r': /* page 0 */
		return *(volatile uint64_t *)(data - 1);
	case 'w': /* its own code */
		*(volatile uint8_t *)efi_main = 0;
		break;
	case 'x': /* its own data */
		((void (*)(void))&data)();
		break;
	case 's':
		return descend(1);
	case 'u': /* memory that is no memory */
		return *(volatile uint64_t *)(data << 46);
	case 'n':
		return 0x8000000000000015; /* EFI_ABORTED */
	case 'e':
		((void(EFIAPI *)(efi_handle, efi_status, uint64_t, void *))system->BootServices->Exit)(
			image, 0x8000000000000015, 0, 0);
		break;
	}
	print(system, u"faults: still here\r\n");
	return 0;
}
