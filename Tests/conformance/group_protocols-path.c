/* SPDX-License-Identifier: Apache-2.0 OR GPL-2.0-only */
/* LocateDevicePath (UEFI 2.10, 7.3.8): the handle whose path is the longest front of a path, and what is left of it. */
#include "protocol_kit.h"

void device_path_assertions(void);

static uint8_t bus_path[128], device_path[128], plain_path[128], wanted[128];

void device_path_assertions(void)
{
	efi_handle bus = 0, device = 0, plain = 0, handle = 0;
	void *at;

	BS(InstallMultipleProtocolInterfaces)(&bus, &device_path_guid, make_path(bus_path, "a"), &mark_a, INTERFACE(0), NULL);
	BS(InstallMultipleProtocolInterfaces)
	(&device, &device_path_guid, make_path(device_path, "ab"), &mark_a, INTERFACE(1), NULL);
	/* A longer match still, but without the protocol. */
	BS(InstallMultipleProtocolInterfaces)(&plain, &device_path_guid, make_path(plain_path, "abc"), NULL);

	at = make_path(wanted, "abcd");
	check_status("7.3.8", "protocols.device-path.closest", BS(LocateDevicePath)(&mark_a, &at, &handle), EFI_SUCCESS,
		     "the closest handle that supports the protocol");
	check("7.3.8", "protocols.device-path.closest-handle", handle == device, "the longest front of the path counts");
	check("7.3.8", "protocols.device-path.remaining", at == wanted + 2 * NODE_SIZE,
	      "DevicePath is moved to the remaining part");
	at = make_path(wanted, "ab");
	check("7.3.8", "protocols.device-path.exact",
	      BS(LocateDevicePath)(&mark_a, &at, &handle) == EFI_SUCCESS && handle == device &&
		      at == wanted + 2 * NODE_SIZE && ((uint8_t *)at)[0] == 0x7f,
	      "of a path that matches as a whole the end node remains");
	at = make_path(wanted, "ac");
	check("7.3.8", "protocols.device-path.bus",
	      BS(LocateDevicePath)(&mark_a, &at, &handle) == EFI_SUCCESS && handle == bus && at == wanted + NODE_SIZE,
	      "only whole paths of handles match");
	at = make_path(wanted, "abc");
	check("7.3.8", "protocols.device-path.by-path",
	      BS(LocateDevicePath)(&device_path_guid, &at, &handle) == EFI_SUCCESS && handle == plain,
	      "the Device Path Protocol is a protocol to look for as well");
	at = make_path(wanted, "z");
	check_status("7.3.8", "protocols.device-path.none", BS(LocateDevicePath)(&mark_a, &at, &handle), EFI_NOT_FOUND,
		     "no handles match the search");
	check("7.3.8", "protocols.device-path.none-keeps", at == wanted, "DevicePath stays when nothing is found");
	at = make_path(wanted, "abcd");
	check_status("7.3.8", "protocols.device-path.other-protocol", BS(LocateDevicePath)(&mark_b, &at, &handle),
		     EFI_NOT_FOUND, "no handles match the search");

	/* "ab", end of instance, "ac": the first instance counts. */
	uint8_t *second = put_end(put_node(put_node(wanted, 'a'), 'b'), 1);

	put_end(put_node(put_node(second, 'a'), 'c'), 0xff);
	at = wanted;
	check_status("7.3.8", "protocols.device-path.multi-instance", BS(LocateDevicePath)(&mark_a, &at, &handle), EFI_SUCCESS,
		     "of a multi-instance device path the first instance is operated on");
	check("7.3.8", "protocols.device-path.multi-instance-handle", handle == device && at == wanted + 2 * NODE_SIZE,
	      "the first instance's handle, and what remains of the path");

	at = make_path(wanted, "abcd");
	check_status("7.3.8", "protocols.device-path.null-protocol", BS(LocateDevicePath)(0, &at, &handle),
		     EFI_INVALID_PARAMETER, "Protocol is NULL");
	check_status("7.3.8", "protocols.device-path.null-path", BS(LocateDevicePath)(&mark_a, 0, &handle),
		     EFI_INVALID_PARAMETER, "DevicePath is NULL");
	check_status("7.3.8", "protocols.device-path.null-device", BS(LocateDevicePath)(&mark_a, &at, 0),
		     EFI_INVALID_PARAMETER, "a handle matches and Device is NULL");

	BS(UninstallMultipleProtocolInterfaces)(bus, &device_path_guid, bus_path, &mark_a, INTERFACE(0), NULL);
	BS(UninstallMultipleProtocolInterfaces)(device, &device_path_guid, device_path, &mark_a, INTERFACE(1), NULL);
	BS(UninstallMultipleProtocolInterfaces)(plain, &device_path_guid, plain_path, NULL);
}
