/* SPDX-License-Identifier: Apache-2.0 OR GPL-2.0-only */
/* InstallMultipleProtocolInterfaces, UninstallMultipleProtocolInterfaces (UEFI 2.10, 7.3.17, 7.3.18). */
#include "protocol_kit.h"

void multiple_assertions(void);

static uint8_t path[64], same_path[64];

static void install(void)
{
	efi_handle handle = 0;

	check_status("7.3.17", "protocols.multiple.install",
		     BS(InstallMultipleProtocolInterfaces)(&handle, &mark_a, INTERFACE(0), &mark_b, INTERFACE(1), &mark_c,
							   INTERFACE(2), NULL),
		     EFI_SUCCESS, "all interfaces are installed");
	check("7.3.17", "protocols.multiple.install-handle", handle != 0, "a new handle is returned");
	check("7.3.17", "protocols.multiple.install-interfaces",
	      interface_on(handle, &mark_a) == INTERFACE(0) && interface_on(handle, &mark_b) == INTERFACE(1) &&
		      interface_on(handle, &mark_c) == INTERFACE(2),
	      "all interfaces are on it");
	check_status("7.3.17", "protocols.multiple.null-handle-pointer",
		     BS(InstallMultipleProtocolInterfaces)(0, &mark_a, INTERFACE(0), NULL), EFI_INVALID_PARAMETER,
		     "Handle is NULL");

	BS(UninstallProtocolInterface)(handle, &mark_c, INTERFACE(2));
	check_status("7.3.17", "protocols.multiple.install-rollback",
		     BS(InstallMultipleProtocolInterfaces)(&handle, &mark_c, INTERFACE(2), &mark_a, INTERFACE(3), NULL),
		     EFI_INVALID_PARAMETER, "the second protocol is on the handle already");
	check("7.3.17", "protocols.multiple.install-rollback-undone", !carries(handle, &mark_c),
	      "those installed before the error are uninstalled");
	check("7.3.17", "protocols.multiple.install-rollback-keeps",
	      interface_on(handle, &mark_a) == INTERFACE(0) && interface_on(handle, &mark_b) == INTERFACE(1),
	      "what was there before stays");
	/* Within one call the second of two must fail as well. */
	efi_handle new = 0;

	check_status("7.3.17", "protocols.multiple.same-protocol-twice",
		     BS(InstallMultipleProtocolInterfaces)(&new, &mark_c, INTERFACE(2), &mark_c, INTERFACE(3), NULL),
		     EFI_INVALID_PARAMETER, "the protocol is on the handle already");

	uint64_t size = 0;

	check_status("7.3.17", "protocols.multiple.same-protocol-twice-undone",
		     BS(LocateHandle)(ByProtocol, &mark_c, 0, &size, 0), EFI_NOT_FOUND, "nothing is left of it");

	check_status("7.3.18", "protocols.multiple.uninstall",
		     BS(UninstallMultipleProtocolInterfaces)(handle, &mark_a, INTERFACE(0), NULL), EFI_SUCCESS,
		     "the interface is uninstalled");
	check("7.3.18", "protocols.multiple.uninstall-one", !carries(handle, &mark_a) && carries(handle, &mark_b),
	      "that one and no other");
	check_status("7.3.18", "protocols.multiple.uninstall-last",
		     BS(UninstallMultipleProtocolInterfaces)(handle, &mark_b, INTERFACE(1), NULL), EFI_SUCCESS,
		     "the last interface is uninstalled");
	check("7.3.18", "protocols.multiple.uninstall-frees-handle", !exists(handle), "with the last one the handle is freed");
}

static void uninstall_rollback(void)
{
	efi_handle handle = 0;
	void *interface = 0;

	BS(InstallMultipleProtocolInterfaces)(&handle, &mark_a, INTERFACE(0), &mark_b, INTERFACE(1), NULL);
	check_status("7.3.18", "protocols.multiple.uninstall-missing",
		     BS(UninstallMultipleProtocolInterfaces)(handle, &mark_a, INTERFACE(0), &mark_c, INTERFACE(2), NULL),
		     EFI_INVALID_PARAMETER, "whatever the error was");
	check("7.3.18", "protocols.multiple.uninstall-missing-restored", interface_on(handle, &mark_a) == INTERFACE(0),
	      "those uninstalled before the error are reinstalled");
	check_status("7.3.18", "protocols.multiple.uninstall-other-interface",
		     BS(UninstallMultipleProtocolInterfaces)(handle, &mark_a, INTERFACE(0), &mark_b, INTERFACE(0), NULL),
		     EFI_INVALID_PARAMETER, "whatever the error was");
	check("7.3.18", "protocols.multiple.uninstall-other-interface-restored",
	      interface_on(handle, &mark_a) == INTERFACE(0) && interface_on(handle, &mark_b) == INTERFACE(1),
	      "those uninstalled before the error are reinstalled");
	BS(OpenProtocol)(handle, &mark_b, &interface, image, 0, EFI_OPEN_PROTOCOL_EXCLUSIVE);
	check_status("7.3.18", "protocols.multiple.uninstall-in-use",
		     BS(UninstallMultipleProtocolInterfaces)(handle, &mark_a, INTERFACE(0), &mark_b, INTERFACE(1), NULL),
		     EFI_INVALID_PARAMETER, "whatever the error was");
	check("7.3.18", "protocols.multiple.uninstall-in-use-restored",
	      interface_on(handle, &mark_a) == INTERFACE(0) && interface_on(handle, &mark_b) == INTERFACE(1),
	      "those uninstalled before the error are reinstalled");
	BS(CloseProtocol)(handle, &mark_b, image, 0);
	check_status("7.3.18", "protocols.multiple.uninstall-all",
		     BS(UninstallMultipleProtocolInterfaces)(handle, &mark_a, INTERFACE(0), &mark_b, INTERFACE(1), NULL),
		     EFI_SUCCESS, "all interfaces are uninstalled");
	check("7.3.18", "protocols.multiple.uninstall-all-frees-handle", !exists(handle),
	      "with the last one the handle is freed");
}

static void device_paths(void)
{
	efi_handle first = 0, second = 0;

	make_path(path, "m");
	make_path(same_path, "m");
	BS(InstallMultipleProtocolInterfaces)(&first, &device_path_guid, path, NULL);
	check_status("7.3.17", "protocols.multiple.device-path-twice",
		     BS(InstallMultipleProtocolInterfaces)(&second, &mark_a, INTERFACE(0), &device_path_guid, same_path, NULL),
		     EFI_ALREADY_STARTED, "the device path is in the handle database already");

	uint64_t size = 0;

	check_status("7.3.17", "protocols.multiple.device-path-twice-undone",
		     BS(LocateHandle)(ByProtocol, &mark_a, 0, &size, 0), EFI_NOT_FOUND,
		     "those installed before the error are uninstalled");
	BS(UninstallMultipleProtocolInterfaces)(first, &device_path_guid, path, NULL);
	check_status("7.3.17", "protocols.multiple.device-path-again",
		     BS(InstallMultipleProtocolInterfaces)(&second, &mark_a, INTERFACE(0), &device_path_guid, same_path, NULL),
		     EFI_SUCCESS, "once it is gone, it can be installed");
	BS(UninstallMultipleProtocolInterfaces)(second, &mark_a, INTERFACE(0), &device_path_guid, same_path, NULL);
}

void multiple_assertions(void)
{
	install();
	uninstall_rollback();
	device_paths();
}
