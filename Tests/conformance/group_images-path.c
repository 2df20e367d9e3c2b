/* SPDX-License-Identifier: Apache-2.0 OR GPL-2.0-only */
/* LoadImage from a device path (UEFI 2.10, 7.4.1), by Load File 2 (13.2) and Load File (13.1) of the suite's own. */
#include "image_kit.h"

static const efi_guid_bytes load_file_guid = GUID(0x56ec3091, 0x954c, 0x11d2, 0x8e, 0x3f, 0, 0xa0, 0xc9, 0x69, 0x72, 0x3b);
static const efi_guid_bytes load_file2_guid = GUID(0x4006c0c1, 0xfcb3, 0x403e, 0x99, 0x6d, 0x4a, 0x6c, 0x87, 0x24, 0xe0, 0x6d);

/* A device: what its LoadFile() answers, and what it was asked. */
typedef struct {
	EFI_LOAD_FILE_PROTOCOL interface;
	efi_status answer;
	int calls;
	uint8_t boot_policy;
	uint8_t asked_for;
} device;

static efi_status EFIAPI load_file(void *this, void *path, uint8_t boot_policy, uint64_t *size, void *buffer)
{
	device *device = this;

	device->calls++;
	device->boot_policy = boot_policy;
	device->asked_for = ((uint8_t *)path)[NODE_SIZE - 1];
	if (device->answer != EFI_SUCCESS)
		return device->answer;
	if (!buffer || *size < CHILD_SIZE) {
		*size = CHILD_SIZE;
		return EFI_BUFFER_TOO_SMALL;
	}
	*size = CHILD_SIZE;
	memcpy(buffer, child_file, CHILD_SIZE);
	return EFI_SUCCESS;
}

static device by_load_file = {.interface = {(efi_slot)load_file}}, by_load_file2 = {.interface = {(efi_slot)load_file}};
static uint8_t device_path[64], file_path[128];

static void by_path(efi_handle handle)
{
	efi_handle loaded_handle = 0;

	make_path(file_path, "Lf");
	check_status("7.4.1", "images.path.load-file2", BS(LoadImage)(0, image, file_path, 0, 0, &loaded_handle), EFI_SUCCESS,
		     "not a boot selection: the file comes from Load File 2");
	check("13.2.2", "images.path.load-file2-called", by_load_file2.calls >= 1 && by_load_file.calls == 0,
	      "Load File 2 comes before Load File");
	check("13.2.2", "images.path.load-file2-arguments", by_load_file2.boot_policy == 0 && by_load_file2.asked_for == 'f',
	      "FilePath is the remaining path, BootPolicy FALSE");
	EFI_LOADED_IMAGE_PROTOCOL *loaded = loaded_handle ? loaded_image(loaded_handle) : 0;

	check("9.1.1", "images.path.device", loaded && loaded->DeviceHandle == handle,
	      "DeviceHandle is the device that it was loaded from");
	check("9.1.1", "images.path.file-path",
	      loaded && loaded->FilePath && loaded->FilePath != file_path + NODE_SIZE &&
		      memcmp(loaded->FilePath, file_path + NODE_SIZE, NODE_SIZE + END_SIZE) == 0,
	      "FilePath is the part of the path behind the device, copied");
	uint8_t *whole = loaded ? interface_on(loaded_handle, &loaded_image_path_guid) : 0;

	check("9.2.1", "images.path.whole-path",
	      whole && whole != file_path && memcmp(whole, file_path, 2 * NODE_SIZE + END_SIZE) == 0,
	      "the Loaded Image Device Path is a copy of the whole path");
	child_orders orders = {.status = 0x77};

	check_status("7.4.2", "images.path.starts", loaded ? run(loaded_handle, &orders) : EFI_LOAD_ERROR, 0x77,
		     "the image that was read is the device's");
}

static void fall_back(void)
{
	efi_handle loaded_handle = 0;

	by_load_file.calls = by_load_file2.calls = 0;
	check_status("7.4.1", "images.path.boot-policy", BS(LoadImage)(1, image, file_path, 0, 0, &loaded_handle), EFI_SUCCESS,
		     "a boot selection: the file comes from Load File");
	check("13.1.2", "images.path.boot-policy-called",
	      by_load_file2.calls == 0 && by_load_file.calls >= 1 && by_load_file.boot_policy == 1,
	      "Load File with BootPolicy TRUE; Load File 2 is not for boot selections");
	BS(UnloadImage)(loaded_handle);
	by_load_file2.answer = EFI_NOT_FOUND;
	by_load_file.answer = EFI_NOT_FOUND;
	check_status("7.4.1", "images.path.not-found", BS(LoadImage)(0, image, file_path, 0, 0, &loaded_handle), EFI_NOT_FOUND,
		     "the device has no such file");
	by_load_file2.answer = by_load_file.answer = EFI_DEVICE_ERROR;
	/* EDK2 says NOT_FOUND; the specification has a status for it. */
	check_status("7.4.1", "images.path.device-error", BS(LoadImage)(0, image, file_path, 0, 0, &loaded_handle),
		     EFI_DEVICE_ERROR, "the device returned a read error");
	by_load_file2.answer = by_load_file.answer = EFI_SUCCESS;
	make_path(file_path, "?f");
	check_status("7.4.1", "images.path.stranger", BS(LoadImage)(0, image, file_path, 0, 0, &loaded_handle), EFI_NOT_FOUND,
		     "no device has that path");
}

static void path_and_buffer(efi_handle handle)
{
	efi_handle loaded_handle = 0;

	make_path(file_path, "Lg");
	by_load_file.calls = by_load_file2.calls = 0;
	check_status("7.4.1", "images.path.with-buffer",
		     BS(LoadImage)(0, image, file_path, (void *)child_file, CHILD_SIZE, &loaded_handle), EFI_SUCCESS,
		     "with a buffer the path only says where the file is from");
	check("7.4.1", "images.path.with-buffer-not-read", by_load_file.calls + by_load_file2.calls == 0,
	      "with a buffer no device is asked");
	EFI_LOADED_IMAGE_PROTOCOL *loaded = loaded_handle ? loaded_image(loaded_handle) : 0;

	check("9.1.1", "images.path.with-buffer-device",
	      loaded && loaded->DeviceHandle == handle && loaded->FilePath &&
		      memcmp(loaded->FilePath, file_path + NODE_SIZE, NODE_SIZE + END_SIZE) == 0,
	      "DeviceHandle and FilePath are those of the path");
	BS(UnloadImage)(loaded_handle);
}

void path_assertions(void)
{
	efi_handle handle = 0;

	make_path(device_path, "L");
	BS(InstallMultipleProtocolInterfaces)
	(&handle, &device_path_guid, device_path, &load_file2_guid, &by_load_file2, &load_file_guid, &by_load_file, NULL);
	by_path(handle);
	fall_back();
	path_and_buffer(handle);
	BS(UninstallMultipleProtocolInterfaces)
	(handle, &device_path_guid, device_path, &load_file2_guid, &by_load_file2, &load_file_guid, &by_load_file, NULL);
}
