/* SPDX-License-Identifier: Apache-2.0 OR GPL-2.0-only */
/* The tables (UEFI 2.10, 4): headers, checksums, the members that must be there. */
#include "conformance.h"

static const efi_guid_bytes text_output =
	GUID(0x387477c2, 0x69c7, 0x11d2, 0x8e, 0x39, 0x00, 0xa0, 0xc9, 0x69, 0x72, 0x3b);
static const efi_guid_bytes text_input =
	GUID(0x387477c1, 0x69c7, 0x11d2, 0x8e, 0x39, 0x00, 0xa0, 0xc9, 0x69, 0x72, 0x3b);
static const efi_guid_bytes properties_guid =
	GUID(0xeb66918a, 0x7eef, 0x402a, 0x84, 0x2e, 0x93, 0x1d, 0x21, 0xc3, 0x8a, 0xe9);
static const efi_guid_bytes loaded_image_guid =
	GUID(0x5b1b31a1, 0x9562, 0x11d2, 0x8e, 0x3f, 0x00, 0xa0, 0xc9, 0x69, 0x72, 0x3b);

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

struct ids {
	const char *section, *signature, *revision, *size, *reserved, *crc, *service;
};

static void header(const struct ids *ids, const EFI_TABLE_HEADER *header, uint64_t signature, uint64_t size)
{
	uint32_t crc = 0;

	check_equal(ids->section, ids->signature, header->Signature, signature, "the signature");
	check_equal(ids->section, ids->revision, header->Revision >> 16, 2, "a revision of UEFI 2");
	check(ids->section, ids->size, header->HeaderSize >= size, "HeaderSize has the whole table");
	check_equal("4.2.1", ids->reserved, header->Reserved, 0, "a reserved field is 0");
	check_equal("4.2.1", ids->crc, header->CRC32, table_crc(header),
		    "the CRC over HeaderSize bytes with the field set to 0");
	BS(CalculateCrc32)(header, header->HeaderSize, &crc);
	check_equal("7.5.7", ids->service, crc, crc32(header, header->HeaderSize),
		    "CalculateCrc32 computes the headers' CRC");
}

/* The number of NULLs among the services, which follow a table's header. */
static int missing(const void *table, uint64_t size, const void *reserved)
{
	const efi_slot *slot = (const efi_slot *)((const uint8_t *)table + sizeof(EFI_TABLE_HEADER));
	int count = 0;

	for (; (const uint8_t *)slot < (const uint8_t *)table + size; slot++)
		count += *slot == 0 && (const void *)slot != reserved;
	return count;
}

static void headers(void)
{
	static const struct ids system = {"4.3.1",
					  "tables.system.signature",
					  "tables.system.revision",
					  "tables.system.size",
					  "tables.system.reserved",
					  "tables.system.crc",
					  "tables.system.crc-service"},
				boot = {"4.4.1",
					"tables.boot.signature",
					"tables.boot.revision",
					"tables.boot.size",
					"tables.boot.reserved",
					"tables.boot.crc",
					"tables.boot.crc-service"},
				runtime = {"4.5.1",
					   "tables.runtime.signature",
					   "tables.runtime.revision",
					   "tables.runtime.size",
					   "tables.runtime.reserved",
					   "tables.runtime.crc",
					   "tables.runtime.crc-service"};

	header(&system, &st->Hdr, 0x5453595320494249, sizeof(EFI_SYSTEM_TABLE));
	header(&boot, &st->BootServices->Hdr, 0x56524553544f4f42, sizeof(EFI_BOOT_SERVICES));
	header(&runtime, &st->RuntimeServices->Hdr, 0x56524553544e5552, sizeof(EFI_RUNTIME_SERVICES));
	check_equal("4.4.1", "tables.boot.services",
		    missing(st->BootServices, sizeof(EFI_BOOT_SERVICES), &st->BootServices->Reserved), 0,
		    "every boot service is there");
	check_equal("4.5.1", "tables.runtime.services", missing(st->RuntimeServices, sizeof(EFI_RUNTIME_SERVICES), 0),
		    0, "every runtime service is there");
	check("4.2.1", "tables.revision.one",
	      st->Hdr.Revision == st->BootServices->Hdr.Revision &&
		      st->Hdr.Revision == st->RuntimeServices->Hdr.Revision,
	      "all tables are of the revision of the specification");
}

static void handle_has(const char *id, efi_handle handle, const efi_guid_bytes *guid, void *expected, const char *text)
{
	void *interface = 0;
	efi_status status = handle ? BS(HandleProtocol)(handle, guid, &interface) : EFI_NOT_FOUND;

	check("4.3.1", id, status == EFI_SUCCESS && (!expected || interface == expected), text);
}

static void consoles(void)
{
	check("4.3.1", "tables.system.vendor", st->FirmwareVendor != 0 && st->FirmwareVendor[0] != 0,
	      "FirmwareVendor is a string");
	check("4.3.1", "tables.system.con-out", st->ConOut != 0, "ConOut");
	check("4.3.1", "tables.system.con-in", st->ConIn != 0, "ConIn");
	check("4.3.1", "tables.system.std-err", st->StdErr != 0, "StdErr");
	handle_has("tables.system.con-out-handle", st->ConsoleOutHandle, &text_output, st->ConOut,
		   "ConOut is the Simple Text Output of ConsoleOutHandle");
	handle_has("tables.system.con-in-handle", st->ConsoleInHandle, &text_input, st->ConIn,
		   "ConIn is the Simple Text Input of ConsoleInHandle");
	handle_has("tables.system.std-err-handle", st->StandardErrorHandle, &text_output, st->StdErr,
		   "StdErr is the Simple Text Output of StandardErrorHandle");
}

static void configuration(void)
{
	const uint8_t *properties = 0;
	int nulls = 0, twice = 0;

	for (uint64_t i = 0; i < st->NumberOfTableEntries; i++) {
		const EFI_CONFIGURATION_TABLE *entry = &st->ConfigurationTable[i];

		nulls += entry->VendorTable == 0;
		for (uint64_t j = 0; j < i; j++)
			twice += same_guid(&entry->VendorGuid, &st->ConfigurationTable[j].VendorGuid);
		if (same_guid(&entry->VendorGuid, &properties_guid))
			properties = entry->VendorTable;
	}
	check("4.6", "tables.configuration.entries", st->NumberOfTableEntries == 0 || st->ConfigurationTable != 0,
	      "ConfigurationTable points to NumberOfTableEntries entries");
	check_equal("4.6", "tables.configuration.null", nulls, 0, "an entry points to a table");
	check_equal("4.6", "tables.configuration.unique", twice, 0, "a GUID is there once");
	if (!properties) {
		skip("4.6.2", "tables.rt-properties.version",
		     "there is no EFI_RT_PROPERTIES_TABLE: all services are supported");
		skip("4.6.2", "tables.rt-properties.length", "there is no EFI_RT_PROPERTIES_TABLE");
		skip("4.6.2", "tables.rt-properties.bits", "there is no EFI_RT_PROPERTIES_TABLE");
		return;
	}
	check_equal("4.6.2", "tables.rt-properties.version", *(uint16_t *)properties, 1,
		    "EFI_RT_PROPERTIES_TABLE_VERSION");
	check_equal("4.6.2", "tables.rt-properties.length", *(uint16_t *)(properties + 2), 8,
		    "Length is that of the table");
	check_equal("4.6.2", "tables.rt-properties.bits", *(uint32_t *)(properties + 4) & ~0x3fffu, 0,
		    "only bits that are defined");
}

static void own_image(void)
{
	EFI_LOADED_IMAGE_PROTOCOL *loaded = 0;

	check_status("9.1.1", "tables.image.protocol", BS(HandleProtocol)(image, &loaded_image_guid, (void **)&loaded),
		     EFI_SUCCESS, "an image's handle has EFI_LOADED_IMAGE_PROTOCOL");
	if (!loaded)
		return;
	check_equal("9.1.1", "tables.image.revision", loaded->Revision, 0x1000, "EFI_LOADED_IMAGE_PROTOCOL_REVISION");
	check("9.1.1", "tables.image.system-table", loaded->SystemTable == st,
	      "the system table that the entry point got");
	check("9.1.1", "tables.image.base",
	      (uint64_t)own_image - (uint64_t)loaded->ImageBase < loaded->ImageSize && loaded->ImageBase != 0,
	      "ImageBase and ImageSize say where the image is");
	check_equal("9.1.1", "tables.image.code-type", loaded->ImageCodeType, EfiLoaderCode, "an application's code");
	check_equal("9.1.1", "tables.image.data-type", loaded->ImageDataType, EfiLoaderData, "an application's data");
}

void run_group(void)
{
	headers();
	consoles();
	configuration();
	own_image();
}
