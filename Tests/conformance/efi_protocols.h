/* SPDX-License-Identifier: Apache-2.0 OR GPL-2.0-only */
/* Types for the members of protocols (UEFI 2.10, 10.5, 10.6, 12.3, 12.4, 13.4, 13.5, 37.5, 37.7): CALL(Type, slot)(...). */
#ifndef VIRGIL_CONFORMANCE_EFI_PROTOCOLS_H
#define VIRGIL_CONFORMANCE_EFI_PROTOCOLS_H

#include "efi_types.h"

/* A member of an interface, by the name of its type. */
#define CALL(type, slot) ((efi_##type)(void *)(slot))

/* 12.4 */
typedef efi_status(EFIAPI *efi_text_reset)(void *this, uint8_t extended);
typedef efi_status(EFIAPI *efi_text_string)(void *this, const efi_char16 *string);
typedef efi_status(EFIAPI *efi_text_query_mode)(void *this, uint64_t mode, uint64_t *columns, uint64_t *rows);
typedef efi_status(EFIAPI *efi_text_number)(void *this, uint64_t number);
typedef efi_status(EFIAPI *efi_text_clear)(void *this);
typedef efi_status(EFIAPI *efi_text_position)(void *this, uint64_t column, uint64_t row);
typedef efi_status(EFIAPI *efi_text_flag)(void *this, uint8_t on);
/* 12.3 */
typedef efi_status(EFIAPI *efi_read_key)(void *this, EFI_INPUT_KEY *key);

/* 37.5 */
typedef efi_status(EFIAPI *efi_rng_info)(void *this, uint64_t *size, efi_guid_bytes *algorithms);
typedef efi_status(EFIAPI *efi_rng_get)(void *this, const efi_guid_bytes *algorithm, uint64_t length, uint8_t *value);

/* 37.7 */
typedef efi_status(EFIAPI *efi_get_attributes)(void *this, uint64_t base, uint64_t length, uint64_t *attributes);
typedef efi_status(EFIAPI *efi_set_attributes)(void *this, uint64_t base, uint64_t length, uint64_t attributes);
#define EFI_MEMORY_RP 0x2000ULL
#define EFI_MEMORY_XP 0x4000ULL
#define EFI_MEMORY_RO 0x20000ULL

/* 10.5, 10.6 */
typedef uint64_t(EFIAPI *efi_path_size)(const void *path);
typedef void *(EFIAPI *efi_path_of_path)(const void *path);
typedef void *(EFIAPI *efi_path_of_two)(const void *first, const void *second);
typedef void *(EFIAPI *efi_path_next)(void **path, uint64_t *size);
typedef uint8_t(EFIAPI *efi_path_is)(const void *path);
typedef void *(EFIAPI *efi_path_node)(uint8_t type, uint8_t sub_type, uint16_t length);
typedef efi_char16 *(EFIAPI *efi_path_to_text)(const void *path, uint8_t display_only, uint8_t shortcuts);
typedef void *(EFIAPI *efi_text_to_path)(const efi_char16 *text);

typedef struct {
	efi_slot GetDevicePathSize, DuplicateDevicePath, AppendDevicePath, AppendDeviceNode, AppendDevicePathInstance,
		GetNextDevicePathInstance, IsDevicePathMultiInstance, CreateDeviceNode;
} device_path_utilities;
typedef struct {
	efi_slot Node, Path;
} device_path_text;

/* 13.4, 13.5 */
typedef struct {
	uint64_t Revision;
	efi_slot OpenVolume;
} file_system;
typedef struct {
	uint64_t Revision;
	efi_slot Open, Close, Delete, Read, Write, GetPosition, SetPosition, GetInfo, SetInfo, Flush;
} file_protocol;
typedef efi_status(EFIAPI *efi_open_volume)(void *this, file_protocol **root);
typedef efi_status(EFIAPI *efi_file_open)(void *this, file_protocol **opened, const efi_char16 *name, uint64_t mode,
					  uint64_t attributes);
typedef efi_status(EFIAPI *efi_file_only)(void *this);
typedef efi_status(EFIAPI *efi_file_data)(void *this, uint64_t *size, void *data);
typedef efi_status(EFIAPI *efi_file_get_position)(void *this, uint64_t *position);
typedef efi_status(EFIAPI *efi_file_set_position)(void *this, uint64_t position);
typedef efi_status(EFIAPI *efi_file_get_info)(void *this, const efi_guid_bytes *type, uint64_t *size, void *data);

/* 13.5.16, 13.5.17 */
typedef struct {
	uint64_t Size, FileSize, PhysicalSize;
	efi_time CreateTime, LastAccessTime, ModificationTime;
	uint64_t Attribute;
	efi_char16 FileName[216];
} file_info;
typedef struct {
	uint64_t Size;
	uint8_t ReadOnly;
	uint64_t VolumeSize, FreeSpace;
	uint32_t BlockSize;
	efi_char16 VolumeLabel[100];
} file_system_info;
#define EFI_FILE_MODE_READ 1ULL
#define EFI_FILE_MODE_WRITE 2ULL
#define EFI_FILE_MODE_CREATE (1ULL << 63)
#define EFI_FILE_DIRECTORY 0x10ULL

/* 12.2 */
typedef struct {
	efi_slot Reset, ReadKeyStrokeEx;
	efi_event WaitForKeyEx;
	efi_slot SetState, RegisterKeyNotify, UnregisterKeyNotify;
} text_input_ex;
typedef struct {
	EFI_INPUT_KEY Key;
	uint32_t KeyShiftState;
	uint8_t KeyToggleState;
} key_data;
typedef efi_status(EFIAPI *efi_read_key_ex)(void *this, key_data *data);
typedef efi_status(EFIAPI *efi_key_notify)(key_data *data);
typedef efi_status(EFIAPI *efi_register_key)(void *this, key_data *data, efi_key_notify function, void **handle);
typedef efi_status(EFIAPI *efi_unregister_key)(void *this, void *handle);

/* 13.11 */
typedef struct {
	efi_slot StriColl, MetaiMatch, StrLwr, StrUpr, FatToStr, StrToFat;
	const char *SupportedLanguages;
} collation;
typedef int64_t(EFIAPI *efi_compare_strings)(void *this, const efi_char16 *first, const efi_char16 *second);
typedef uint8_t(EFIAPI *efi_match_string)(void *this, const efi_char16 *string, const efi_char16 *pattern);
typedef void(EFIAPI *efi_change_string)(void *this, efi_char16 *string);
typedef void(EFIAPI *efi_from_fat)(void *this, uint64_t size, const char *fat, efi_char16 *string);
typedef uint8_t(EFIAPI *efi_to_fat)(void *this, const efi_char16 *string, uint64_t size, char *fat);

#endif
