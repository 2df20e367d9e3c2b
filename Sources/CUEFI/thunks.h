/* SPDX-License-Identifier: Apache-2.0 OR GPL-2.0-only */
#ifndef VIRGIL_THUNKS_H
#define VIRGIL_THUNKS_H

#include <stdarg.h>

#include "services.h"

#if defined(__x86_64__)
typedef __builtin_ms_va_list efi_va_list;
#define efi_va_start __builtin_ms_va_start
#define efi_va_end __builtin_ms_va_end
#else
typedef va_list efi_va_list;
#define efi_va_start va_start
#define efi_va_end va_end
#endif

/*
 * A function in the payload's convention that calls the plain one of the same name (plus an optional suffix). The first
 * kind returns an efi_status, which is noted when it is an error.
 */
#define THUNK(type, name, parameters, arguments, ...) \
	static EFIAPI type t_##name##__VA_ARGS__ parameters { return efi_noted(#name, virgil_##name arguments); }
#define PLAIN_THUNK(type, name, parameters, arguments) \
	static EFIAPI type t_##name parameters { return virgil_##name arguments; }

/* Passes a status on, and says in the log which service has failed. */
efi_status efi_noted(const char *name, efi_status status);
#define SLOT(name) ((efi_slot)(void *)t_##name)

#endif
