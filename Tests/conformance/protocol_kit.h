/* SPDX-License-Identifier: Apache-2.0 OR GPL-2.0-only */
/* What the groups on protocols, drivers and images share: GUIDs, made handles, made device paths. */
#ifndef VIRGIL_CONFORMANCE_PROTOCOL_KIT_H
#define VIRGIL_CONFORMANCE_PROTOCOL_KIT_H

#include "conformance.h"

/* Protocols of the suite's own: nobody else has them. */
static const efi_guid_bytes mark_a = GUID(0x6ab3b5c1, 0x91d0, 0x4d8e, 0xa1, 0x01, 0x3c, 0x55, 0x18, 0x77, 0x20, 0x01);
static const efi_guid_bytes mark_b = GUID(0x6ab3b5c1, 0x91d0, 0x4d8e, 0xa1, 0x01, 0x3c, 0x55, 0x18, 0x77, 0x20, 0x02);
static const efi_guid_bytes mark_c = GUID(0x6ab3b5c1, 0x91d0, 0x4d8e, 0xa1, 0x01, 0x3c, 0x55, 0x18, 0x77, 0x20, 0x03);

static const efi_guid_bytes device_path_guid = GUID(0x09576e91, 0x6d3f, 0x11d2, 0x8e, 0x39, 0, 0xa0, 0xc9, 0x69, 0x72, 0x3b);
static const efi_guid_bytes loaded_image_guid = GUID(0x5b1b31a1, 0x9562, 0x11d2, 0x8e, 0x3f, 0, 0xa0, 0xc9, 0x69, 0x72, 0x3b);
static const efi_guid_bytes loaded_image_path_guid =
	GUID(0xbc62157e, 0x3e33, 0x4fec, 0x99, 0x20, 0x2d, 0x3b, 0x36, 0xd7, 0x50, 0xdf);
static const efi_guid_bytes driver_binding_guid =
	GUID(0x18a031ab, 0xb443, 0x4d1a, 0xa5, 0xc0, 0x0c, 0x09, 0x26, 0x1e, 0x9f, 0x71);

/* Addresses to tell interfaces by; nobody follows them. */
static uint64_t places[8];
#define INTERFACE(n) ((void *)&places[n])

/* A new handle with one protocol on it; NULL when there is none to be had. */
static inline efi_handle new_handle(const efi_guid_bytes *guid, void *interface)
{
	efi_handle handle = 0;

	return BS(InstallProtocolInterface)(&handle, guid, EFI_NATIVE_INTERFACE, interface) == EFI_SUCCESS ? handle : 0;
}

/* The interface on a handle; NULL when there is none. The agent is the firmware: the suite's own opens stay as they are. */
static inline void *interface_on(efi_handle handle, const efi_guid_bytes *guid)
{
	void *interface = 0;

	return BS(HandleProtocol)(handle, guid, &interface) == EFI_SUCCESS ? interface : 0;
}

/* Whether a handle carries a protocol. */
static inline int carries(efi_handle handle, const efi_guid_bytes *guid)
{
	return BS(OpenProtocol)(handle, guid, 0, image, 0, EFI_OPEN_PROTOCOL_TEST_PROTOCOL) == EFI_SUCCESS;
}

/* Whether a handle is in the database. */
static inline int exists(efi_handle handle)
{
	efi_handle *handles = 0;
	uint64_t count = 0;
	int found = 0;

	if (BS(LocateHandleBuffer)(AllHandles, 0, 0, &count, &handles) != EFI_SUCCESS)
		return 0;
	for (uint64_t i = 0; i < count; i++)
		found |= handles[i] == handle;
	BS(FreePool)(handles);
	return found;
}

/* How often an agent is on the open list of a protocol with these attributes: the sum of the counts. */
static inline uint32_t opens(efi_handle handle, const efi_guid_bytes *guid, efi_handle agent, uint32_t attributes)
{
	EFI_OPEN_PROTOCOL_INFORMATION_ENTRY *entries = 0;
	uint64_t count = 0;
	uint32_t found = 0;

	if (BS(OpenProtocolInformation)(handle, guid, &entries, &count) != EFI_SUCCESS)
		return 0;
	for (uint64_t i = 0; i < count; i++)
		if (entries[i].AgentHandle == agent && entries[i].Attributes == attributes)
			found += entries[i].OpenCount;
	BS(FreePool)(entries);
	return found;
}

/* Device paths (10.2): hardware vendor nodes of 21 bytes whose last byte tells them apart. */
enum { NODE_SIZE = 21, END_SIZE = 4 };

static inline uint8_t *put_node(uint8_t *at, uint8_t number)
{
	static const uint8_t vendor[] = {0x01, 0x04, NODE_SIZE, 0x00, 0x11, 0x5c, 0x7e, 0x0b, 0x3d, 0x2f,
					 0x4a, 0x41, 0x9e, 0x60, 0x27, 0xd1, 0x4c, 0x8a, 0xf3, 0x95};

	memcpy(at, vendor, sizeof(vendor));
	at[NODE_SIZE - 1] = number;
	return at + NODE_SIZE;
}

static inline uint8_t *put_end(uint8_t *at, uint8_t sub_type)
{
	at[0] = 0x7f;
	at[1] = sub_type; /* 0xff: of the whole path, 1: of an instance */
	at[2] = END_SIZE;
	at[3] = 0;
	return at + END_SIZE;
}

/* A path of as many nodes as `numbers` has bytes. */
static inline void *make_path(uint8_t *at, const char *numbers)
{
	uint8_t *start = at;

	for (; *numbers; numbers++)
		at = put_node(at, (uint8_t)*numbers);
	put_end(at, 0xff);
	return start;
}

#endif
