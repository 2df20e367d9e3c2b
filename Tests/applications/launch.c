/* SPDX-License-Identifier: Apache-2.0 OR GPL-2.0-only */
/* Starts a file of the device that it was loaded from itself, as a boot option does: \launch.txt (UTF-16, no byte order
 * mark) holds the file's path and, behind a space, its load options. Without that file: \launched.efi, and none. */
#include <stddef.h>

#include "application.h"
#include "efi_files.h"

#define CALL(slot, type, ...) ((efi_status(EFIAPI *) type)(slot))(__VA_ARGS__)
#define READ_ONLY 1

static char16 name[256] = u"\\launched.efi";
static char16 *options;

static efi_status get(EFI_BOOT_SERVICES *boot, efi_handle handle, const efi_guid_bytes *guid, void **interface)
{
	return CALL(boot->HandleProtocol, (efi_handle, const void *, void **), handle, guid, interface);
}

static size_t length(const uint8_t *node) { return node[2] | node[3] << 8; }

/* Reads \launch.txt and parts it. */
static void read_options(EFI_BOOT_SERVICES *boot, efi_handle device)
{
	static const efi_guid_bytes simple_file_system = {{0x11d26459964e5b22, 0x3b7269c9a000398e}};
	static const char16 file_name[] = u"\\launch.txt";
	EFI_SIMPLE_FILE_SYSTEM_PROTOCOL *volume;
	EFI_FILE_PROTOCOL *root, *file;
	uint64_t size = sizeof(name) - 2;

	if (get(boot, device, &simple_file_system, (void **)&volume) ||
	    CALL(volume->OpenVolume, (void *, void **), volume, (void **)&root) ||
	    CALL(root->Open, (void *, void **, const char16 *, uint64_t, uint64_t), root, (void **)&file, file_name,
		 READ_ONLY, 0))
		return;
	if (CALL(file->Read, (void *, uint64_t *, void *), file, &size, name))
		return;
	name[size / 2] = 0;
	for (char16 *at = name; *at; at++) {
		if (*at == ' ') {
			*at = 0;
			options = at + 1;
			return;
		}
	}
}

/* The size in bytes, the NUL included. */
static size_t size_of(const char16 *text)
{
	size_t count = 1;

	while (text[count - 1])
		count++;
	return count * 2;
}

/* The file's device path: the device's, and a node for the file (10.3.5.4). */
static uint8_t *path_of(const uint8_t *device)
{
	static uint8_t whole[2048];
	size_t size = 0, name_size = size_of(name);

	for (; device[0] != 0x7f && size + length(device) < 1024; device += length(device))
		for (size_t i = 0; i < length(device); i++)
			whole[size++] = device[i];
	whole[size] = 4;
	whole[size + 1] = 4;
	whole[size + 2] = (uint8_t)(4 + name_size);
	whole[size + 3] = (uint8_t)((4 + name_size) >> 8);
	for (size_t i = 0; i < name_size; i++)
		whole[size + 4 + i] = ((const uint8_t *)name)[i];
	size += 4 + name_size;
	whole[size] = 0x7f;
	whole[size + 1] = 0xff;
	whole[size + 2] = 4;
	return whole;
}

efi_status EFIAPI efi_main(efi_handle image, EFI_SYSTEM_TABLE *system)
{
	static const efi_guid_bytes loaded_image = {{0x11d295625b1b31a1, 0x3b7269c9a0003f8e}};
	static const efi_guid_bytes device_path = {{0x11d26d3f09576e91, 0x3b7269c9a000398e}};
	EFI_BOOT_SERVICES *boot = system->BootServices;
	EFI_LOADED_IMAGE_PROTOCOL *self, *child;
	const uint8_t *device;
	efi_handle launched;
	efi_status status;

	status = get(boot, image, &loaded_image, (void **)&self);
	if (!status)
		status = get(boot, self->DeviceHandle, &device_path, (void **)&device);
	if (status) {
		print(system, u"launch: the device has no path\r\n");
		return status;
	}
	read_options(boot, self->DeviceHandle);
	status = CALL(boot->LoadImage, (uint8_t, efi_handle, void *, void *, uint64_t, efi_handle *), 0, image,
		      path_of(device), 0, 0, &launched);
	if (!status)
		status = get(boot, launched, &loaded_image, (void **)&child);
	if (status) {
		print(system, u"launch: the file cannot be loaded\r\n");
		return status;
	}
	if (options) {
		child->LoadOptions = options;
		child->LoadOptionsSize = (uint32_t)size_of(options);
	}
	return CALL(boot->StartImage, (efi_handle, uint64_t *, char16 **), launched, 0, 0);
}
