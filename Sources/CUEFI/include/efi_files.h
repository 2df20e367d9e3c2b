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
efi_status virgil_file_token(void *self, uint32_t what, EFI_FILE_IO_TOKEN *token);

/* All the others, which share the look for the file. `number` is a size or a position. */
enum {
	FILE_CLOSE,
	FILE_DELETE,
	FILE_READ,
	FILE_WRITE,
	FILE_GET_POSITION,
	FILE_SET_POSITION,
	FILE_GET_INFO,
	FILE_SET_INFO,
	FILE_FLUSH,
};
efi_status virgil_file(void *self, uint32_t what, uint64_t *number, void *buffer, const void *type);

/* Calls into a payload's file system, in its convention. */
efi_status efi_call_open_volume(void *protocol, void **root);
efi_status efi_call_file_open(void *file, void **opened, const efi_char16 *name, uint64_t mode);
efi_status efi_call_file_close(void *file);
efi_status efi_call_file_read(void *file, uint64_t *size, void *buffer);
efi_status efi_call_file_get_info(void *file, const void *type, uint64_t *size, void *buffer);

#endif
