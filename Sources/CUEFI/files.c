/* SPDX-License-Identifier: Apache-2.0 OR GPL-2.0-only */
/* Simple File System and File (UEFI 2.10, 13.4 and 13.5). */
#include "efi_files.h"
#include "thunks.h"

THUNK(efi_status, open_volume, (void *self, void **root), (self, root))

void efi_fill_simple_file_system(EFI_SIMPLE_FILE_SYSTEM_PROTOCOL *protocol)
{
	protocol->Revision = 0x00010000;
	protocol->OpenVolume = SLOT(open_volume);
}

/* Attributes are those of a file to create, which a read-only medium has no use for. */
static EFIAPI efi_status t_open(void *self, void **file, const efi_char16 *name, uint64_t mode, uint64_t attributes)
{
	(void)attributes;
	return virgil_file_open(self, file, name, mode, NULL);
}
static EFIAPI efi_status t_close(void *self) { return virgil_file(self, FILE_CLOSE, NULL, NULL, NULL); }
static EFIAPI efi_status t_delete(void *self) { return virgil_file(self, FILE_DELETE, NULL, NULL, NULL); }
static EFIAPI efi_status t_read(void *self, uint64_t *size, void *buffer)
{
	return virgil_file(self, FILE_READ, size, buffer, NULL);
}
static EFIAPI efi_status t_write(void *self, uint64_t *size, void *buffer)
{
	return virgil_file(self, FILE_WRITE, size, buffer, NULL);
}
static EFIAPI efi_status t_get_position(void *self, uint64_t *position)
{
	return virgil_file(self, FILE_GET_POSITION, position, NULL, NULL);
}
static EFIAPI efi_status t_set_position(void *self, uint64_t position)
{
	return virgil_file(self, FILE_SET_POSITION, &position, NULL, NULL);
}
static EFIAPI efi_status t_get_info(void *self, const void *type, uint64_t *size, void *buffer)
{
	return virgil_file(self, FILE_GET_INFO, size, buffer, type);
}
static EFIAPI efi_status t_set_info(void *self, const void *type, uint64_t size, void *buffer)
{
	return virgil_file(self, FILE_SET_INFO, &size, buffer, type);
}
static EFIAPI efi_status t_flush(void *self) { return virgil_file(self, FILE_FLUSH, NULL, NULL, NULL); }
static EFIAPI efi_status t_open_ex(void *self, void **file, const efi_char16 *name, uint64_t mode, uint64_t attributes,
				   EFI_FILE_IO_TOKEN *token)
{
	(void)attributes;
	return token ? virgil_file_open(self, file, name, mode, token) : virgil_file_token(self, FILE_READ, NULL);
}
static EFIAPI efi_status t_read_ex(void *self, EFI_FILE_IO_TOKEN *t) { return virgil_file_token(self, FILE_READ, t); }
static EFIAPI efi_status t_write_ex(void *self, EFI_FILE_IO_TOKEN *t) { return virgil_file_token(self, FILE_WRITE, t); }
static EFIAPI efi_status t_flush_ex(void *self, EFI_FILE_IO_TOKEN *t) { return virgil_file_token(self, FILE_FLUSH, t); }

void efi_fill_file(EFI_FILE_PROTOCOL *protocol)
{
	static const EFI_FILE_PROTOCOL table = {
		0x00020000, SLOT(open), SLOT(close), SLOT(delete), SLOT(read), SLOT(write), SLOT(get_position),
		SLOT(set_position), SLOT(get_info), SLOT(set_info), SLOT(flush), SLOT(open_ex), SLOT(read_ex),
		SLOT(write_ex), SLOT(flush_ex),
	};
	*protocol = table;
}

#define CALL(table, member, parameters) ((efi_status(EFIAPI *) parameters)((table *)self)->member)

efi_status efi_call_open_volume(void *self, void **root)
{
	return CALL(EFI_SIMPLE_FILE_SYSTEM_PROTOCOL, OpenVolume, (void *, void **))(self, root);
}

efi_status efi_call_file_open(void *self, void **opened, const efi_char16 *name, uint64_t mode)
{
	return CALL(EFI_FILE_PROTOCOL, Open, (void *, void **, const efi_char16 *, uint64_t, uint64_t))(self, opened, name,
													 mode, 0);
}

efi_status efi_call_file_close(void *self) { return CALL(EFI_FILE_PROTOCOL, Close, (void *))(self); }

efi_status efi_call_file_read(void *self, uint64_t *size, void *buffer)
{
	return CALL(EFI_FILE_PROTOCOL, Read, (void *, uint64_t *, void *))(self, size, buffer);
}

efi_status efi_call_file_get_info(void *self, const void *type, uint64_t *size, void *buffer)
{
	return CALL(EFI_FILE_PROTOCOL, GetInfo, (void *, const void *, uint64_t *, void *))(self, type, size, buffer);
}
