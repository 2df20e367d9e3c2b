/* SPDX-License-Identifier: Apache-2.0 OR GPL-2.0-only */
/* Starts \launched.efi of the device that it was loaded from itself. */
#include <stddef.h>

#include "application.h"

#define CALL(slot, type, ...) ((efi_status(EFIAPI *) type)(slot))(__VA_ARGS__)

static efi_status get(EFI_BOOT_SERVICES *boot, efi_handle handle, const efi_guid_bytes *guid, void **interface)
{
	return CALL(boot->HandleProtocol, (efi_handle, const void *, void **), handle, guid, interface);
}

static size_t length(const uint8_t *node) { return node[2] | node[3] << 8; }

efi_status EFIAPI efi_main(efi_handle image, EFI_SYSTEM_TABLE *system)
{
	static const efi_guid_bytes loaded_image = {{0x11d295625b1b31a1, 0x3b7269c9a0003f8e}};
	static const efi_guid_bytes device_path = {{0x11d26d3f09576e91, 0x3b7269c9a000398e}};
	static const char16 name[] = u"\\launched.efi";
	static uint8_t whole[1024];
	EFI_BOOT_SERVICES *boot = system->BootServices;
	EFI_LOADED_IMAGE_PROTOCOL *self;
	const uint8_t *path;
	efi_handle launched;
	efi_status status;
	size_t size = 0;

	status = get(boot, image, &loaded_image, (void **)&self);
	if (!status)
		status = get(boot, self->DeviceHandle, &device_path, (void **)&path);
	if (status) {
		print(system, u"launch: the device has no path\r\n");
		return status;
	}
	for (; path[0] != 0x7f && size < 512; path += length(path))
		for (size_t i = 0; i < length(path); i++)
			whole[size++] = path[i];
	whole[size] = 4; /* a file's name */
	whole[size + 1] = 4;
	whole[size + 2] = 4 + sizeof(name);
	for (size_t i = 0; i < sizeof(name); i++)
		whole[size + 4 + i] = ((const uint8_t *)name)[i];
	size += 4 + sizeof(name);
	whole[size] = 0x7f;
	whole[size + 1] = 0xff;
	whole[size + 2] = 4;
	status = CALL(boot->LoadImage, (uint8_t, efi_handle, void *, void *, uint64_t, efi_handle *), 0, image, whole, 0, 0,
		      &launched);
	if (status) {
		print(system, u"launch: the file cannot be loaded\r\n");
		return status;
	}
	return CALL(boot->StartImage, (efi_handle, uint64_t *, char16 **), launched, 0, 0);
}
