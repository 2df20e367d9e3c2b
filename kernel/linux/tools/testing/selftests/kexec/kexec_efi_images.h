/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * What test_kexec_efi.c loads: a small EFI application, and archives of files. Made from the
 * Microsoft PE and COFF specification; nothing of it is ever executed.
 */
#ifndef KEXEC_EFI_IMAGES_H
#define KEXEC_EFI_IMAGES_H

#include <assert.h>
#include <linux/types.h>
#include <stddef.h>
#include <stdio.h>
#include <string.h>

#if defined(__aarch64__)
#define MACHINE		0xaa64
#define OTHER_MACHINE	0x8664
#else
#define MACHINE		0x8664
#define OTHER_MACHINE	0xaa64
#endif

#define PE32		0x10b
#define PE32_PLUS	0x20b

enum subsystem {
	SUBSYSTEM_WINDOWS = 2,
	SUBSYSTEM_EFI_APPLICATION = 10,
};

/* The fields lie as in the file, aligned or not. */
#pragma pack(push, 1)

struct section {
	char name[8];
	__u32 virtual_size;
	__u32 virtual_address;
	__u32 raw_size;
	__u32 raw_data;
	__u32 unused[3];
	__u32 characteristics;
};

struct headers {
	/* DOS header */
	__u16 e_magic;
	__u8 dos[58];
	__u32 e_lfanew;
	/* PE signature and COFF header */
	__u32 signature;
	__u16 machine;
	__u16 number_of_sections;
	__u32 time;
	__u32 symbols[2];
	__u16 optional_size;
	__u16 characteristics;
	/* optional header */
	__u16 magic;
	__u8 linker[2];
	__u32 size_of_code;
	__u32 size_of_data[2];
	__u32 entry;
	__u32 base_of_code;
	__u64 image_base;
	__u32 section_alignment;
	__u32 file_alignment;
	__u16 versions[6];
	__u32 win32_version;
	__u32 size_of_image;
	__u32 size_of_headers;
	__u32 checksum;
	__u16 subsystem;
	__u16 dll_characteristics;
	__u64 stack_heap[4];
	__u32 loader_flags;
	__u32 number_of_directories;
	__u64 directories[16];
	struct section text;
	struct section data;
};

#pragma pack(pop)

#define HEADERS_SIZE	0x200
#define SECTION_SIZE	0x200
#define IMAGE_SIZE	(HEADERS_SIZE + 2 * SECTION_SIZE)

static_assert(sizeof(struct headers) <= HEADERS_SIZE, "the headers have room");

static inline void make_section(struct section *section, const char *name, int index, __u32 flags)
{
	memcpy(section->name, name, strlen(name));
	section->virtual_address = 0x1000 * (index + 1);
	section->virtual_size = SECTION_SIZE;
	section->raw_data = HEADERS_SIZE + SECTION_SIZE * index;
	section->raw_size = SECTION_SIZE;
	section->characteristics = flags;
}

/* An EFI application that gives EFI_UNSUPPORTED back. */
static inline void make_image(__u8 image[IMAGE_SIZE])
{
#if defined(__aarch64__)
	static const __u32 code[] = { 0xd2800060, 0xf2f00000, 0xd65f03c0 };
#else
	static const __u8 code[] = { 0xb8, 3, 0, 0, 0, 0x48, 0x0f, 0xba, 0xe8, 0x3f, 0xc3 };
#endif
	struct headers *headers = (struct headers *)image;

	memset(image, 0, IMAGE_SIZE);
	headers->e_magic = 0x5a4d;
	headers->e_lfanew = offsetof(struct headers, signature);
	headers->signature = 0x4550;
	headers->machine = MACHINE;
	headers->number_of_sections = 2;
	headers->optional_size = offsetof(struct headers, text) - offsetof(struct headers, magic);
	/* executable, large addresses, no debug information */
	headers->characteristics = 0x222;
	headers->magic = PE32_PLUS;
	headers->size_of_code = SECTION_SIZE;
	headers->size_of_data[0] = SECTION_SIZE;
	headers->entry = 0x1000;
	headers->base_of_code = 0x1000;
	headers->section_alignment = 0x1000;
	headers->file_alignment = 0x200;
	headers->size_of_image = 0x3000;
	headers->size_of_headers = HEADERS_SIZE;
	headers->subsystem = SUBSYSTEM_EFI_APPLICATION;
	/* position independent, no execution of data */
	headers->dll_characteristics = 0x140;
	headers->number_of_directories = 16;
	make_section(&headers->text, ".text", 0, 0x60000020);
	make_section(&headers->data, ".data", 1, 0xc0000040);
	memcpy(image + HEADERS_SIZE, code, sizeof(code));
}

/* A file of an archive (cpio newc). Sizes that are not those of the contents make it malformed. */
struct member {
	const char *name;
	__u32 mode;
	const void *contents;
	__u32 size;
	__u32 said_size;
	__u32 said_name_size;
};

/* Appends a member to an archive of @used bytes, and returns how many it has then. */
static inline size_t put_member(__u8 *archive, size_t used, const struct member *member)
{
	size_t name_size = strlen(member->name) + 1;
	char header[111];

	/* number, mode, owner, group, links, time; devices; checksum */
	snprintf(header, sizeof(header), "070701%08x%08x%024x%08x%08x%032x%08x%08x",
		 1, member->mode, 1, 0, member->said_size ?: member->size, 0,
		 member->said_name_size ?: (__u32)name_size, 0);
	memcpy(archive + used, header, 110);
	used += 110;
	memcpy(archive + used, member->name, name_size);
	used += name_size;
	while (used % 4)
		archive[used++] = 0;
	if (member->size)
		memcpy(archive + used, member->contents, member->size);
	used += member->size;
	while (used % 4)
		archive[used++] = 0;
	return used;
}

#endif /* KEXEC_EFI_IMAGES_H */
