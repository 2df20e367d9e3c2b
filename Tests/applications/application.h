/* SPDX-License-Identifier: Apache-2.0 OR GPL-2.0-only */
/* What the test applications share. They are built for real firmware: nothing here knows of Virgil. */
#ifndef VIRGIL_TEST_APPLICATION_H
#define VIRGIL_TEST_APPLICATION_H

#include "efi.h"

typedef uint16_t char16;

static inline void print(EFI_SYSTEM_TABLE *system, const char16 *text)
{
	((efi_status(EFIAPI *)(void *, const char16 *))system->ConOut->OutputString)(system->ConOut, text);
}

/* The first character of the image's load options; 0 when there are none. */
static inline char16 first_option(efi_handle image, EFI_SYSTEM_TABLE *system)
{
	static const efi_guid_bytes loaded_image = {{0x11d295625b1b31a1, 0x3b7269c9a0003f8e}};
	EFI_LOADED_IMAGE_PROTOCOL *protocol = 0;

	((efi_status(EFIAPI *)(efi_handle, const void *, void **))system->BootServices->HandleProtocol)(
		image, &loaded_image, (void **)&protocol);
	return protocol && protocol->LoadOptionsSize >= 2 ? *(char16 *)protocol->LoadOptions : 0;
}

efi_status EFIAPI efi_main(efi_handle image, EFI_SYSTEM_TABLE *system);

#endif
