/* SPDX-License-Identifier: Apache-2.0 OR GPL-2.0-only */
/* Text protocols (UEFI 2.10: 10.5, 10.6, 12.2, 13.11, 34.3, 34.8): interfaces, and what their thunks call. */
#ifndef VIRGIL_EFI_TEXTS_H
#define VIRGIL_EFI_TEXTS_H

#include "efi.h"

/* 12.2.1 */
typedef struct {
	efi_slot Reset, ReadKeyStrokeEx;
	efi_event WaitForKeyEx;
	efi_slot SetState, RegisterKeyNotify, UnregisterKeyNotify;
} EFI_SIMPLE_TEXT_INPUT_EX_PROTOCOL;

/* 12.2.3: EFI_KEY_DATA with its EFI_KEY_STATE. */
typedef struct {
	EFI_INPUT_KEY Key;
	uint32_t KeyShiftState;
	uint8_t KeyToggleState;
} EFI_KEY_DATA;

/* Interfaces without a state are constants: one for all firmwares, in the emulator's own image. */
typedef struct {
	efi_guid_bytes guid;
	const void *interface;
} efi_constant_protocol;
const efi_constant_protocol *efi_constant_protocol_at(uint32_t index); /* NULL beyond the last */

void efi_fill_text_input_ex(EFI_SIMPLE_TEXT_INPUT_EX_PROTOCOL *protocol);

/* The notification function of the event that looks for keys. */
uint64_t efi_key_poll_function(void);
void efi_call_key_notify(uint64_t function, EFI_KEY_DATA *data);

/* 12.2 */
void virgil_key_poll(void);
efi_status virgil_key_read_ex(void *self, EFI_KEY_DATA *data);
efi_status virgil_key_set_state(void *self, const uint8_t *toggle);
efi_status virgil_key_register(void *self, const EFI_KEY_DATA *data, uint64_t function, void **handle);
efi_status virgil_key_unregister(void *self, void *handle);

/* 10.5: size, copies and joints. */
uint64_t virgil_path_size(const void *path);
void *virgil_path_append(const void *first, const void *second);
void *virgil_path_append_node(const void *path, const void *node);
void *virgil_path_append_instance(const void *path, const void *instance);
void *virgil_path_next_instance(void **instance, uint64_t *size);
uint8_t virgil_path_is_multi(const void *path);
void *virgil_path_create_node(uint8_t type, uint8_t sub_type, uint16_t length);

/* 10.6 */
efi_char16 *virgil_path_to_text(const void *path, uint8_t is_node, uint8_t display_only, uint8_t shortcuts);
void *virgil_path_from_text(const efi_char16 *text, uint8_t is_node);

/* 13.11: what virgil_collation_change() does. */
enum { COLLATION_LOWER, COLLATION_UPPER };
int64_t virgil_collation_compare(const efi_char16 *first, const efi_char16 *second);
uint8_t virgil_collation_match(const efi_char16 *string, const efi_char16 *pattern);
void virgil_collation_change(efi_char16 *string, uint32_t what);
void virgil_collation_from_fat(uint64_t size, const uint8_t *fat, efi_char16 *string);
uint8_t virgil_collation_to_fat(const efi_char16 *string, uint64_t size, uint8_t *fat);

/* 34.8 HII database, 34.3 HII string */
efi_status virgil_hii_new_list(const void *list, efi_handle driver, void **handle);
efi_status virgil_hii_remove_list(void *handle);
efi_status virgil_hii_lists(uint8_t type, const void *guid, uint64_t *size, void **handles);
efi_status virgil_hii_export(void *handle, uint64_t *size, void *buffer);
efi_status virgil_hii_driver(void *handle, efi_handle *driver);
efi_status virgil_hii_string(const char *language, void *handle, uint16_t id, efi_char16 *string, uint64_t *size);
efi_status virgil_hii_languages(void *handle, const char *primary, char *languages, uint64_t *size);

#endif
