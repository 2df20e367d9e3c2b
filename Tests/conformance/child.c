/* SPDX-License-Identifier: Apache-2.0 OR GPL-2.0-only */
/* The image that the group "images" loads: it does what its orders say, and notes what it saw. */
#include "child.h"

static EFI_SYSTEM_TABLE *st;
static child_orders *orders;

/* An address in data: right only when relocations were applied. And data that no file holds: zero only when cleared. */
static int marker = 42;
static int *volatile marker_address = &marker;
static volatile uint8_t empty[3 * 4096];

static efi_status EFIAPI unload(efi_handle handle)
{
	orders->unloads++;
	orders->unloaded = handle;
	return orders->unload_status;
}

static void *exit_data(void)
{
	static const efi_char16 text[] = EXIT_TEXT;
	void *data = 0;

	if (orders->exit_data && BS(AllocatePool)(EfiLoaderData, sizeof(text), &data) == EFI_SUCCESS)
		BS(CopyMem)(data, text, sizeof(text));
	return data;
}

/* Exit() from deep down. `volatile` keeps the frames. */
static void leave(efi_handle handle, int depth)
{
	volatile uint8_t frame[200];

	frame[0] = (uint8_t)depth;
	if (depth > 0) {
		leave(handle, depth - 1);
	} else {
		void *data = exit_data();

		orders->result = BS(Exit)(handle, orders->status, data ? sizeof(EXIT_TEXT) : 0, data);
	}
	frame[1] = frame[0];
}

/* Starts the grandchild; the child goes on behind it. */
static efi_status nest(efi_handle handle, const efi_guid_bytes *loaded_image_guid)
{
	efi_handle grandchild = 0;
	EFI_LOADED_IMAGE_PROTOCOL *loaded = 0;
	efi_status status = BS(LoadImage)(0, handle, 0, orders->file, orders->size, &grandchild);

	if (status != EFI_SUCCESS)
		return status;
	BS(HandleProtocol)(grandchild, loaded_image_guid, (void **)&loaded);
	loaded->LoadOptions = orders->grandchild;
	loaded->LoadOptionsSize = sizeof(*orders->grandchild);
	return BS(StartImage)(grandchild, 0, 0);
}

efi_status EFIAPI child_main(efi_handle handle, EFI_SYSTEM_TABLE *system)
{
	static const efi_guid_bytes loaded_image_guid =
		GUID(0x5b1b31a1, 0x9562, 0x11d2, 0x8e, 0x3f, 0, 0xa0, 0xc9, 0x69, 0x72, 0x3b);
	EFI_LOADED_IMAGE_PROTOCOL *loaded = 0;
	void *interface = 0;

	st = system;
	if (BS(HandleProtocol)(handle, &loaded_image_guid, (void **)&loaded) != EFI_SUCCESS ||
	    loaded->LoadOptionsSize != sizeof(*orders))
		return EFI_NOT_READY;
	orders = loaded->LoadOptions;
	orders->runs++;
	orders->handle = handle;
	orders->parent = loaded->ParentHandle;
	orders->system_table = system;
	orders->relocated = marker_address == &marker && *marker_address == 42;
	orders->zeroed = 1;
	for (unsigned i = 0; i < sizeof(empty); i++)
		orders->zeroed &= empty[i] == 0;
	if (orders->unload)
		loaded->Unload = (efi_slot)(void *)unload;
	switch (orders->what) {
	case CHILD_EXIT:
		leave(handle, 20);
		break;
	case CHILD_EXIT_PARENT:
		orders->result = BS(Exit)(orders->target, EFI_SUCCESS, 0, 0);
		break;
	case CHILD_OPEN:
		orders->result = BS(OpenProtocol)(orders->target, orders->protocol, &interface, handle, 0,
						  EFI_OPEN_PROTOCOL_EXCLUSIVE);
		break;
	case CHILD_NEST:
		orders->result = nest(handle, &loaded_image_guid);
		break;
	default:
		break;
	}
	return orders->status;
}
