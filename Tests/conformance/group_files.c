/* SPDX-License-Identifier: Apache-2.0 OR GPL-2.0-only */
/* Simple File System and File (UEFI 2.10, 13.4, 13.5), on whatever volume and with whatever file there is. */
#include "efi_protocols.h"
#include "protocol_kit.h"

static const efi_guid_bytes file_system_guid = GUID(0x964e5b22, 0x6459, 0x11d2, 0x8e, 0x39, 0, 0xa0, 0xc9, 0x69, 0x72, 0x3b);
static const efi_guid_bytes file_info_guid = GUID(0x09576e92, 0x6d3f, 0x11d2, 0x8e, 0x39, 0, 0xa0, 0xc9, 0x69, 0x72, 0x3b);
static const efi_guid_bytes system_info_guid = GUID(0x09576e93, 0x6d3f, 0x11d2, 0x8e, 0x39, 0, 0xa0, 0xc9, 0x69, 0x72, 0x3b);

static file_info info;
static uint8_t content[2][4096];

#define OPEN(from, to, name, mode) CALL(file_open, (from)->Open)(from, to, name, mode, 0)
#define CLOSE(file) CALL(file_only, (file)->Close)(file)
#define READ(file, size, to) CALL(file_data, (file)->Read)(file, size, to)
#define SEEK(file, position) CALL(file_set_position, (file)->SetPosition)(file, position)
#define TELL(file, position) CALL(file_get_position, (file)->GetPosition)(file, position)
#define INFO(file, type, size, to) CALL(file_get_info, (file)->GetInfo)(file, type, size, to)

static int is_dots(const efi_char16 *name) { return name[0] == '.' && (!name[1] || (name[1] == '.' && !name[2])); }

/* The next entry of a folder, into `info`; its name's length in bytes, 0 at the end. */
static int next_entry(file_protocol *folder)
{
	uint64_t size = sizeof(info);

	return READ(folder, &size, &info) == EFI_SUCCESS && size != 0;
}

/* A folder with a file that is not empty, which `info` then tells of. `folder` is closed unless it is the one. */
static file_protocol *find(file_protocol *folder, int depth)
{
	file_protocol *found = 0;

	SEEK(folder, 0);
	while (next_entry(folder))
		if (!(info.Attribute & EFI_FILE_DIRECTORY) && info.FileSize > 0)
			return folder;
	SEEK(folder, 0);
	while (depth > 0 && !found && next_entry(folder)) {
		file_protocol *inner = 0;

		if (!is_dots(info.FileName) && OPEN(folder, &inner, info.FileName, EFI_FILE_MODE_READ) == EFI_SUCCESS)
			found = find(inner, depth - 1);
	}
	CLOSE(folder);
	return found;
}

static void folder_assertions(file_protocol *root)
{
	file_system_info system;
	uint64_t size = 0, position;

	check_status("13.5.13", "files.root.info-size", INFO(root, &file_info_guid, &size, 0), EFI_BUFFER_TOO_SMALL,
		     "BufferSize is too small for the information");
	check("13.5.13", "files.root.info-size-returned", size >= 82 && size <= sizeof(info), "BufferSize is updated with the size needed");
	uint64_t needed = size;

	check_status("13.5.13", "files.root.info", INFO(root, &file_info_guid, &size, &info), EFI_SUCCESS,
		     "EFI_FILE_INFO of the root");
	check("13.5.16", "files.root.info-fields", size == needed && info.Size == needed && (info.Attribute & EFI_FILE_DIRECTORY),
	      "Size is that of the structure, Attribute says that it is a directory");
	size = sizeof(system);
	check_status("13.5.13", "files.root.system-info", INFO(root, &system_info_guid, &size, &system), EFI_SUCCESS,
		     "EFI_FILE_SYSTEM_INFO of the volume");
	check("13.5.17", "files.root.system-info-fields",
	      system.Size == size && system.BlockSize > 0 && system.FreeSpace <= system.VolumeSize,
	      "Size is that of the structure, the numbers go together");
	size = sizeof(info);
	check_status("13.5.13", "files.root.other-info", INFO(root, &mark_a, &size, &info), EFI_UNSUPPORTED,
		     "the InformationType is not known");

	SEEK(root, 0);
	size = 0;
	check_status("13.5.5", "files.root.read-size", READ(root, &size, &info), EFI_BUFFER_TOO_SMALL,
		     "BufferSize is too small for the directory entry");
	check("13.5.5", "files.root.read-size-returned", size >= 82, "BufferSize is updated with the size needed");
	needed = size;
	check_status("13.5.5", "files.root.read", READ(root, &size, &info), EFI_SUCCESS, "the entry that did not fit is read");
	check("13.5.5", "files.root.read-entry", size == needed && info.Size == needed && info.FileName[0] != 0,
	      "an EFI_FILE_INFO of that size");
	efi_char16 name[216];

	memcpy(name, info.FileName, sizeof(name));
	while (next_entry(root))
		;
	size = sizeof(info);
	check("13.5.5", "files.root.read-end", READ(root, &size, &info) == EFI_SUCCESS && size == 0,
	      "behind the last entry: zero bytes, and no error");
	check_status("13.5.11", "files.root.rewind", SEEK(root, 0), EFI_SUCCESS, "position 0 starts the directory over");
	check("13.5.11", "files.root.rewound", next_entry(root) && memcmp(name, info.FileName, 4) == 0, "the first entry again");
	check_status("13.5.11", "files.root.seek", SEEK(root, 5), EFI_UNSUPPORTED,
		     "for a directory a position other than zero is not valid");
	check_status("13.5.12", "files.root.position", TELL(root, &position), EFI_UNSUPPORTED, "not valid on open directories");
	SEEK(root, 0);
}

static void open_assertions(file_protocol *folder, const efi_char16 *name)
{
	file_protocol *file = 0;

	check_status("13.5.2", "files.open.missing", OPEN(folder, &file, u"no-such-file.txt", EFI_FILE_MODE_READ), EFI_NOT_FOUND,
		     "the file could not be found");
	check_status("13.5.2", "files.open.missing-folder", OPEN(folder, &file, u"no-such-folder\\x", EFI_FILE_MODE_READ),
		     EFI_NOT_FOUND, "the file could not be found");
	check_status("13.5.2", "files.open.file", OPEN(folder, &file, name, EFI_FILE_MODE_READ), EFI_SUCCESS, "the file was opened");
	check_status("13.5.3", "files.open.close", file ? CLOSE(file) : EFI_NOT_FOUND, EFI_SUCCESS, "a file is closed");
}

static void read_assertions(file_protocol *folder, const efi_char16 *name, uint64_t length)
{
	file_protocol *file = 0, *again = 0;
	uint64_t size = sizeof(info), position = 7, part = length < 16 ? length : 16;

	OPEN(folder, &file, name, EFI_FILE_MODE_READ);
	OPEN(folder, &again, name, EFI_FILE_MODE_READ);
	if (!file || !again) {
		check("13.5.2", "files.read.open-twice", 0, "a file can be open more than once");
		return;
	}
	check("13.5.2", "files.read.open-twice", file != again, "a file can be open more than once");
	check_status("13.5.13", "files.read.info", INFO(file, &file_info_guid, &size, &info), EFI_SUCCESS, "EFI_FILE_INFO of the file");
	check("13.5.16", "files.read.info-fields",
	      info.FileSize == length && !(info.Attribute & EFI_FILE_DIRECTORY) && info.PhysicalSize >= 1,
	      "the same size as in its directory");
	check("13.5.12", "files.read.position-0", TELL(file, &position) == EFI_SUCCESS && position == 0,
	      "an opened file is at position 0");
	size = part;
	check_status("13.5.5", "files.read.part", READ(file, &size, content[0]), EFI_SUCCESS, "bytes are read");
	check_equal("13.5.5", "files.read.part-size", size, part, "as many as there are room and bytes for");
	check("13.5.5", "files.read.part-position", TELL(file, &position) == EFI_SUCCESS && position == part,
	      "the position moves on by what was read");
	check("13.5.12", "files.read.own-position", TELL(again, &position) == EFI_SUCCESS && position == 0,
	      "each open file has a position of its own");
	SEEK(again, 0);
	size = part;
	READ(again, &size, content[1]);
	check("13.5.5", "files.read.same-bytes", size == part && memcmp(content[0], content[1], part) == 0, "the same bytes");

	check_status("13.5.11", "files.read.seek-end", SEEK(file, ~0ULL), EFI_SUCCESS, "0xffffffffffffffff is the end of the file");
	check("13.5.11", "files.read.seek-end-position", TELL(file, &position) == EFI_SUCCESS && position == length,
	      "the position is the file's size");
	size = 16;
	check("13.5.5", "files.read.at-end", READ(file, &size, content[0]) == EFI_SUCCESS && size == 0,
	      "at the end zero bytes are read, and that is no error");
	SEEK(file, length - 1);
	size = 16;
	check("13.5.5", "files.read.last-byte", READ(file, &size, content[0]) == EFI_SUCCESS && size == 1,
	      "BufferSize is what was read when the file ends before");
	SEEK(file, length + 1);
	size = 16;
	check_status("13.5.5", "files.read.beyond", READ(file, &size, content[0]), EFI_DEVICE_ERROR,
		     "on entry the position is beyond the end of the file");
	size = 1;
	SEEK(file, 0);
	check_status2("13.5.6", "files.read.write", CALL(file_data, file->Write)(file, &size, content[0]), EFI_ACCESS_DENIED,
		      EFI_WRITE_PROTECTED, "the file was opened read only");
	size = 0;
	check_status("13.5.13", "files.read.info-size", INFO(file, &file_info_guid, &size, 0), EFI_BUFFER_TOO_SMALL,
		     "BufferSize is too small for the information");
	CLOSE(file);
	check("13.5.3", "files.read.closed-apart", SEEK(again, 0) == EFI_SUCCESS, "closing one leaves the other open");
	CLOSE(again);
}

void run_group(void)
{
	efi_handle *volumes = 0;
	uint64_t count = 0;
	file_system *volume = 0;
	file_protocol *root = 0, *folder = 0, *second = 0;

	if (BS(LocateHandleBuffer)(ByProtocol, &file_system_guid, 0, &count, &volumes) != EFI_SUCCESS) {
		skip("13.4.1", "files.volume", "there is no volume");
		return;
	}
	for (uint64_t i = 0; i < count && !folder; i++) {
		volume = interface_on(volumes[i], &file_system_guid);
		if (CALL(open_volume, volume->OpenVolume)(volume, &root) == EFI_SUCCESS)
			folder = find(root, 3);
	}
	if (!folder) {
		skip("13.4.1", "files.volume", "no volume has a file");
		return;
	}
	uint64_t length = info.FileSize;
	efi_char16 name[216];

	memcpy(name, info.FileName, sizeof(name));
	check("13.4.1", "files.volume.revision", volume->Revision >= 0x10000, "EFI_SIMPLE_FILE_SYSTEM_PROTOCOL_REVISION");
	check_status("13.4.2", "files.volume.open", CALL(open_volume, volume->OpenVolume)(volume, &root), EFI_SUCCESS,
		     "the volume is opened");
	check("13.4.2", "files.volume.open-again",
	      CALL(open_volume, volume->OpenVolume)(volume, &second) == EFI_SUCCESS && second != root,
	      "each time another file handle of the root");
	check("13.5.1", "files.volume.file-revision", root->Revision >= 0x10000, "EFI_FILE_PROTOCOL_REVISION");
	folder_assertions(root);
	open_assertions(folder, name);
	read_assertions(folder, name, length);
	CLOSE(second);
	CLOSE(root);
}
