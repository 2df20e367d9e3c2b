/* SPDX-License-Identifier: Apache-2.0 OR GPL-2.0-only */
/* Calls from the emulator into a payload, in the payload's convention. */
#include "thunks.h"

void efi_call_notify(uint64_t function, efi_event event, void *context)
{
	((void(EFIAPI *)(efi_event, void *))function)(event, context);
}

efi_status efi_call_unload(uint64_t function, efi_handle image)
{
	return ((efi_status(EFIAPI *)(efi_handle))function)(image);
}

efi_status efi_call_load_file(void *protocol, void *path, uint8_t boot_policy, uint64_t *size, void *buffer)
{
	EFI_LOAD_FILE_PROTOCOL *p = protocol;
	return ((efi_status(EFIAPI *)(void *, void *, uint8_t, uint64_t *, void *))p->LoadFile)(p, path, boot_policy,
											       size, buffer);
}

efi_status efi_call_driver_supported(void *protocol, efi_handle controller, void *remaining)
{
	EFI_DRIVER_BINDING_PROTOCOL *p = protocol;
	return ((efi_status(EFIAPI *)(void *, efi_handle, void *))p->Supported)(p, controller, remaining);
}

efi_status efi_call_driver_start(void *protocol, efi_handle controller, void *remaining)
{
	EFI_DRIVER_BINDING_PROTOCOL *p = protocol;
	return ((efi_status(EFIAPI *)(void *, efi_handle, void *))p->Start)(p, controller, remaining);
}

efi_status efi_call_driver_stop(void *protocol, efi_handle controller, uint64_t count, efi_handle *children)
{
	EFI_DRIVER_BINDING_PROTOCOL *p = protocol;
	return ((efi_status(EFIAPI *)(void *, efi_handle, uint64_t, efi_handle *))p->Stop)(p, controller, count, children);
}

/* 11.2.2, 11.3.2: the driver after *driver, of the platform's or, without a controller, of the bus's choice. */
efi_status efi_call_get_driver(void *protocol, efi_handle controller, efi_handle *driver)
{
	EFI_DRIVER_OVERRIDE_PROTOCOL *p = protocol;
	if (controller == NULL)
		return ((efi_status(EFIAPI *)(void *, efi_handle *))p->Get)(p, driver);
	return ((efi_status(EFIAPI *)(void *, efi_handle, efi_handle *))p->Get)(p, controller, driver);
}

uint32_t efi_call_driver_family_version(void *protocol)
{
	EFI_DRIVER_OVERRIDE_PROTOCOL *p = protocol;
	return ((uint32_t(EFIAPI *)(void *))p->Get)(p);
}

void efi_call_runtime_fill(uint64_t function, void *system_table, void *runtime_services)
{
	((void (*)(void *, void *))function)(system_table, runtime_services);
}
