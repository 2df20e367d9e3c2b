/* SPDX-License-Identifier: Apache-2.0 OR GPL-2.0-only */
/* Image services (UEFI 2.10, 7.4.1 to 7.4.5) and the protocols of images (9.1, 9.2). */
#include "image_kit.h"

#if defined(__x86_64__) || defined(__aarch64__)
__asm__(".section .rdata,\"dr\"\n"
	".p2align 4\n"
	".globl child_file, child_file_end\n"
	"child_file: .incbin \"child.efi\"\n"
	"child_file_end: .byte 0\n"
	".text\n");
#endif

uint8_t *copy_child(void)
{
	void *copy = 0;

	if (BS(AllocatePool)(EfiLoaderData, CHILD_SIZE, &copy) == EFI_SUCCESS)
		memcpy(copy, child_file, CHILD_SIZE);
	return copy;
}

efi_handle load(const void *file, uint64_t size)
{
	efi_handle handle = 0;

	return BS(LoadImage)(0, image, 0, (void *)file, size, &handle) == EFI_SUCCESS ? handle : 0;
}

efi_handle load_as(uint16_t subsystem)
{
	uint8_t *copy = copy_child();

	SUBSYSTEM(copy) = subsystem;
	efi_handle handle = load(copy, CHILD_SIZE);

	BS(FreePool)(copy);
	return handle;
}

EFI_LOADED_IMAGE_PROTOCOL *loaded_image(efi_handle handle) { return interface_on(handle, &loaded_image_guid); }

void give_orders(efi_handle handle, child_orders *orders)
{
	EFI_LOADED_IMAGE_PROTOCOL *loaded = loaded_image(handle);

	loaded->LoadOptions = orders;
	loaded->LoadOptionsSize = sizeof(*orders);
}

efi_status run(efi_handle handle, child_orders *orders)
{
	give_orders(handle, orders);
	return BS(StartImage)(handle, 0, 0);
}

/* The suite's own image, which the firmware has loaded. */
static void own_image(void)
{
	EFI_LOADED_IMAGE_PROTOCOL *own = loaded_image(image);

	check("9.1.1", "images.own.loaded-image", own != 0, "an image's handle has the Loaded Image Protocol");
	if (!own)
		return;
	check_equal("9.1.1", "images.own.revision", own->Revision, 0x1000, "EFI_LOADED_IMAGE_PROTOCOL_REVISION");
	check("9.1.1", "images.own.system-table", own->SystemTable == st, "SystemTable is the image's system table");
	uint64_t code = (uint64_t)(void *)own_image, base = (uint64_t)own->ImageBase;

	check("9.1.1", "images.own.range", code >= base && code - base < own->ImageSize,
	      "ImageBase and ImageSize say where the image was loaded");
	check_equal("9.1.1", "images.own.code-type", own->ImageCodeType, EfiLoaderCode, "an application's code is EfiLoaderCode");
	check_equal("9.1.1", "images.own.data-type", own->ImageDataType, EfiLoaderData, "an application's data are EfiLoaderData");
	check("9.2.1", "images.own.device-path", carries(image, &loaded_image_path_guid),
	      "an image's handle has the Loaded Image Device Path Protocol");
}

void run_group(void)
{
	own_image();
	load_assertions();
	path_assertions();
	start_assertions();
	unload_assertions();
}
