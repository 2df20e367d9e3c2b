/* SPDX-License-Identifier: Apache-2.0 OR GPL-2.0-only */
/* LocateHandle, LocateHandleBuffer, LocateProtocol (UEFI 2.10, 7.3.6, 7.3.15, 7.3.16) by protocol and for all handles. */
#include "protocol_kit.h"

void locate_assertions(void);

static efi_handle found[1024];

static int contains(const efi_handle *handles, uint64_t count, efi_handle handle)
{
	int times = 0;

	for (uint64_t i = 0; i < count; i++)
		times += handles[i] == handle;
	return times == 1;
}

static void locate_handle(efi_handle first, efi_handle second)
{
	uint64_t size = 0;

	check_status("7.3.6", "protocols.locate-handle.size-of-all", BS(LocateHandle)(AllHandles, 0, 0, &size, 0),
		     EFI_BUFFER_TOO_SMALL, "BufferSize is too small for the result");
	check("7.3.6", "protocols.locate-handle.size-of-all-returned", size >= 16 && size % 8 == 0 && size <= sizeof(found),
	      "BufferSize is updated with the size needed");

	uint64_t needed = size;

	size = sizeof(found);
	check_status("7.3.6", "protocols.locate-handle.all", BS(LocateHandle)(AllHandles, 0, 0, &size, found), EFI_SUCCESS,
		     "all handles of the database");
	check_equal("7.3.6", "protocols.locate-handle.all-size", size, needed, "BufferSize is the size of the result");
	check("7.3.6", "protocols.locate-handle.all-handles",
	      contains(found, size / 8, first) && contains(found, size / 8, second) && contains(found, size / 8, image),
	      "each handle is there, once");

	size = 0;
	BS(LocateHandle)(ByProtocol, &mark_a, 0, &size, 0);
	check_equal("7.3.6", "protocols.locate-handle.size-by-protocol", size, 16, "BufferSize is updated with the size needed");
	size = 15;
	found[0] = found[1] = 0;
	check_status("7.3.6", "protocols.locate-handle.one-byte-short", BS(LocateHandle)(ByProtocol, &mark_a, 0, &size, found),
		     EFI_BUFFER_TOO_SMALL, "BufferSize is too small for the result");
	check_equal("7.3.6", "protocols.locate-handle.one-byte-short-size", size, 16,
		    "BufferSize is updated with the size needed");
	check_status("7.3.6", "protocols.locate-handle.by-protocol", BS(LocateHandle)(ByProtocol, &mark_a, 0, &size, found),
		     EFI_SUCCESS, "all handles that support the protocol");
	check("7.3.6", "protocols.locate-handle.by-protocol-handles",
	      contains(found, 2, first) && contains(found, 2, second), "both handles");
	size = sizeof(found);
	check_status("7.3.6", "protocols.locate-handle.ignores-key",
		     BS(LocateHandle)(ByProtocol, &mark_b, INTERFACE(5), &size, found), EFI_SUCCESS,
		     "ByProtocol: SearchKey is ignored");
	check("7.3.6", "protocols.locate-handle.one", size == 8 && found[0] == first, "the one handle that supports it");
	size = sizeof(found);
	check_status("7.3.6", "protocols.locate-handle.none", BS(LocateHandle)(ByProtocol, &mark_c, 0, &size, found),
		     EFI_NOT_FOUND, "no handles match the search");
	check_status("7.3.6", "protocols.locate-handle.null-size", BS(LocateHandle)(ByProtocol, &mark_a, 0, 0, found),
		     EFI_INVALID_PARAMETER, "BufferSize is NULL");
	size = sizeof(found);
	check_status("7.3.6", "protocols.locate-handle.null-buffer", BS(LocateHandle)(ByProtocol, &mark_a, 0, &size, 0),
		     EFI_INVALID_PARAMETER, "BufferSize is large enough and Buffer is NULL");
	check_status("7.3.6", "protocols.locate-handle.null-protocol", BS(LocateHandle)(ByProtocol, 0, 0, &size, found),
		     EFI_INVALID_PARAMETER, "ByProtocol, and Protocol is NULL");
	check_status("7.3.6", "protocols.locate-handle.null-key",
		     BS(LocateHandle)(ByRegisterNotify, &mark_a, 0, &size, found), EFI_INVALID_PARAMETER,
		     "ByRegisterNotify, and SearchKey is NULL");
	check_status("7.3.6", "protocols.locate-handle.search-type",
		     BS(LocateHandle)(ByProtocol + 1, &mark_a, 0, &size, found), EFI_INVALID_PARAMETER,
		     "SearchType is not a member of EFI_LOCATE_SEARCH_TYPE");
}

static void locate_handle_buffer(efi_handle first, efi_handle second)
{
	efi_handle *handles = 0;
	uint64_t count = 0;

	check_status("7.3.15", "protocols.locate-buffer.by-protocol",
		     BS(LocateHandleBuffer)(ByProtocol, &mark_a, 0, &count, &handles), EFI_SUCCESS, "the handles are returned");
	check("7.3.15", "protocols.locate-buffer.by-protocol-handles",
	      count == 2 && contains(handles, 2, first) && contains(handles, 2, second), "all of them, and their number");
	check_status("7.3.15", "protocols.locate-buffer.pool", BS(FreePool)(handles), EFI_SUCCESS,
		     "the array is from the pool and the caller frees it");
	check_status("7.3.15", "protocols.locate-buffer.all", BS(LocateHandleBuffer)(AllHandles, 0, 0, &count, &handles),
		     EFI_SUCCESS, "all handles of the database");
	check("7.3.15", "protocols.locate-buffer.all-handles",
	      contains(handles, count, first) && contains(handles, count, second) && contains(handles, count, image),
	      "each handle is there, once");
	BS(FreePool)(handles);
	check_status("7.3.15", "protocols.locate-buffer.none",
		     BS(LocateHandleBuffer)(ByProtocol, &mark_c, 0, &count, &handles), EFI_NOT_FOUND,
		     "no handles match the search");
	check_status("7.3.15", "protocols.locate-buffer.null-count",
		     BS(LocateHandleBuffer)(ByProtocol, &mark_a, 0, 0, &handles), EFI_INVALID_PARAMETER, "NoHandles is NULL");
	check_status("7.3.15", "protocols.locate-buffer.null-buffer",
		     BS(LocateHandleBuffer)(ByProtocol, &mark_a, 0, &count, 0), EFI_INVALID_PARAMETER, "Buffer is NULL");
}

static void locate_protocol(void)
{
	void *interface = 0;

	check_status("7.3.16", "protocols.locate-protocol.found", BS(LocateProtocol)(&mark_b, 0, &interface), EFI_SUCCESS,
		     "a handle supports the protocol");
	check("7.3.16", "protocols.locate-protocol.interface", interface == INTERFACE(2), "its interface is returned");
	check_status("7.3.16", "protocols.locate-protocol.one-of-two", BS(LocateProtocol)(&mark_a, 0, &interface), EFI_SUCCESS,
		     "handles support the protocol");
	check("7.3.16", "protocols.locate-protocol.one-of-two-interfaces",
	      interface == INTERFACE(0) || interface == INTERFACE(1), "the first interface that matches");
	check_status("7.3.16", "protocols.locate-protocol.none", BS(LocateProtocol)(&mark_c, 0, &interface), EFI_NOT_FOUND,
		     "no protocol instances match");
	check_status("7.3.16", "protocols.locate-protocol.null-protocol", BS(LocateProtocol)(0, 0, &interface),
		     EFI_INVALID_PARAMETER, "Protocol is NULL");
	check_status("7.3.16", "protocols.locate-protocol.null-interface", BS(LocateProtocol)(&mark_a, 0, 0),
		     EFI_INVALID_PARAMETER, "Interface is NULL");
}

void locate_assertions(void)
{
	efi_handle first = new_handle(&mark_a, INTERFACE(0));
	efi_handle second = new_handle(&mark_a, INTERFACE(1));

	BS(InstallProtocolInterface)(&first, &mark_b, EFI_NATIVE_INTERFACE, INTERFACE(2));
	locate_handle(first, second);
	locate_handle_buffer(first, second);
	locate_protocol();
	BS(UninstallProtocolInterface)(first, &mark_b, INTERFACE(2));
	BS(UninstallProtocolInterface)(first, &mark_a, INTERFACE(0));
	BS(UninstallProtocolInterface)(second, &mark_a, INTERFACE(1));
}
