/* SPDX-License-Identifier: Apache-2.0 OR GPL-2.0-only */
/* The tables (UEFI 2.10, 4): headers, checksums, the members that must be there. */
#include "conformance.h"

/* CRC-32 (4.2.1: the polynomial of ISO 3309), computed here: the service is what is under test. */
static uint32_t crc32(const void *data, uint64_t size)
{
	const uint8_t *bytes = data;
	uint32_t crc = ~0u;

	while (size--) {
		crc ^= *bytes++;
		for (int bit = 0; bit < 8; bit++)
			crc = crc >> 1 ^ (crc & 1 ? 0xedb88320u : 0);
	}
	return ~crc;
}

static uint32_t table_crc(const EFI_TABLE_HEADER *header)
{
	static uint8_t copy[4096];

	if (header->HeaderSize > sizeof(copy))
		return 0;
	memcpy(copy, header, header->HeaderSize);
	((EFI_TABLE_HEADER *)copy)->CRC32 = 0;
	return crc32(copy, header->HeaderSize);
}

void run_group(void)
{
	check_equal("4.3.1", "tables.system.signature", st->Hdr.Signature, 0x5453595320494249, "EFI_SYSTEM_TABLE_SIGNATURE");
	check_equal("4.2.1", "tables.system.crc", st->Hdr.CRC32, table_crc(&st->Hdr),
		    "the CRC over HeaderSize bytes with the field set to 0");
}
