/* SPDX-License-Identifier: Apache-2.0 OR GPL-2.0-only */
#include "driver_kit.h"

char calls[64];

static void record(char name, char what)
{
	unsigned at = 0;

	while (calls[at])
		at++;
	if (at + 2 < sizeof(calls)) {
		calls[at] = name;
		calls[at + 1] = what;
		calls[at + 2] = 0;
	}
}

void forget_calls(void) { memset(calls, 0, sizeof(calls)); }

int called(const char *expected)
{
	int same = 1;
	unsigned at = 0;

	for (; expected[at] && same; at++)
		same = calls[at] == expected[at];
	same = same && calls[at] == 0;
	forget_calls();
	return same;
}

static efi_status open_by(driver *driver, efi_handle controller, efi_handle other, uint32_t attributes)
{
	void *interface;

	return BS(OpenProtocol)(controller, driver->manages, &interface, driver->binding.DriverBindingHandle, other, attributes);
}

static efi_status EFIAPI supported(void *this, efi_handle controller, void *remaining)
{
	driver *driver = this;

	if (driver->refuses)
		return EFI_UNSUPPORTED;
	efi_status status = open_by(driver, controller, controller, EFI_OPEN_PROTOCOL_BY_DRIVER);

	if (status == EFI_SUCCESS) {
		record(driver->name, '?');
		driver->remaining = remaining;
		driver->remaining_type = remaining ? ((uint8_t *)remaining)[0] : 0;
		BS(CloseProtocol)(controller, driver->manages, driver->binding.DriverBindingHandle, controller);
	}
	return status;
}

static efi_status EFIAPI start(void *this, efi_handle controller, void *remaining)
{
	driver *driver = this;

	record(driver->name, '+');
	if (driver->fails)
		return EFI_DEVICE_ERROR;
	efi_status status = open_by(driver, controller, controller, EFI_OPEN_PROTOCOL_BY_DRIVER);

	for (unsigned i = 0; i < driver->makes && status == EFI_SUCCESS; i++) {
		driver->children[i] = new_handle(&CHILD_MARK, INTERFACE(4 + i));
		status = open_by(driver, controller, driver->children[i], EFI_OPEN_PROTOCOL_BY_CHILD_CONTROLLER);
	}
	return status;
}

static efi_status EFIAPI stop(void *this, efi_handle controller, uint64_t count, efi_handle *children)
{
	driver *driver = this;

	record(driver->name, count ? '~' : '-');
	if (driver->stays)
		return EFI_DEVICE_ERROR;
	driver->stopped_children += count;
	for (uint64_t i = 0; i < count; i++) {
		BS(CloseProtocol)(controller, driver->manages, driver->binding.DriverBindingHandle, children[i]);
		for (unsigned j = 0; j < driver->makes; j++) {
			if (driver->children[j] == children[i]) {
				BS(UninstallProtocolInterface)(children[i], &CHILD_MARK, INTERFACE(4 + j));
				driver->children[j] = 0;
			}
		}
	}
	if (count == 0)
		return BS(CloseProtocol)(controller, driver->manages, driver->binding.DriverBindingHandle, controller);
	return EFI_SUCCESS;
}

void install_driver(driver *driver, char name, uint32_t version, const efi_guid_bytes *manages)
{
	efi_handle handle = 0;

	memset(driver, 0, sizeof(*driver));
	driver->name = name;
	driver->manages = manages;
	driver->binding.Supported = (efi_slot)(void *)supported;
	driver->binding.Start = (efi_slot)(void *)start;
	driver->binding.Stop = (efi_slot)(void *)stop;
	driver->binding.Version = version;
	/* Each driver is an image of its own: overrides name drivers by their images. */
	BS(InstallProtocolInterface)(&handle, &mark_b, EFI_NATIVE_INTERFACE, driver);
	driver->binding.ImageHandle = driver->binding.DriverBindingHandle = handle;
	BS(InstallProtocolInterface)(&handle, &driver_binding_guid, EFI_NATIVE_INTERFACE, &driver->binding);
}

void remove_driver(driver *driver)
{
	BS(UninstallProtocolInterface)(driver->binding.DriverBindingHandle, &driver_binding_guid, &driver->binding);
	BS(UninstallProtocolInterface)(driver->binding.DriverBindingHandle, &mark_b, driver);
}

int is_managing(driver *driver, efi_handle controller)
{
	return opens(controller, driver->manages, driver->binding.DriverBindingHandle, EFI_OPEN_PROTOCOL_BY_DRIVER) != 0;
}
