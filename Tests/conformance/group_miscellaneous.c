/* SPDX-License-Identifier: Apache-2.0 OR GPL-2.0-only */
/* Miscellaneous boot services (UEFI 2.10, 7.5). The watchdog's bite is in group_watchdog.c. */
#include "conformance.h"

static uint8_t buffer[4096], copy[4096];

static void fill(uint8_t *bytes, uint64_t size)
{
	for (uint64_t i = 0; i < size; i++)
		bytes[i] = (uint8_t)(i * 7 + i / 251);
}

static void crc(void)
{
	uint32_t crc = 0;
	uint8_t byte = 0;

	check_status("7.5.7", "miscellaneous.crc.null-data", BS(CalculateCrc32)(0, 4, &crc), EFI_INVALID_PARAMETER,
		     "Data is NULL");
	check_status("7.5.7", "miscellaneous.crc.null-crc", BS(CalculateCrc32)(&byte, 1, 0), EFI_INVALID_PARAMETER,
		     "Crc32 is NULL");
	check_status("7.5.7", "miscellaneous.crc.size-0", BS(CalculateCrc32)(&byte, 0, &crc), EFI_INVALID_PARAMETER,
		     "DataSize is 0");
	check_status("7.5.7", "miscellaneous.crc.digits", BS(CalculateCrc32)("123456789", 9, &crc), EFI_SUCCESS,
		     "computed");
	check_equal("7.5.7", "miscellaneous.crc.digits-value", crc, 0xcbf43926, "the check value of CRC-32");
	check_status("7.5.7", "miscellaneous.crc.zero", BS(CalculateCrc32)(&byte, 1, &crc), EFI_SUCCESS, "computed");
	check_equal("7.5.7", "miscellaneous.crc.zero-value", crc, 0xd202ef8d, "a byte 0");
	fill(buffer, sizeof(buffer));
	check_status("7.5.7", "miscellaneous.crc.unaligned", BS(CalculateCrc32)(buffer + 1, 1023, &crc), EFI_SUCCESS,
		     "computed");
	memcpy(copy, buffer + 1, 1023);
	{
		uint32_t other = ~crc;

		BS(CalculateCrc32)(copy, 1023, &other);
		check_equal("7.5.7", "miscellaneous.crc.unaligned-value", other, crc,
			    "the same data elsewhere has the same CRC");
	}
}

/* Whether CopyMem from one place in `buffer` to another did what a copy by way of another buffer does. */
static int copies(uint64_t to, uint64_t from, uint64_t length)
{
	static uint8_t expected[4096], middle[4096];

	fill(buffer, sizeof(buffer));
	memcpy(expected, buffer, sizeof(expected));
	memcpy(middle, buffer + from, length);
	memcpy(expected + to, middle, length);
	BS(CopyMem)(buffer + to, buffer + from, length);
	return memcmp(buffer, expected, sizeof(expected)) == 0;
}

static void copy_and_set(void)
{
	int all = 1;

	check("7.5.3", "miscellaneous.copy", copies(2048, 0, 2048), "copies");
	check("7.5.3", "miscellaneous.copy.zero", copies(10, 0, 0), "Length 0: nothing");
	check("7.5.3", "miscellaneous.copy.overlap-up", copies(1, 0, 4095), "overlapping buffers, to a higher address");
	check("7.5.3", "miscellaneous.copy.overlap-down", copies(0, 1, 4095),
	      "overlapping buffers, to a lower address");
	check("7.5.3", "miscellaneous.copy.overlap-wide", copies(1000, 3, 3000), "overlapping buffers");
	check("7.5.3", "miscellaneous.copy.same", copies(5, 5, 1000), "Source and Destination are the same");
	for (uint64_t length = 1; length < 70; length++)
		all &= copies(129 + length % 9, 7 + length % 5, length);
	check("7.5.3", "miscellaneous.copy.unaligned", all, "any alignment and length; no byte too many");

	all = 1;
	for (uint64_t length = 0; length < 300; length++) {
		memset(copy, 0x11, sizeof(copy));
		memset(buffer, 0x11, sizeof(buffer));
		memset(copy + 3 + length % 8, 0xee, length);
		BS(SetMem)(buffer + 3 + length % 8, length, 0xee);
		all &= memcmp(copy, buffer, sizeof(copy)) == 0;
	}
	check("7.5.4", "miscellaneous.set", all, "Size bytes get the value, at any alignment; no byte too many");
}

static void monotonic(void)
{
	uint64_t first = 0, second = 0;
	uint32_t high = 0, next = 0;
	efi_status status;

	check_status("7.5.5", "miscellaneous.monotonic.null", BS(GetNextMonotonicCount)(0), EFI_INVALID_PARAMETER,
		     "Count is NULL");
	status = BS(GetNextMonotonicCount)(&first);
	check_status2("7.5.5", "miscellaneous.monotonic", status, EFI_SUCCESS, EFI_DEVICE_ERROR, "the next count");
	if (status != EFI_SUCCESS) {
		skip("7.5.5", "miscellaneous.monotonic.next", "the device does not work");
	} else {
		BS(GetNextMonotonicCount)(&second);
		check_equal("7.5.5", "miscellaneous.monotonic.next", second, first + 1,
			    "increases by one with each call");
	}
	check_status2("8.5.2", "miscellaneous.high-monotonic.null", RT(GetNextHighMonotonicCount)(0),
		      EFI_INVALID_PARAMETER, EFI_UNSUPPORTED, "HighCount is NULL");
	if (RT(GetNextHighMonotonicCount)(&high) != EFI_SUCCESS) {
		skip("8.5.2", "miscellaneous.high-monotonic.next", "not supported");
		skip("8.5.2", "miscellaneous.high-monotonic.64-bits", "not supported");
		return;
	}
	RT(GetNextHighMonotonicCount)(&next);
	check_equal("8.5.2", "miscellaneous.high-monotonic.next", next, high + 1, "the upper 32 bits increase by one");
	BS(GetNextMonotonicCount)(&second);
	check_equal("8.5.2", "miscellaneous.high-monotonic.64-bits", second >> 32, next,
		    "they are those of the 64-bit count");
}

static void time(void)
{
	efi_event timer = 0;

	BS(CreateEvent)(EVT_TIMER, 0, 0, 0, &timer);
	check_status("7.5.2", "miscellaneous.stall.zero", BS(Stall)(0), EFI_SUCCESS, "0 microseconds");
	BS(SetTimer)(timer, TimerRelative, 300000); /* 30 ms */
	check_status("7.5.2", "miscellaneous.stall", BS(Stall)(150000), EFI_SUCCESS, "stalls");
	check_status("7.5.2", "miscellaneous.stall.long-enough", BS(CheckEvent)(timer), EFI_SUCCESS,
		     "at least as long as asked for: a timer of 30 ms is over after 150");
	BS(SetTimer)(timer, TimerRelative, 50000000); /* 5 s */
	BS(Stall)(1000);
	check_status("7.5.2", "miscellaneous.stall.not-too-long", BS(CheckEvent)(timer), EFI_NOT_READY,
		     "a timer of 5 s is not over after 1 ms");
	BS(CloseEvent)(timer);

	check_status("7.5.1", "miscellaneous.watchdog.disable", BS(SetWatchdogTimer)(0, 0, 0, 0), EFI_SUCCESS,
		     "0 disables it");
	check_status("7.5.1", "miscellaneous.watchdog.set", BS(SetWatchdogTimer)(300, 0x10000, 0, 0), EFI_SUCCESS,
		     "a loader's code");
	check_status("7.5.1", "miscellaneous.watchdog.data", BS(SetWatchdogTimer)(300, 0x12345, 10, u"late"),
		     EFI_SUCCESS, "with a string");
	BS(SetWatchdogTimer)(1, 0x10000, 0, 0);
	check_status("7.5.1", "miscellaneous.watchdog.disable-again", BS(SetWatchdogTimer)(0, 0x10000, 0, 0),
		     EFI_SUCCESS, "disabled");
	BS(Stall)(2500000);
	/* Were it not so, the group would not end. */
	check("7.5.1", "miscellaneous.watchdog.disabled", 1, "a disabled watchdog does not bite");
}

void run_group(void)
{
	crc();
	copy_and_set();
	monotonic();
	time();
}
