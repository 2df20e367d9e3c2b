/* SPDX-License-Identifier: Apache-2.0 OR GPL-2.0-only */
/* The protocols that the emulator produces (UEFI 2.10: 12.3, 12.4, 13.2, 37.5, 37.7). */
#include "thunks.h"

/* Simple Text Output: what virgil_text_set() changes. */
enum { TEXT_RESET, TEXT_SET_MODE, TEXT_SET_ATTRIBUTE, TEXT_CLEAR, TEXT_SET_CURSOR, TEXT_ENABLE_CURSOR };

static EFIAPI efi_status t_out_reset(void *self, uint8_t extended) { return virgil_text_set(self, TEXT_RESET, extended, 0); }
static EFIAPI efi_status t_out_string(void *self, const efi_char16 *s) { return virgil_text_output_string(self, s, 0); }
static EFIAPI efi_status t_out_test(void *self, const efi_char16 *s) { return virgil_text_output_string(self, s, 1); }
THUNK(efi_status, text_query_mode, (void *self, uint64_t mode, uint64_t *columns, uint64_t *rows),
      (self, mode, columns, rows))
static EFIAPI efi_status t_out_mode(void *self, uint64_t mode) { return virgil_text_set(self, TEXT_SET_MODE, mode, 0); }
static EFIAPI efi_status t_out_attribute(void *self, uint64_t a) { return virgil_text_set(self, TEXT_SET_ATTRIBUTE, a, 0); }
static EFIAPI efi_status t_out_clear(void *self) { return virgil_text_set(self, TEXT_CLEAR, 0, 0); }
static EFIAPI efi_status t_out_cursor(void *self, uint64_t column, uint64_t row)
{
	return virgil_text_set(self, TEXT_SET_CURSOR, column, row);
}
static EFIAPI efi_status t_out_enable(void *self, uint8_t on) { return virgil_text_set(self, TEXT_ENABLE_CURSOR, on, 0); }

void efi_fill_text_output(EFI_SIMPLE_TEXT_OUTPUT_PROTOCOL *protocol)
{
	protocol->Reset = SLOT(out_reset);
	protocol->OutputString = SLOT(out_string);
	protocol->TestString = SLOT(out_test);
	protocol->QueryMode = SLOT(text_query_mode);
	protocol->SetMode = SLOT(out_mode);
	protocol->SetAttribute = SLOT(out_attribute);
	protocol->ClearScreen = SLOT(out_clear);
	protocol->SetCursorPosition = SLOT(out_cursor);
	protocol->EnableCursor = SLOT(out_enable);
}

static EFIAPI efi_status t_in_reset(void *self, uint8_t extended)
{
	(void)extended;
	return virgil_text_input_reset(self);
}
THUNK(efi_status, text_read_key, (void *self, EFI_INPUT_KEY *key), (self, key))

void efi_fill_text_input(EFI_SIMPLE_TEXT_INPUT_PROTOCOL *protocol)
{
	protocol->Reset = SLOT(in_reset);
	protocol->ReadKeyStroke = SLOT(text_read_key);
}

THUNK(efi_status, load_file2, (void *self, void *path, uint8_t policy, uint64_t *size, void *buffer),
      (self, path, policy, size, buffer))

void efi_fill_load_file2(EFI_LOAD_FILE_PROTOCOL *protocol) { protocol->LoadFile = SLOT(load_file2); }

THUNK(efi_status, rng_get_info, (void *self, uint64_t *size, void *algorithms), (self, size, algorithms))
THUNK(efi_status, rng_get, (void *self, const void *algorithm, uint64_t length, uint8_t *value),
      (self, algorithm, length, value))

void efi_fill_rng(EFI_RNG_PROTOCOL *protocol)
{
	protocol->GetInfo = SLOT(rng_get_info);
	protocol->GetRNG = SLOT(rng_get);
}

/* Memory Attribute: what virgil_memory_attributes() does. */
enum { ATTRIBUTES_GET, ATTRIBUTES_SET, ATTRIBUTES_CLEAR };

static EFIAPI efi_status t_attributes_get(void *self, uint64_t base, uint64_t length, uint64_t *attributes)
{
	return virgil_memory_attributes(self, ATTRIBUTES_GET, base, length, attributes);
}
static EFIAPI efi_status t_attributes_set(void *self, uint64_t base, uint64_t length, uint64_t attributes)
{
	return virgil_memory_attributes(self, ATTRIBUTES_SET, base, length, &attributes);
}
static EFIAPI efi_status t_attributes_clear(void *self, uint64_t base, uint64_t length, uint64_t attributes)
{
	return virgil_memory_attributes(self, ATTRIBUTES_CLEAR, base, length, &attributes);
}

void efi_fill_memory_attribute(EFI_MEMORY_ATTRIBUTE_PROTOCOL *protocol)
{
	protocol->GetMemoryAttributes = SLOT(attributes_get);
	protocol->SetMemoryAttributes = SLOT(attributes_set);
	protocol->ClearMemoryAttributes = SLOT(attributes_clear);
}
