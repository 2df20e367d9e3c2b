/* SPDX-License-Identifier: Apache-2.0 OR GPL-2.0-only */
/* RegisterProtocolNotify (UEFI 2.10, 7.3.5) and the searches by registration (7.3.6, 7.3.15, 7.3.16). */
#include "protocol_kit.h"

void notify_assertions(void);

static unsigned calls;

static void EFIAPI count_call(efi_event event, void *context) { calls++; }

/* The next handle of a registration; NULL when there is none. */
static efi_handle next(void *key)
{
	efi_handle handle = 0;
	uint64_t size = sizeof(handle);

	return BS(LocateHandle)(ByRegisterNotify, 0, key, &size, &handle) == EFI_SUCCESS ? handle : 0;
}

static void searches(efi_event event, void *key, efi_handle old)
{
	efi_handle first = new_handle(&mark_a, INTERFACE(1));

	check_equal("7.3.5", "protocols.notify.install-signals", calls, 1, "the event is signaled when an interface is installed");
	efi_handle second = new_handle(&mark_a, INTERFACE(2));
	efi_handle third = new_handle(&mark_a, INTERFACE(3));

	check_equal("7.3.5", "protocols.notify.each-install-signals", calls, 3, "the event is signaled each time");

	uint64_t size = 0;
	efi_handle handle = 0;

	check_status("7.3.6", "protocols.notify.size", BS(LocateHandle)(ByRegisterNotify, 0, key, &size, 0),
		     EFI_BUFFER_TOO_SMALL, "BufferSize is too small for the result");
	check_equal("7.3.6", "protocols.notify.one-at-a-time", size, 8, "only one handle is returned at a time");
	check_status("7.3.6", "protocols.notify.first", BS(LocateHandle)(ByRegisterNotify, 0, key, &size, &handle), EFI_SUCCESS,
		     "the next handle that is new for the registration");
	check("7.3.6", "protocols.notify.first-handle", handle == first,
	      "starting with the first; asking for the size does not take it");
	check("7.3.6", "protocols.notify.second-handle", next(key) == second, "the next call gives the next one");

	void *interface = 0;

	check_status("7.3.16", "protocols.notify.locate-protocol", BS(LocateProtocol)(&mark_a, key, &interface), EFI_SUCCESS,
		     "LocateProtocol takes a registration as well");
	check("7.3.16", "protocols.notify.locate-protocol-interface", interface == INTERFACE(3),
	      "the interface of the next handle of the registration");
	size = sizeof(handle);
	check_status("7.3.6", "protocols.notify.no-more", BS(LocateHandle)(ByRegisterNotify, 0, key, &size, &handle),
		     EFI_NOT_FOUND, "each handle is returned once");
	check_status("7.3.16", "protocols.notify.locate-protocol-no-more", BS(LocateProtocol)(&mark_a, key, &interface),
		     EFI_NOT_FOUND, "no protocol instances match Protocol and Registration");
	check_equal("7.3.5", "protocols.notify.searching-signals-nothing", calls, 3, "only interfaces signal");

	BS(ReinstallProtocolInterface)(second, &mark_a, INTERFACE(2), INTERFACE(4));
	check_equal("7.3.4", "protocols.notify.reinstall-signals", calls, 4, "a reinstallation signals the event as well");

	efi_handle *handles = 0;
	uint64_t count = 0;

	check_status("7.3.15", "protocols.notify.buffer",
		     BS(LocateHandleBuffer)(ByRegisterNotify, 0, key, &count, &handles), EFI_SUCCESS,
		     "LocateHandleBuffer searches by registration as well");
	check("7.3.15", "protocols.notify.buffer-handle", count == 1 && handles[0] == second,
	      "the handle of the reinstalled interface is new again");
	BS(FreePool)(handles);
	check_status("7.3.15", "protocols.notify.buffer-no-more",
		     BS(LocateHandleBuffer)(ByRegisterNotify, 0, key, &count, &handles), EFI_NOT_FOUND,
		     "each handle is returned once");

	BS(UninstallProtocolInterface)(first, &mark_a, INTERFACE(1));
	check_equal("7.3.5", "protocols.notify.uninstall-signals-nothing", calls, 4, "a removal does not signal the event");

	efi_handle stranger = new_handle(&mark_b, INTERFACE(5));

	check_equal("7.3.5", "protocols.notify.other-protocol", calls, 4, "another protocol does not signal the event");
	BS(InstallProtocolInterface)(&stranger, &mark_a, EFI_NATIVE_INTERFACE, INTERFACE(6));
	check("7.3.5", "protocols.notify.old-handle", calls == 5 && next(key) == stranger,
	      "a handle that exists already is new once the protocol is on it");

	BS(CloseEvent)(event);
	efi_handle late = new_handle(&mark_a, INTERFACE(7));

	check_equal("7.1.3", "protocols.notify.closed-event", calls, 5,
		    "closing the event removes it from the registrations");
	BS(UninstallProtocolInterface)(late, &mark_a, INTERFACE(7));
	BS(UninstallProtocolInterface)(stranger, &mark_a, INTERFACE(6));
	BS(UninstallProtocolInterface)(stranger, &mark_b, INTERFACE(5));
	BS(UninstallProtocolInterface)(second, &mark_a, INTERFACE(4));
	BS(UninstallProtocolInterface)(third, &mark_a, INTERFACE(3));
	BS(UninstallProtocolInterface)(old, &mark_a, INTERFACE(0));
}

void notify_assertions(void)
{
	efi_event event = 0;
	void *key = 0;
	efi_handle old = new_handle(&mark_a, INTERFACE(0));

	BS(CreateEvent)(EVT_NOTIFY_SIGNAL, TPL_CALLBACK, count_call, 0, &event);
	check_status("7.3.5", "protocols.notify.null-protocol", BS(RegisterProtocolNotify)(0, event, &key),
		     EFI_INVALID_PARAMETER, "Protocol is NULL");
	check_status("7.3.5", "protocols.notify.null-event", BS(RegisterProtocolNotify)(&mark_a, 0, &key),
		     EFI_INVALID_PARAMETER, "Event is NULL");
	check_status("7.3.5", "protocols.notify.null-registration", BS(RegisterProtocolNotify)(&mark_a, event, 0),
		     EFI_INVALID_PARAMETER, "Registration is NULL");
	check_status("7.3.5", "protocols.notify.registers", BS(RegisterProtocolNotify)(&mark_a, event, &key), EFI_SUCCESS,
		     "the event is registered");
	check("7.3.5", "protocols.notify.registration-returned", key != 0, "the registration value is returned");
	check_equal("7.3.5", "protocols.notify.registration-signals-nothing", calls, 0,
		    "what is there already does not signal the event");
	/* Firmware may give the handles that exist already first (7.3.5 leaves that open): take them. */
	while (next(key))
		;
	searches(event, key, old);
}
