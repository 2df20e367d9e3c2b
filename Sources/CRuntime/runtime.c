/* SPDX-License-Identifier: Apache-2.0 OR GPL-2.0-only */
/*
 * The runtime image's C part: its header, the thunks from the payload's convention, and the two functions that a
 * compiler takes for granted. Nothing here refers to the emulator: it is gone when these run.
 */
#include "runtime.h"

#if !defined(__linux__)

#include <stddef.h>

#include "efi.h"
#include "virgil_runtime.h"

#pragma GCC visibility push(hidden) /* else clang reads these through the unrelocated GOT */
extern char __image_start[], __file_end[], __image_end[];
extern const uint64_t __relr_start[], __relr_end[];
#pragma GCC visibility pop

static uint64_t parameters;

struct virgil_runtime_parameters *virgil_runtime_parameters(void)
{
	return (struct virgil_runtime_parameters *)parameters;
}
void virgil_runtime_move_parameters(uint64_t displacement) { parameters += displacement; }
uint64_t virgil_runtime_base(void) { return (uint64_t)__image_start; }
uint64_t virgil_runtime_size(void) { return (uint64_t)(__image_end - __image_start); }
const uint64_t *virgil_runtime_relocations(void) { return __relr_start; }
uint64_t virgil_runtime_relocation_count(void) { return (uint64_t)(__relr_end - __relr_start); }

static EFIAPI efi_status set_virtual_address_map(uint64_t size, uint64_t descriptor_size, uint32_t version, void *map)
{
	return virgil_runtime_set_virtual_address_map(size, descriptor_size, version, map);
}

static EFIAPI efi_status convert_pointer(uint64_t disposition, void *address)
{
	return virgil_runtime_convert_pointer(disposition, address);
}

static EFIAPI efi_status get_variable(const void *name, const void *vendor, uint32_t *attributes, uint64_t *size,
				      void *data)
{
	return virgil_runtime_get_variable(name, vendor, attributes, size, data);
}

static EFIAPI efi_status get_next_variable_name(uint64_t *size, void *name, void *vendor)
{
	return virgil_runtime_get_next_variable_name(size, name, vendor);
}

static EFIAPI efi_status query_variable_info(uint32_t attributes, uint64_t *storage, uint64_t *remaining,
					     uint64_t *maximum)
{
	return virgil_runtime_query_variable_info(attributes, storage, remaining, maximum);
}

/* Status and data say why (8.5.1): there is nobody to tell. */
static EFIAPI void reset_system(uint32_t type) { virgil_runtime_reset_system(type); }

/* 8.1.1: a service that RT_PROPERTIES says is absent, whatever its arguments. */
static EFIAPI efi_status unsupported(void) { return 3 | 1ULL << 63; }

void virgil_runtime_notify(uint64_t function, uint64_t event, uint64_t context)
{
	((void(EFIAPI *)(uint64_t, uint64_t))function)(event, context);
}

#define SLOT(function) ((efi_slot)(void *)(function))

void virgil_runtime_fill(struct virgil_runtime_parameters *given)
{
	EFI_RUNTIME_SERVICES *table = (EFI_RUNTIME_SERVICES *)given->runtime_services;
	efi_slot *slot = (efi_slot *)&table->GetTime;

	parameters = (uint64_t)given;
	while (slot <= (efi_slot *)&table->QueryVariableInfo)
		*slot++ = SLOT(unsupported);
	table->SetVirtualAddressMap = SLOT(set_virtual_address_map);
	table->ConvertPointer = SLOT(convert_pointer);
	table->GetVariable = SLOT(get_variable);
	table->GetNextVariableName = SLOT(get_next_variable_name);
	table->QueryVariableInfo = SLOT(query_variable_info);
	table->ResetSystem = SLOT(reset_system);
}

/* Called by compiled code. One that may overlap serves for both. */
__attribute__((used, no_builtin("memmove", "memcpy"))) void *memmove(void *to, const void *from, size_t size)
{
	char *d = to;
	const char *s = from;

	if (d <= s) {
		while (size--)
			*d++ = *s++;
	} else {
		while (size--)
			d[size] = s[size];
	}
	return to;
}
void *memcpy(void *to, const void *from, size_t size) __attribute__((alias("memmove"), used));

__attribute__((used, no_builtin("memset"))) void *memset(void *to, int value, size_t size)
{
	char *d = to;

	while (size--)
		*d++ = (char)value;
	return to;
}

#endif
