/* SPDX-License-Identifier: Apache-2.0 OR GPL-2.0-only */
/* EFI_BOOT_SERVICES (UEFI 2.10, 4.4 and 7): the thunks, in the order of the table. */
#include "thunks.h"

PLAIN_THUNK(uint64_t, raise_tpl, (uint64_t tpl), (tpl))
static EFIAPI void t_restore_tpl(uint64_t tpl) { virgil_restore_tpl(tpl); }

THUNK(efi_status, allocate_pages, (uint32_t type, uint32_t memory_type, uint64_t pages, uint64_t *memory),
      (type, memory_type, pages, memory))
THUNK(efi_status, free_pages, (uint64_t memory, uint64_t pages), (memory, pages))
THUNK(efi_status, get_memory_map,
      (uint64_t *size, void *map, uint64_t *key, uint64_t *descriptor_size, uint32_t *version),
      (size, map, key, descriptor_size, version))
THUNK(efi_status, allocate_pool, (uint32_t memory_type, uint64_t size, void **buffer), (memory_type, size, buffer))
THUNK(efi_status, free_pool, (void *buffer), (buffer))

static EFIAPI efi_status t_create_event(uint32_t type, uint64_t tpl, uint64_t function, void *context, efi_event *event)
{
	return virgil_create_event(type, tpl, function, context, NULL, event);
}
THUNK(efi_status, create_event,
      (uint32_t type, uint64_t tpl, uint64_t function, void *context, const void *group, efi_event *event),
      (type, tpl, function, context, group, event), _ex)
THUNK(efi_status, set_timer, (efi_event event, uint32_t type, uint64_t time), (event, type, time))
THUNK(efi_status, wait_for_event, (uint64_t count, efi_event *events, uint64_t *index), (count, events, index))
THUNK(efi_status, signal_event, (efi_event event), (event))
THUNK(efi_status, close_event, (efi_event event), (event))
THUNK(efi_status, check_event, (efi_event event), (event))

THUNK(efi_status, install_protocol_interface, (efi_handle *handle, const void *protocol, uint32_t type, void *interface),
      (handle, protocol, type, interface))
THUNK(efi_status, reinstall_protocol_interface, (efi_handle handle, const void *protocol, void *old, void *new),
      (handle, protocol, old, new))
THUNK(efi_status, uninstall_protocol_interface, (efi_handle handle, const void *protocol, void *interface),
      (handle, protocol, interface))
THUNK(efi_status, handle_protocol, (efi_handle handle, const void *protocol, void **interface),
      (handle, protocol, interface))
THUNK(efi_status, register_protocol_notify, (const void *protocol, efi_event event, void **registration),
      (protocol, event, registration))
THUNK(efi_status, locate_handle, (uint32_t search, const void *protocol, void *key, uint64_t *size, efi_handle *buffer),
      (search, protocol, key, size, buffer))
THUNK(efi_status, locate_device_path, (const void *protocol, void **path, efi_handle *device), (protocol, path, device))
THUNK(efi_status, install_configuration_table, (const void *guid, void *table), (guid, table))

THUNK(efi_status, load_image,
      (uint8_t policy, efi_handle parent, void *path, void *source, uint64_t size, efi_handle *image),
      (policy, parent, path, source, size, image))
THUNK(efi_status, start_image, (efi_handle image, uint64_t *size, efi_char16 **data), (image, size, data))
THUNK(efi_status, exit, (efi_handle image, efi_status status, uint64_t size, efi_char16 *data),
      (image, status, size, data))
THUNK(efi_status, unload_image, (efi_handle image), (image))
THUNK(efi_status, exit_boot_services, (efi_handle image, uint64_t key), (image, key))

THUNK(efi_status, get_next_monotonic_count, (uint64_t *count), (count))
THUNK(efi_status, stall, (uint64_t microseconds), (microseconds))
THUNK(efi_status, set_watchdog_timer, (uint64_t seconds, uint64_t code, uint64_t size, efi_char16 *data),
      (seconds, code, size, data))

THUNK(efi_status, connect_controller, (efi_handle controller, efi_handle *drivers, void *remaining, uint8_t recursive),
      (controller, drivers, remaining, recursive))
THUNK(efi_status, disconnect_controller, (efi_handle controller, efi_handle driver, efi_handle child),
      (controller, driver, child))

THUNK(efi_status, open_protocol,
      (efi_handle handle, const void *protocol, void **interface, efi_handle agent, efi_handle controller,
       uint32_t attributes),
      (handle, protocol, interface, agent, controller, attributes))
THUNK(efi_status, close_protocol, (efi_handle handle, const void *protocol, efi_handle agent, efi_handle controller),
      (handle, protocol, agent, controller))
THUNK(efi_status, open_protocol_information,
      (efi_handle handle, const void *protocol, void **entries, uint64_t *count), (handle, protocol, entries, count))
THUNK(efi_status, protocols_per_handle, (efi_handle handle, void **guids, uint64_t *count), (handle, guids, count))
THUNK(efi_status, locate_handle_buffer,
      (uint32_t search, const void *protocol, void *key, uint64_t *count, void **buffer),
      (search, protocol, key, count, buffer))
THUNK(efi_status, locate_protocol, (const void *protocol, void *registration, void **interface),
      (protocol, registration, interface))

/*
 * The two variadic services: (protocol, interface) pairs up to a NULL protocol. The pairs are counted first, so
 * their number has no limit but the stack's.
 */
#define PAIRS(last)                                                                   \
	efi_va_list arguments;                                                        \
	uint64_t count = 0;                                                           \
	efi_va_start(arguments, last);                                                \
	while (__builtin_va_arg(arguments, const void *) != NULL) {                   \
		(void)__builtin_va_arg(arguments, const void *);                      \
		count++;                                                              \
	}                                                                             \
	efi_va_end(arguments);                                                        \
	if (count > MAXIMUM_PAIRS)                                                    \
		return EFI_OUT_OF_RESOURCES;                                          \
	const void *pairs[2 * count + 1];                                             \
	efi_va_start(arguments, last);                                                \
	for (uint64_t i = 0; i < 2 * count; i++)                                      \
		pairs[i] = __builtin_va_arg(arguments, const void *);                 \
	efi_va_end(arguments)

#define MAXIMUM_PAIRS 1024 /* 16 KiB of the payload's stack */
#define EFI_OUT_OF_RESOURCES (9 | 1ULL << 63)

static EFIAPI efi_status t_install_multiple(efi_handle *handle, ...)
{
	PAIRS(handle);
	return virgil_install_multiple(handle, pairs, count);
}

static EFIAPI efi_status t_uninstall_multiple(efi_handle handle, ...)
{
	PAIRS(handle);
	return virgil_uninstall_multiple(handle, pairs, count);
}

THUNK(efi_status, calculate_crc32, (const void *data, uint64_t size, uint32_t *crc), (data, size, crc))
static EFIAPI void t_copy_mem(void *to, const void *from, uint64_t length) { virgil_copy_mem(to, from, length); }
static EFIAPI void t_set_mem(void *buffer, uint64_t size, uint8_t value) { virgil_set_mem(buffer, size, value); }

void efi_fill_boot_services(EFI_BOOT_SERVICES *table)
{
	table->RaiseTPL = SLOT(raise_tpl);
	table->RestoreTPL = SLOT(restore_tpl);
	table->AllocatePages = SLOT(allocate_pages);
	table->FreePages = SLOT(free_pages);
	table->GetMemoryMap = SLOT(get_memory_map);
	table->AllocatePool = SLOT(allocate_pool);
	table->FreePool = SLOT(free_pool);
	table->CreateEvent = SLOT(create_event);
	table->SetTimer = SLOT(set_timer);
	table->WaitForEvent = SLOT(wait_for_event);
	table->SignalEvent = SLOT(signal_event);
	table->CloseEvent = SLOT(close_event);
	table->CheckEvent = SLOT(check_event);
	table->InstallProtocolInterface = SLOT(install_protocol_interface);
	table->ReinstallProtocolInterface = SLOT(reinstall_protocol_interface);
	table->UninstallProtocolInterface = SLOT(uninstall_protocol_interface);
	table->HandleProtocol = SLOT(handle_protocol);
	table->Reserved = NULL;
	table->RegisterProtocolNotify = SLOT(register_protocol_notify);
	table->LocateHandle = SLOT(locate_handle);
	table->LocateDevicePath = SLOT(locate_device_path);
	table->InstallConfigurationTable = SLOT(install_configuration_table);
	table->LoadImage = SLOT(load_image);
	table->StartImage = SLOT(start_image);
	table->Exit = SLOT(exit);
	table->UnloadImage = SLOT(unload_image);
	table->ExitBootServices = SLOT(exit_boot_services);
	table->GetNextMonotonicCount = SLOT(get_next_monotonic_count);
	table->Stall = SLOT(stall);
	table->SetWatchdogTimer = SLOT(set_watchdog_timer);
	table->ConnectController = SLOT(connect_controller);
	table->DisconnectController = SLOT(disconnect_controller);
	table->OpenProtocol = SLOT(open_protocol);
	table->CloseProtocol = SLOT(close_protocol);
	table->OpenProtocolInformation = SLOT(open_protocol_information);
	table->ProtocolsPerHandle = SLOT(protocols_per_handle);
	table->LocateHandleBuffer = SLOT(locate_handle_buffer);
	table->LocateProtocol = SLOT(locate_protocol);
	table->InstallMultipleProtocolInterfaces = SLOT(install_multiple);
	table->UninstallMultipleProtocolInterfaces = SLOT(uninstall_multiple);
	table->CalculateCrc32 = SLOT(calculate_crc32);
	table->CopyMem = SLOT(copy_mem);
	table->SetMem = SLOT(set_mem);
	table->CreateEventEx = SLOT(create_event_ex);
}
