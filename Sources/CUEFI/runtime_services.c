/* SPDX-License-Identifier: Apache-2.0 OR GPL-2.0-only */
/* EFI_RUNTIME_SERVICES (UEFI 2.10, 4.5 and 8) as they are before ExitBootServices. */
#include "thunks.h"

THUNK(efi_status, get_time, (void *time, void *capabilities), (time, capabilities))
THUNK(efi_status, set_time, (const void *time), (time))
THUNK(efi_status, get_wakeup_time, (uint8_t *enabled, uint8_t *pending, void *time), (enabled, pending, time))
THUNK(efi_status, set_wakeup_time, (uint8_t enable, const void *time), (enable, time))
THUNK(efi_status, set_virtual_address_map, (uint64_t size, uint64_t descriptor_size, uint32_t version, void *map),
      (size, descriptor_size, version, map))
THUNK(efi_status, convert_pointer, (uint64_t disposition, void **address), (disposition, address))
THUNK(efi_status, get_variable,
      (const efi_char16 *name, const void *guid, uint32_t *attributes, uint64_t *size, void *data),
      (name, guid, attributes, size, data))
THUNK(efi_status, get_next_variable_name, (uint64_t *size, efi_char16 *name, void *guid), (size, name, guid))
THUNK(efi_status, set_variable,
      (const efi_char16 *name, const void *guid, uint32_t attributes, uint64_t size, const void *data),
      (name, guid, attributes, size, data))
THUNK(efi_status, get_next_high_monotonic_count, (uint32_t *count), (count))
static EFIAPI void t_reset_system(uint32_t type, efi_status status, uint64_t size, const void *data)
{
	virgil_reset_system(type, status, size, data);
}
THUNK(efi_status, update_capsule, (void **capsules, uint64_t count, uint64_t list), (capsules, count, list))
THUNK(efi_status, query_capsule_capabilities, (void **capsules, uint64_t count, uint64_t *maximum, uint32_t *reset),
      (capsules, count, maximum, reset))
THUNK(efi_status, query_variable_info,
      (uint32_t attributes, uint64_t *storage, uint64_t *remaining, uint64_t *maximum),
      (attributes, storage, remaining, maximum))

void efi_fill_runtime_services(EFI_RUNTIME_SERVICES *table)
{
	table->GetTime = SLOT(get_time);
	table->SetTime = SLOT(set_time);
	table->GetWakeupTime = SLOT(get_wakeup_time);
	table->SetWakeupTime = SLOT(set_wakeup_time);
	table->SetVirtualAddressMap = SLOT(set_virtual_address_map);
	table->ConvertPointer = SLOT(convert_pointer);
	table->GetVariable = SLOT(get_variable);
	table->GetNextVariableName = SLOT(get_next_variable_name);
	table->SetVariable = SLOT(set_variable);
	table->GetNextHighMonotonicCount = SLOT(get_next_high_monotonic_count);
	table->ResetSystem = SLOT(reset_system);
	table->UpdateCapsule = SLOT(update_capsule);
	table->QueryCapsuleCapabilities = SLOT(query_capsule_capabilities);
	table->QueryVariableInfo = SLOT(query_variable_info);
}
