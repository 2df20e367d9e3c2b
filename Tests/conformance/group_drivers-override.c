/* SPDX-License-Identifier: Apache-2.0 OR GPL-2.0-only */
/*
 * The order of ConnectController (UEFI 2.10, 7.3.12): the caller's list, Platform Driver Override (11.2), Driver Family
 * Override (11.9), Bus Specific Driver Override (11.3), then the highest version.
 */
#include "driver_kit.h"

static const efi_guid_bytes platform_override_guid =
	GUID(0x6b30c738, 0xa391, 0x11d4, 0x9a, 0x3b, 0x00, 0x90, 0x27, 0x3f, 0xc1, 0x4d);
static const efi_guid_bytes family_override_guid =
	GUID(0xb1ee129e, 0xda36, 0x4181, 0x91, 0xf8, 0x04, 0xa4, 0x92, 0x37, 0x66, 0xa7);
static const efi_guid_bytes bus_override_guid =
	GUID(0x3bc1b285, 0x8a15, 0x4a82, 0xaa, 0xbf, 0x4d, 0x7d, 0x13, 0xfb, 0x32, 0x65);

typedef struct {
	efi_slot GetDriver, GetDriverPath, DriverLoaded;
} platform_override;
typedef struct {
	efi_slot Get;
} one_slot;

/* Drivers by what speaks for them. */
static driver context, platform, second_platform, family, young_family, by_bus, version;
static driver *const all[] = {&context, &platform, &second_platform, &family, &young_family, &by_bus, &version};
static efi_handle controller;
static int other_controllers;

/* 11.2.2: NULL gives the first, the last one given the next. */
static efi_status EFIAPI platform_driver(platform_override *this, efi_handle handle, efi_handle *driver)
{
	if (handle != controller) {
		other_controllers++;
		return EFI_NOT_FOUND;
	}
	if (*driver == 0)
		*driver = platform.binding.ImageHandle;
	else if (*driver == platform.binding.ImageHandle)
		*driver = second_platform.binding.ImageHandle;
	else
		return EFI_NOT_FOUND;
	return EFI_SUCCESS;
}

static efi_status EFIAPI no_path(platform_override *this, efi_handle handle, void **path) { return EFI_NOT_FOUND; }

static efi_status EFIAPI bus_driver(one_slot *this, efi_handle *driver)
{
	if (*driver)
		return EFI_NOT_FOUND;
	*driver = by_bus.binding.ImageHandle;
	return EFI_SUCCESS;
}

static uint32_t EFIAPI family_version(one_slot *this) { return 5; }
static uint32_t EFIAPI young_family_version(one_slot *this) { return 6; }

static platform_override platform_interface = {(efi_slot)platform_driver, (efi_slot)no_path, (efi_slot)no_path};
static one_slot bus_interface = {(efi_slot)bus_driver};
static one_slot family_interface = {(efi_slot)family_version};
static one_slot young_family_interface = {(efi_slot)young_family_version};

/* Connects, and says who was asked first; then nobody manages the controller and `first` refuses. */
static int first_is(driver *first)
{
	efi_handle list[2] = {context.binding.DriverBindingHandle, 0};

	forget_calls();
	BS(ConnectController)(controller, list, 0, 0);
	int right = calls[0] == first->name && is_managing(first, controller);

	BS(DisconnectController)(controller, 0, 0);
	first->refuses = 1;
	return right;
}

void override_assertions(void)
{
	void *present = 0;
	efi_handle speaker = 0;

	controller = new_handle(&mark_a, INTERFACE(0));
	for (unsigned i = 0; i < sizeof(all) / sizeof(*all); i++)
		install_driver(all[i], (char)('0' + i), all[i] == &version ? 0x50 : all[i] == &by_bus ? 0x20 : 0x10, &mark_a);
	BS(InstallProtocolInterface)(&controller, &bus_override_guid, EFI_NATIVE_INTERFACE, &bus_interface);
	BS(InstallProtocolInterface)
	(&family.binding.DriverBindingHandle, &family_override_guid, EFI_NATIVE_INTERFACE, &family_interface);
	BS(InstallProtocolInterface)
	(&young_family.binding.DriverBindingHandle, &family_override_guid, EFI_NATIVE_INTERFACE, &young_family_interface);
	int has_platform = BS(LocateProtocol)(&platform_override_guid, 0, &present) == EFI_SUCCESS;

	if (!has_platform)
		BS(InstallProtocolInterface)(&speaker, &platform_override_guid, EFI_NATIVE_INTERFACE, &platform_interface);

	check("7.3.12", "drivers.order.context", first_is(&context), "first the caller's list");
	if (has_platform) {
		skip("7.3.12", "drivers.order.platform", "the firmware has a Platform Driver Override Protocol of its own");
		skip("11.2.2", "drivers.order.platform-second", "the firmware has a Platform Driver Override Protocol of its own");
	} else {
		check("7.3.12", "drivers.order.platform", first_is(&platform), "then the Platform Driver Override Protocol");
		check("11.2.2", "drivers.order.platform-second", first_is(&second_platform),
		      "GetDriver() is called until it gives no more");
	}
	check("7.3.12", "drivers.order.family", first_is(&young_family), "then Driver Family Override, highest version first");
	check("11.9.2", "drivers.order.family-second", first_is(&family), "then the lower versions of a family");
	check("7.3.12", "drivers.order.bus", first_is(&by_bus), "then the Bus Specific Driver Override Protocol");
	check("7.3.12", "drivers.order.version", first_is(&version), "last the others, highest version first");

	if (!has_platform)
		BS(UninstallProtocolInterface)(speaker, &platform_override_guid, &platform_interface);
	BS(UninstallProtocolInterface)(controller, &bus_override_guid, &bus_interface);
	BS(UninstallProtocolInterface)(family.binding.DriverBindingHandle, &family_override_guid, &family_interface);
	BS(UninstallProtocolInterface)
	(young_family.binding.DriverBindingHandle, &family_override_guid, &young_family_interface);
	BS(UninstallProtocolInterface)(controller, &mark_a, INTERFACE(0));
	for (unsigned i = 0; i < sizeof(all) / sizeof(*all); i++)
		remove_driver(all[i]);
}
