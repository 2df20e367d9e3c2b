/* SPDX-License-Identifier: Apache-2.0 OR GPL-2.0-only */
/* Simple File System and File (UEFI 2.10, 13.4 and 13.5): their tables, what serves them, calls into foreign ones. */
#ifndef VIRGIL_EFI_FILES_H
#define VIRGIL_EFI_FILES_H

#include "efi.h"

/* 13.4.1 */
typedef struct {
	uint64_t Revision;
	efi_slot OpenVolume;
} EFI_SIMPLE_FILE_SYSTEM_PROTOCOL;

/* 13.5.1, revision 2 */
typedef struct {
	uint64_t Revision;
	efi_slot Open, Close, Delete, Read, Write, GetPosition, SetPosition, GetInfo, SetInfo, Flush;
	efi_slot OpenEx, ReadEx, WriteEx, FlushEx;
} EFI_FILE_PROTOCOL;

/* 13.5.3 */
typedef struct {
	efi_event Event;
	efi_status Status;
	uint64_t BufferSize;
	void *Buffer;
} EFI_FILE_IO_TOKEN;

/* Fills a table with thunks; Revision as well. */
void efi_fill_simple_file_system(EFI_SIMPLE_FILE_SYSTEM_PROTOCOL *protocol);
void efi_fill_file(EFI_FILE_PROTOCOL *protocol);

/* Implemented in Swift. */
efi_status virgil_open_volume(void *self, void **root);
efi_status virgil_file_open(void *self, void **file, const efi_char16 *name, uint64_t mode, EFI_FILE_IO_TOKEN *token);
efi_status virgil_file_close(void *self, uint8_t deleting);
efi_status virgil_file_read(void *self, uint64_t *size, void *buffer);
efi_status virgil_file_position(void *self, uint8_t setting, uint64_t *position);
efi_status virgil_file_get_info(void *self, const void *type, uint64_t *size, void *buffer);
efi_status virgil_file_set_info(void *self, const void *type);
efi_status virgil_file_write(void *self, uint8_t flushing);
efi_status virgil_file_token(void *self, uint32_t what, EFI_FILE_IO_TOKEN *token);

/* What virgil_file_token() does. */
enum { FILE_READ_EX, FILE_WRITE_EX, FILE_FLUSH_EX };

/* Calls into a payload's file system, in its convention. */
efi_status efi_call_open_volume(void *protocol, void **root);
efi_status efi_call_file_open(void *file, void **opened, const efi_char16 *name, uint64_t mode);
efi_status efi_call_file_close(void *file);
efi_status efi_call_file_read(void *file, uint64_t *size, void *buffer);
efi_status efi_call_file_get_info(void *file, const void *type, uint64_t *size, void *buffer);

#endif
