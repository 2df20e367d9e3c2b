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

static uint64_t system_table, runtime_services;

uint64_t virgil_runtime_system_table(void) { return system_table; }
uint64_t virgil_runtime_services(void) { return runtime_services; }
uint64_t virgil_runtime_base(void) { return (uint64_t)__image_start; }
uint64_t virgil_runtime_size(void) { return (uint64_t)(__image_end - __image_start); }
const uint64_t *virgil_runtime_relocations(void) { return __relr_start; }
uint64_t virgil_runtime_relocation_count(void) { return (uint64_t)(__relr_end - __relr_start); }

static EFIAPI efi_status set_virtual_address_map(uint64_t size, uint64_t descriptor_size, uint32_t version, void *map)
{
	return virgil_runtime_set_virtual_address_map(size, descriptor_size, version, map);
}

/* 8.1.1: a service that RT_PROPERTIES says is absent, whatever its arguments. */
static EFIAPI efi_status unsupported(void) { return 3 | 1ULL << 63; }

/* ResetSystem has no way to fail but to return (8.5.1). */
static EFIAPI void reset_system(void) {}

#define SLOT(function) ((efi_slot)(void *)(function))

void virgil_runtime_fill(void *system, void *runtime)
{
	EFI_RUNTIME_SERVICES *table = runtime;

	system_table = (uint64_t)system;
	runtime_services = (uint64_t)runtime;
	table->GetTime = SLOT(unsupported);
	table->SetTime = SLOT(unsupported);
	table->GetWakeupTime = SLOT(unsupported);
	table->SetWakeupTime = SLOT(unsupported);
	table->SetVirtualAddressMap = SLOT(set_virtual_address_map);
	/* 8.4.2: it serves drivers that are notified while the map is set; none is left by then. */
	table->ConvertPointer = SLOT(unsupported);
	table->GetVariable = SLOT(unsupported);
	table->GetNextVariableName = SLOT(unsupported);
	table->SetVariable = SLOT(unsupported);
	table->GetNextHighMonotonicCount = SLOT(unsupported);
	table->ResetSystem = SLOT(reset_system);
	table->UpdateCapsule = SLOT(unsupported);
	table->QueryCapsuleCapabilities = SLOT(unsupported);
	table->QueryVariableInfo = SLOT(unsupported);
}

/* Both are called by compiled code only, with sizes of a few words. */
__attribute__((used, no_builtin("memcpy"))) void *memcpy(void *to, const void *from, size_t size)
{
	char *d = to;
	const char *s = from;

	while (size--)
		*d++ = *s++;
	return to;
}

__attribute__((used, no_builtin("memset"))) void *memset(void *to, int value, size_t size)
{
	char *d = to;

	while (size--)
		*d++ = (char)value;
	return to;
}

#endif
