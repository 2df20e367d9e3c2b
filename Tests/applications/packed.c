/* SPDX-License-Identifier: Apache-2.0 OR GPL-2.0-only */
/*
 * An EFI application whose code and data share one page: whatever it writes is beside the instruction that writes. Firmware
 * gives such an image no rights by section. It ends with an error, since Tests/boot has it among what must not come up.
 *
 * alignment: 32
 */
#include <stdint.h>

#include "application.h"

static volatile uint64_t count = 5;
static uint8_t buffer[200] = {1};

#ifdef __x86_64__
/* mov eax, 1234; ret */
static volatile uint8_t code[] = {0xb8, 0xd2, 0x04, 0, 0, 0xc3};

static int runs_data(void)
{
	uint32_t (*function)(void) = (uint32_t(*)(void))(uintptr_t)code;
	uint32_t before = function();

	code[1] = 0xd3;
	return before == 1234 && function() == 1235;
}

static int fills(void)
{
	void *end = buffer;
	uint64_t left = sizeof(buffer);

	__asm__ volatile("rep stosb" : "+D"(end), "+c"(left) : "a"(0x5a) : "memory");
	for (uint64_t i = 0; i < sizeof(buffer); i++)
		if (buffer[i] != 0x5a)
			return 0;
	return left == 0;
}
#else
static int runs_data(void) { return 1; }
static int fills(void) { return buffer[0] == 1; }
#endif

efi_status EFIAPI efi_main(efi_handle image, EFI_SYSTEM_TABLE *system)
{
	print(system, u"packed: ready\r\n");
	for (int i = 0; i < 3000; i++)
		count++;
	if (count == 3005)
		print(system, u"packed: has counted\r\n");
	if (fills())
		print(system, u"packed: has filled\r\n");
	if (runs_data())
		print(system, u"packed: has run its data\r\n");
	return 0x8000000000000015; /* EFI_ABORTED */
}
