/* SPDX-License-Identifier: Apache-2.0 OR GPL-2.0-only */
/* Memory Attribute Protocol (UEFI 2.10, 37.7), where the firmware has one. */
#include "efi_protocols.h"
#include "protocol_kit.h"

static const efi_guid_bytes attribute_guid = GUID(0xf4560cf6, 0x40ec, 0x4b4a, 0xa1, 0x92, 0xbf, 0x1d, 0x57, 0xd0, 0xb1, 0x89);

static EFI_MEMORY_ATTRIBUTE_PROTOCOL *protocol;

static const char *const ids[] = {
	"attributes.get", "attributes.get-null", "attributes.get-no-length", "attributes.set", "attributes.set-seen",
	"attributes.set-second", "attributes.set-adds", "attributes.clear", "attributes.clear-seen", "attributes.clear-all",
	"attributes.set-no-length", "attributes.clear-no-length", "attributes.set-no-attribute", "attributes.clear-no-attribute",
	"attributes.set-other-attribute", "attributes.neighbour", "attributes.writable",
};

#define GET(base, length, out) CALL(get_attributes, protocol->GetMemoryAttributes)(protocol, base, length, out)
#define SET(base, length, bits) CALL(set_attributes, protocol->SetMemoryAttributes)(protocol, base, length, bits)
#define CLEAR(base, length, bits) CALL(set_attributes, protocol->ClearMemoryAttributes)(protocol, base, length, bits)

static uint64_t attributes_of(uint64_t base)
{
	uint64_t attributes = ~0ULL;

	GET(base, 4096, &attributes);
	return attributes;
}

void run_group(void)
{
	uint64_t base = 0, attributes = 0;

	if (BS(LocateProtocol)(&attribute_guid, 0, (void **)&protocol) != EFI_SUCCESS) {
		for (unsigned i = 0; i < sizeof(ids) / sizeof(*ids); i++)
			skip("37.7", ids[i], "the firmware has no Memory Attribute Protocol");
		return;
	}
	BS(AllocatePages)(AllocateAnyPages, EfiLoaderData, 4, &base);
	check_status("37.7.2", ids[0], GET(base, 4096, &attributes), EFI_SUCCESS, "the attributes of a range are returned");
	check_status("37.7.2", ids[1], GET(base, 4096, 0), EFI_INVALID_PARAMETER, "Attributes is NULL");
	check_status("37.7.2", ids[2], GET(base, 0, &attributes), EFI_INVALID_PARAMETER, "Length is zero");
	CLEAR(base, 4 * 4096, EFI_MEMORY_RO | EFI_MEMORY_XP);
	check_status("37.7.3", ids[3], SET(base, 4096, EFI_MEMORY_RO), EFI_SUCCESS, "the attribute is set");
	check_equal("37.7.3", ids[4], attributes_of(base), EFI_MEMORY_RO, "GetMemoryAttributes tells of it");
	check_status("37.7.3", ids[5], SET(base, 4096, EFI_MEMORY_XP), EFI_SUCCESS, "another attribute is set");
	check_equal("37.7.3", ids[6], attributes_of(base), EFI_MEMORY_RO | EFI_MEMORY_XP, "attributes are added");
	check_equal("37.7.3", ids[15], attributes_of(base + 4096), 0, "the pages beside it stay as they were");
	check_status("37.7.4", ids[7], CLEAR(base, 4096, EFI_MEMORY_RO), EFI_SUCCESS, "the attribute is cleared");
	check_equal("37.7.4", ids[8], attributes_of(base), EFI_MEMORY_XP, "the others stay");
	*(volatile uint64_t *)base = 0x1234;
	check("37.7.4", ids[16], *(volatile uint64_t *)base == 0x1234, "without RO the memory can be written");
	CLEAR(base, 4 * 4096, EFI_MEMORY_RO | EFI_MEMORY_XP | EFI_MEMORY_RP);
	check_equal("37.7.4", ids[9], attributes_of(base), 0, "all attributes are cleared");
	check_status("37.7.3", ids[10], SET(base, 0, EFI_MEMORY_XP), EFI_INVALID_PARAMETER, "Length is zero");
	check_status("37.7.4", ids[11], CLEAR(base, 0, EFI_MEMORY_XP), EFI_INVALID_PARAMETER, "Length is zero");
	check_status("37.7.3", ids[12], SET(base, 4096, 0), EFI_INVALID_PARAMETER, "Attributes is zero");
	check_status("37.7.4", ids[13], CLEAR(base, 4096, 0), EFI_INVALID_PARAMETER, "Attributes is zero");
	check_status("37.7.3", ids[14], SET(base, 4096, EFI_MEMORY_RUNTIME), EFI_INVALID_PARAMETER,
		     "only RP, XP and RO can be set");
	BS(FreePages)(base, 4);
}
