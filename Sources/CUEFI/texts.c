/* SPDX-License-Identifier: Apache-2.0 OR GPL-2.0-only */
/* Thunks of the text protocols, in the order of the specification's structures. */
#include "efi_texts.h"
#include "thunks.h"

/* 12.2 Simple Text Input Ex */
static EFIAPI void t_key_poll(efi_event event, void *context)
{
	(void)event, (void)context;
	virgil_key_poll();
}
uint64_t efi_key_poll_function(void) { return (uint64_t)(void *)t_key_poll; }

void efi_call_key_notify(uint64_t function, EFI_KEY_DATA *data)
{
	((efi_status(EFIAPI *)(EFI_KEY_DATA *))function)(data);
}

static EFIAPI efi_status t_key_reset(void *self, uint8_t extended)
{
	(void)extended;
	return virgil_text_input_reset(self);
}
THUNK(efi_status, key_read_ex, (void *self, EFI_KEY_DATA *data), (self, data))
THUNK(efi_status, key_set_state, (void *self, const uint8_t *toggle), (self, toggle))
THUNK(efi_status, key_register, (void *self, const EFI_KEY_DATA *data, uint64_t function, void **handle),
      (self, data, function, handle))
THUNK(efi_status, key_unregister, (void *self, void *handle), (self, handle))

void efi_fill_text_input_ex(EFI_SIMPLE_TEXT_INPUT_EX_PROTOCOL *protocol)
{
	static const EFI_SIMPLE_TEXT_INPUT_EX_PROTOCOL slots = {
		SLOT(key_reset), SLOT(key_read_ex), 0, SLOT(key_set_state), SLOT(key_register), SLOT(key_unregister),
	};
	*protocol = slots;
}

/* 10.5 Device Path Utilities */
PLAIN_THUNK(uint64_t, path_size, (const void *path), (path))
static EFIAPI void *t_path_duplicate(const void *path) { return virgil_path_append(path, 0); }
/* Two absent paths make an empty one; a copy of an absent path is none (10.5.4, 10.5.3). */
static EFIAPI void *t_path_append(const void *first, const void *second)
{
	static const uint32_t end = 0x0004ff7f;
	return virgil_path_append(first ? first : second ? second : &end, first ? second : 0);
}
PLAIN_THUNK(void *, path_append_node, (const void *path, const void *node), (path, node))
PLAIN_THUNK(void *, path_append_instance, (const void *path, const void *instance), (path, instance))
PLAIN_THUNK(void *, path_next_instance, (void **instance, uint64_t *size), (instance, size))
PLAIN_THUNK(uint8_t, path_is_multi, (const void *path), (path))
PLAIN_THUNK(void *, path_create_node, (uint8_t type, uint8_t sub_type, uint16_t length), (type, sub_type, length))

static const efi_slot path_utilities[] = {
	SLOT(path_size),	    SLOT(path_duplicate),     SLOT(path_append),   SLOT(path_append_node),
	SLOT(path_append_instance), SLOT(path_next_instance), SLOT(path_is_multi), SLOT(path_create_node),
};

/* 10.6 Device Path To Text and From Text */
static EFIAPI efi_char16 *t_node_to_text(const void *node, uint8_t display, uint8_t shortcuts)
{
	return virgil_path_to_text(node, 1, display, shortcuts);
}
static EFIAPI efi_char16 *t_path_to_text(const void *path, uint8_t display, uint8_t shortcuts)
{
	return virgil_path_to_text(path, 0, display, shortcuts);
}
static const efi_slot path_to_text[] = { SLOT(node_to_text), SLOT(path_to_text) };

static EFIAPI void *t_text_to_node(const efi_char16 *text) { return virgil_path_from_text(text, 1); }
static EFIAPI void *t_text_to_path(const efi_char16 *text) { return virgil_path_from_text(text, 0); }
static const efi_slot path_from_text[] = { SLOT(text_to_node), SLOT(text_to_path) };

/* 13.11 Unicode Collation */
static EFIAPI int64_t t_collation_compare(void *self, const efi_char16 *a, const efi_char16 *b)
{
	(void)self;
	return virgil_collation_compare(a, b);
}
static EFIAPI uint8_t t_collation_match(void *self, const efi_char16 *string, const efi_char16 *pattern)
{
	(void)self;
	return virgil_collation_match(string, pattern);
}
static EFIAPI void t_collation_lower(void *self, efi_char16 *s) { (void)self, virgil_collation_change(s, COLLATION_LOWER); }
static EFIAPI void t_collation_upper(void *self, efi_char16 *s) { (void)self, virgil_collation_change(s, COLLATION_UPPER); }
static EFIAPI void t_collation_from_fat(void *self, uint64_t size, const uint8_t *fat, efi_char16 *string)
{
	(void)self;
	virgil_collation_from_fat(size, fat, string);
}
static EFIAPI uint8_t t_collation_to_fat(void *self, const efi_char16 *string, uint64_t size, uint8_t *fat)
{
	(void)self;
	return virgil_collation_to_fat(string, size, fat);
}
static const struct {
	efi_slot slots[6];
	const char *languages;
} collation = { {
			SLOT(collation_compare),
			SLOT(collation_match),
			SLOT(collation_lower),
			SLOT(collation_upper),
			SLOT(collation_from_fat),
			SLOT(collation_to_fat),
		},
		"en" };

/* 34.8 HII Database */
enum { INVALID_PARAMETER = 2, UNSUPPORTED = 3, NOT_FOUND = 14 };
#define ERROR(code) (1ull << 63 | (code))

static EFIAPI efi_status t_hii_new_list(void *self, const void *list, efi_handle driver, void **handle)
{
	(void)self;
	return virgil_hii_new_list(list, driver, handle);
}
static EFIAPI efi_status t_hii_remove_list(void *self, void *handle) { (void)self; return virgil_hii_remove_list(handle); }
static EFIAPI efi_status t_hii_lists(void *self, uint8_t type, const void *guid, uint64_t *size, void **handles)
{
	(void)self;
	return virgil_hii_lists(type, guid, size, handles);
}
static EFIAPI efi_status t_hii_export(void *self, void *handle, uint64_t *size, void *buffer)
{
	(void)self;
	return virgil_hii_export(handle, size, buffer);
}
/* Not there: updating, being told of packages, new strings. */
static EFIAPI efi_status t_unsupported(void) { return ERROR(UNSUPPORTED); }
/* 34.8.8, 34.8.10, 34.8.11: no notification and no keyboard layout is there to be found. */
static EFIAPI efi_status t_not_found(void *self, void *what)
{
	(void)self;
	return ERROR(what ? NOT_FOUND : INVALID_PARAMETER);
}
/* 34.8.9 */
static EFIAPI efi_status t_hii_keyboards(void *self, uint16_t *size, void *guids)
{
	(void)self;
	if (!size || (*size && !guids))
		return ERROR(INVALID_PARAMETER);
	*size = 0;
	return 0;
}
static EFIAPI efi_status t_hii_driver(void *self, void *handle, efi_handle *driver)
{
	(void)self;
	return virgil_hii_driver(handle, driver);
}
static const efi_slot hii_database[] = {
	SLOT(hii_new_list),  SLOT(hii_remove_list), SLOT(unsupported), SLOT(hii_lists), SLOT(hii_export), SLOT(unsupported),
	SLOT(not_found),     SLOT(hii_keyboards),   SLOT(not_found),   SLOT(not_found), SLOT(hii_driver),
};

/* 34.3 HII String */
static EFIAPI efi_status t_hii_string(void *self, const char *language, void *handle, uint16_t id, efi_char16 *string,
				      uint64_t *size, void **font)
{
	(void)self;
	if (font)
		*font = 0;
	return virgil_hii_string(language, handle, id, string, size);
}
static EFIAPI efi_status t_hii_languages(void *self, void *handle, char *languages, uint64_t *size)
{
	(void)self;
	return virgil_hii_languages(handle, 0, languages, size);
}
static EFIAPI efi_status t_hii_secondary(void *self, void *handle, const char *primary, char *secondary, uint64_t *size)
{
	(void)self;
	return primary ? virgil_hii_languages(handle, primary, secondary, size) : ERROR(INVALID_PARAMETER);
}
static const efi_slot hii_string[] = {
	SLOT(unsupported), SLOT(hii_string), SLOT(unsupported), SLOT(hii_languages), SLOT(hii_secondary),
};

/* EFI_DT_FIXUP_PROTOCOL, a specification of its own. x86 firmware has no device tree to make fit. */
#if defined(__aarch64__) || defined(__linux__)
#define HAS_DEVICE_TREE 1
THUNK(efi_status, dt_fixup, (void *self, void *tree, uint64_t *size, uint32_t flags), (self, tree, size, flags))
static const EFI_DT_FIXUP_PROTOCOL dt_fixup = { 0x00010000, SLOT(dt_fixup) };
#endif

/* GUIDs as two little-endian words. */
const efi_constant_protocol *efi_constant_protocol_at(uint32_t index)
{
	static const efi_constant_protocol protocols[] = {
		{ { { 0x437dd7060379be4e, 0xa472b72fb8ed37b0 } }, path_utilities }, /* 0379be4e-d706-437d-b037-edb82fb772a4 */
		{ { { 0x485281328b843e20, 0x1c7f4a4e1a55cc90 } }, path_to_text }, /* 8b843e20-8132-4852-90cc-551a4e4a7f1c */
		{ { { 0x4ad2c70f05c99a21, 0x1ef54333df355f8a } }, path_from_text }, /* 05c99a21-c70f-4ad2-8a5f-35df3343f51e */
		{ { { 0x4c3e23aea4c751fc, 0x49f363cf6449e992 } }, &collation }, /* a4c751fc-23ae-4c3e-92e9-4964cf63f349 */
		{ { { 0x4693a1b2ef9fc172, 0x426041fc326d27b3 } }, hii_database }, /* ef9fc172-a1b2-4693-b327-6d32fc416042 */
		{ { { 0x4cdc23aa0fd96974, 0x2a325077d198cbb9 } }, hii_string }, /* 0fd96974-23aa-4cdc-b9cb-98d17750322a */
#if HAS_DEVICE_TREE
		{ { { 0x46dafe08e617d64c, 0x00730c87d5bbdcf4 } }, &dt_fixup }, /* e617d64c-fe08-46da-f4dc-bbd5870c7300 */
#endif
	};

	return index < sizeof(protocols) / sizeof(*protocols) ? &protocols[index] : 0;
}
