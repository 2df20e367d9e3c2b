/* SPDX-License-Identifier: Apache-2.0 OR GPL-2.0-only */
/* Protocol handler services (UEFI 2.10, 7.3.2 to 7.3.4, 7.3.7, 7.3.14): one protocol on one handle. */
#include "protocol_kit.h"

void locate_assertions(void);
void notify_assertions(void);
void open_assertions(void);
void multiple_assertions(void);
void device_path_assertions(void);

static void install(void)
{
	efi_handle handle = 0;

	check_status("7.3.2", "protocols.install.new-handle",
		     BS(InstallProtocolInterface)(&handle, &mark_a, EFI_NATIVE_INTERFACE, INTERFACE(0)), EFI_SUCCESS,
		     "a NULL handle makes a new one");
	check("7.3.2", "protocols.install.new-handle-returned", handle != 0 && exists(handle), "the new handle is returned");
	check_status("7.3.2", "protocols.install.second-protocol",
		     BS(InstallProtocolInterface)(&handle, &mark_b, EFI_NATIVE_INTERFACE, 0), EFI_SUCCESS,
		     "a handle takes another protocol, a NULL interface too");
	check_status("7.3.2", "protocols.install.same-protocol-twice",
		     BS(InstallProtocolInterface)(&handle, &mark_a, EFI_NATIVE_INTERFACE, INTERFACE(1)),
		     EFI_INVALID_PARAMETER, "the protocol is on the handle already");
	check("7.3.2", "protocols.install.same-protocol-twice-keeps", interface_on(handle, &mark_a) == INTERFACE(0),
	      "a refused installation changes nothing");
	check_status("7.3.2", "protocols.install.null-handle-pointer",
		     BS(InstallProtocolInterface)(0, &mark_a, EFI_NATIVE_INTERFACE, INTERFACE(0)), EFI_INVALID_PARAMETER,
		     "Handle is NULL");
	check_status("7.3.2", "protocols.install.null-protocol",
		     BS(InstallProtocolInterface)(&handle, 0, EFI_NATIVE_INTERFACE, INTERFACE(0)), EFI_INVALID_PARAMETER,
		     "Protocol is NULL");
	check_status("7.3.2", "protocols.install.interface-type",
		     BS(InstallProtocolInterface)(&handle, &mark_c, EFI_NATIVE_INTERFACE + 1, INTERFACE(0)),
		     EFI_INVALID_PARAMETER, "InterfaceType is not EFI_NATIVE_INTERFACE");
	check("7.3.2", "protocols.install.interface-type-keeps", !carries(handle, &mark_c),
	      "a refused installation changes nothing");

	void *found = INTERFACE(7);

	check_status("7.3.7", "protocols.handle-protocol.found", BS(HandleProtocol)(handle, &mark_a, &found), EFI_SUCCESS,
		     "the interface is returned");
	check("7.3.7", "protocols.handle-protocol.interface", found == INTERFACE(0), "the interface is returned");
	check_status("7.3.7", "protocols.handle-protocol.null-interface-is-one",
		     BS(HandleProtocol)(handle, &mark_b, &found), EFI_SUCCESS, "a protocol may have no interface structure");
	check("7.3.7", "protocols.handle-protocol.null-interface-returned", found == 0, "NULL is returned for it");
	found = INTERFACE(7);
	check_status("7.3.7", "protocols.handle-protocol.unsupported", BS(HandleProtocol)(handle, &mark_c, &found),
		     EFI_UNSUPPORTED, "the device does not support the protocol");
	check("7.3.7", "protocols.handle-protocol.unsupported-null", found == 0, "NULL is returned in *Interface");
	check_status("7.3.7", "protocols.handle-protocol.null-handle", BS(HandleProtocol)(0, &mark_a, &found),
		     EFI_INVALID_PARAMETER, "Handle is NULL");
	check_status("7.3.7", "protocols.handle-protocol.null-protocol", BS(HandleProtocol)(handle, 0, &found),
		     EFI_INVALID_PARAMETER, "Protocol is NULL");
	check_status("7.3.7", "protocols.handle-protocol.null-interface-pointer",
		     BS(HandleProtocol)(handle, &mark_a, 0), EFI_INVALID_PARAMETER, "Interface is NULL");

	efi_guid_bytes **guids = 0;
	uint64_t count = 0;

	check_status("7.3.14", "protocols.per-handle.found", BS(ProtocolsPerHandle)(handle, &guids, &count), EFI_SUCCESS,
		     "the list is returned");
	check_equal("7.3.14", "protocols.per-handle.count", count, 2, "the number of protocols on the handle");
	check("7.3.14", "protocols.per-handle.guids",
	      count == 2 && ((same_guid(guids[0], &mark_a) && same_guid(guids[1], &mark_b)) ||
			     (same_guid(guids[0], &mark_b) && same_guid(guids[1], &mark_a))),
	      "each protocol of the handle is listed once");
	check_status("7.3.14", "protocols.per-handle.pool", BS(FreePool)(guids), EFI_SUCCESS,
		     "the list is from the pool and the caller frees it");
	check_status("7.3.14", "protocols.per-handle.null-handle", BS(ProtocolsPerHandle)(0, &guids, &count),
		     EFI_INVALID_PARAMETER, "Handle is NULL");
	check_status("7.3.14", "protocols.per-handle.null-buffer", BS(ProtocolsPerHandle)(handle, 0, &count),
		     EFI_INVALID_PARAMETER, "ProtocolBuffer is NULL");
	check_status("7.3.14", "protocols.per-handle.null-count", BS(ProtocolsPerHandle)(handle, &guids, 0),
		     EFI_INVALID_PARAMETER, "ProtocolBufferCount is NULL");

	BS(UninstallProtocolInterface)(handle, &mark_a, INTERFACE(0));
	BS(UninstallProtocolInterface)(handle, &mark_b, 0);
}

static void uninstall(void)
{
	efi_handle handle = new_handle(&mark_a, INTERFACE(0));
	void *interface = 0;

	BS(InstallProtocolInterface)(&handle, &mark_b, EFI_NATIVE_INTERFACE, INTERFACE(1));
	check_status("7.3.3", "protocols.uninstall.other-interface",
		     BS(UninstallProtocolInterface)(handle, &mark_a, INTERFACE(1)), EFI_NOT_FOUND,
		     "the interface was not found");
	check_status("7.3.3", "protocols.uninstall.other-protocol",
		     BS(UninstallProtocolInterface)(handle, &mark_c, INTERFACE(0)), EFI_NOT_FOUND,
		     "the interface was not found");
	check_status("7.3.3", "protocols.uninstall.null-handle", BS(UninstallProtocolInterface)(0, &mark_a, INTERFACE(0)),
		     EFI_INVALID_PARAMETER, "Handle is NULL");
	check_status("7.3.3", "protocols.uninstall.null-protocol", BS(UninstallProtocolInterface)(handle, 0, INTERFACE(0)),
		     EFI_INVALID_PARAMETER, "Protocol is NULL");
	check("7.3.3", "protocols.uninstall.refusals-keep", interface_on(handle, &mark_a) == INTERFACE(0),
	      "a refused removal changes nothing");

	/* Agents that do not hold on to it. */
	BS(HandleProtocol)(handle, &mark_a, &interface);
	BS(OpenProtocol)(handle, &mark_a, &interface, image, 0, EFI_OPEN_PROTOCOL_GET_PROTOCOL);
	BS(OpenProtocol)(handle, &mark_a, &interface, image, 0, EFI_OPEN_PROTOCOL_BY_HANDLE_PROTOCOL);
	check_status("7.3.3", "protocols.uninstall.passing-agents",
		     BS(UninstallProtocolInterface)(handle, &mark_a, INTERFACE(0)), EFI_SUCCESS,
		     "opens by BY_HANDLE_PROTOCOL and GET_PROTOCOL are closed");
	check("7.3.3", "protocols.uninstall.gone", !carries(handle, &mark_a) && carries(handle, &mark_b),
	      "the protocol is gone, the others stay");

	BS(OpenProtocol)(handle, &mark_b, &interface, image, 0, EFI_OPEN_PROTOCOL_EXCLUSIVE);
	check_status("7.3.3", "protocols.uninstall.exclusive-agent",
		     BS(UninstallProtocolInterface)(handle, &mark_b, INTERFACE(1)), EFI_ACCESS_DENIED,
		     "the interface is still in use by an EXCLUSIVE agent");
	check("7.3.3", "protocols.uninstall.exclusive-agent-keeps",
	      interface_on(handle, &mark_b) == INTERFACE(1) && opens(handle, &mark_b, image, EFI_OPEN_PROTOCOL_EXCLUSIVE) == 1,
	      "it stays, and so does the agent");
	BS(CloseProtocol)(handle, &mark_b, image, 0);

	efi_handle child = new_handle(&mark_c, INTERFACE(2));

	BS(OpenProtocol)(handle, &mark_b, &interface, image, child, EFI_OPEN_PROTOCOL_BY_CHILD_CONTROLLER);
	check_status("7.3.3", "protocols.uninstall.child-controller",
		     BS(UninstallProtocolInterface)(handle, &mark_b, INTERFACE(1)), EFI_ACCESS_DENIED,
		     "the interface is still in use by a child controller");
	BS(CloseProtocol)(handle, &mark_b, image, child);
	check_status("7.3.3", "protocols.uninstall.last", BS(UninstallProtocolInterface)(handle, &mark_b, INTERFACE(1)),
		     EFI_SUCCESS, "closed again, it can go");
	check("7.3.3", "protocols.uninstall.last-frees-handle", !exists(handle), "with the last interface the handle is freed");
	check("7.3.3", "protocols.uninstall.stale-handle", BS(HandleProtocol)(handle, &mark_b, &interface) != EFI_SUCCESS,
	      "the freed handle is no longer valid");
	BS(UninstallProtocolInterface)(child, &mark_c, INTERFACE(2));
}

static void reinstall(void)
{
	efi_handle handle = new_handle(&mark_a, INTERFACE(0));
	void *interface = 0;

	check_status("7.3.4", "protocols.reinstall.replaces",
		     BS(ReinstallProtocolInterface)(handle, &mark_a, INTERFACE(0), INTERFACE(1)), EFI_SUCCESS,
		     "the interface is replaced");
	check("7.3.4", "protocols.reinstall.new-interface", interface_on(handle, &mark_a) == INTERFACE(1),
	      "the new interface is there");
	check_status("7.3.4", "protocols.reinstall.same", BS(ReinstallProtocolInterface)(handle, &mark_a, INTERFACE(1), INTERFACE(1)),
		     EFI_SUCCESS, "OldInterface may be NewInterface");
	check_status("7.3.4", "protocols.reinstall.other-interface",
		     BS(ReinstallProtocolInterface)(handle, &mark_a, INTERFACE(0), INTERFACE(2)), EFI_NOT_FOUND,
		     "OldInterface is not on the handle");
	check_status("7.3.4", "protocols.reinstall.other-protocol",
		     BS(ReinstallProtocolInterface)(handle, &mark_b, INTERFACE(1), INTERFACE(2)), EFI_NOT_FOUND,
		     "the protocol is not on the handle");
	check_status("7.3.4", "protocols.reinstall.null-handle",
		     BS(ReinstallProtocolInterface)(0, &mark_a, INTERFACE(1), INTERFACE(2)), EFI_INVALID_PARAMETER,
		     "Handle is NULL");
	check_status("7.3.4", "protocols.reinstall.null-protocol",
		     BS(ReinstallProtocolInterface)(handle, 0, INTERFACE(1), INTERFACE(2)), EFI_INVALID_PARAMETER,
		     "Protocol is NULL");
	BS(OpenProtocol)(handle, &mark_a, &interface, image, 0, EFI_OPEN_PROTOCOL_EXCLUSIVE);
	check_status("7.3.4", "protocols.reinstall.exclusive-agent",
		     BS(ReinstallProtocolInterface)(handle, &mark_a, INTERFACE(1), INTERFACE(2)), EFI_ACCESS_DENIED,
		     "the interface is still in use");
	check("7.3.4", "protocols.reinstall.exclusive-agent-keeps", interface_on(handle, &mark_a) == INTERFACE(1),
	      "a refused replacement changes nothing");
	BS(CloseProtocol)(handle, &mark_a, image, 0);
	check_status("7.3.4", "protocols.reinstall.null-interface",
		     BS(ReinstallProtocolInterface)(handle, &mark_a, INTERFACE(1), 0), EFI_SUCCESS,
		     "NewInterface may be NULL");
	BS(UninstallProtocolInterface)(handle, &mark_a, 0);
}

void run_group(void)
{
	install();
	uninstall();
	reinstall();
	open_assertions();
	locate_assertions();
	notify_assertions();
	multiple_assertions();
	device_path_assertions();
}
