// SPDX-License-Identifier: GPL-2.0-only
/*
 * The handover block: what the emulator is told
 * (include/linux/virgil_handover.h).
 *
 * The block is one buffer with the command line behind it. Records are
 * appended; the segment's address is known, and the command line's with it,
 * when all has been written.
 */
#include <linux/build_bug.h>
#include <linux/crc32.h>
#include <linux/errno.h>
#include <linux/mm.h>
#include <linux/slab.h>
#include <linux/string.h>

#include "internal.h"

static_assert(sizeof(struct virgil_handover) == 32);
static_assert(sizeof(struct virgil_image_record) == 64);
static_assert(sizeof(struct virgil_memory_record) == 48);
static_assert(sizeof(struct virgil_table_record) == 32);
static_assert(sizeof(struct virgil_console_record) == 48);
static_assert(sizeof(struct virgil_verified_record) == 56);

/* The first record, so that it is found again when its address is known. */
#define COMMAND_LINE_RECORD sizeof(struct virgil_handover)

/* Bytes that a block starts with: enough for a machine with a hundred regions of memory. */
#define FIRST_ROOM SZ_8K

static void *reserve(struct kexec_efi_load *load, size_t size)
{
	size_t room = load->room;
	void *block;

	if (load->error)
		return NULL;
	if (size > room - load->used) {
		while (size > room - load->used)
			room *= 2;
		block = kvzalloc(room, GFP_KERNEL);
		if (!block) {
			load->error = -ENOMEM;
			return NULL;
		}
		memcpy(block, load->block, load->used);
		kvfree_sensitive(load->block, load->room);
		load->block = block;
		load->room = room;
	}
	block = load->block + load->used;
	load->used += size;
	return block;
}

/**
 * kexec_efi_put - append a record to the handover block
 * @load:	the image that is loaded
 * @record:	the record, with its type and size filled in
 */
void kexec_efi_put(struct kexec_efi_load *load, const struct virgil_record *record)
{
	void *place = reserve(load, ALIGN(record->size, 8));

	if (place)
		memcpy(place, record, record->size);
}

void kexec_efi_put_range(struct kexec_efi_load *load, u32 type, u64 address, u64 size)
{
	struct virgil_range_record range = {
		.record = { .type = type, .size = sizeof(range) },
		.address = address,
		.size = size,
	};

	kexec_efi_put(load, &range.record);
}

/*
 * A UKI's own command line counts where none is given. What this kernel adds is
 * in an add-on as well, and must not stand in for it.
 */
static const char *prefix(const struct kexec_efi_load *load)
{
	bool is_blank = !*skip_spaces(load->cmdline);

	return load->is_uki && is_blank ? "" : load->prefix;
}

static size_t line_size(const struct kexec_efi_load *load)
{
	return strlen(prefix(load)) + strlen(load->cmdline);
}

/**
 * kexec_efi_begin_block - start a handover block
 * @load:	the image that is loaded
 *
 * Return: 0 or -ENOMEM. The caller frees @load->block.
 */
int kexec_efi_begin_block(struct kexec_efi_load *load)
{
	load->block = kvzalloc(FIRST_ROOM, GFP_KERNEL);
	if (!load->block)
		return -ENOMEM;
	load->room = FIRST_ROOM;
	load->used = sizeof(struct virgil_handover);
	kexec_efi_put_range(load, VIRGIL_RECORD_COMMAND_LINE, 0, line_size(load));
	return load->error;
}

/**
 * kexec_efi_finish_block - make a segment of the handover block
 * @load:	the image that is loaded
 * @address:	set to the block's physical address
 *
 * Return: 0 or an errno.
 */
int kexec_efi_finish_block(struct kexec_efi_load *load, unsigned long *address)
{
	struct kexec_buf kbuf = {
		.image = load->image,
		.mem = KEXEC_BUF_MEM_UNKNOWN,
		.buf_align = PAGE_SIZE,
		.buf_min = PAGE_SIZE,
		.buf_max = ULONG_MAX,
	};
	struct virgil_range_record *command_line;
	struct virgil_handover *header;
	size_t size = load->used;
	char *line;
	int ret;

	line = reserve(load, line_size(load) + 1);
	if (!line)
		return load->error;
	sprintf(line, "%s%s", prefix(load), load->cmdline);

	kbuf.buffer = load->block;
	kbuf.bufsz = load->used;
	kbuf.memsz = load->used;
	ret = kexec_add_buffer(&kbuf);
	if (ret)
		return ret;

	command_line = load->block + COMMAND_LINE_RECORD;
	command_line->address = kbuf.mem + size;
	header = load->block;
	*header = (struct virgil_handover){
		.magic = VIRGIL_HANDOVER_MAGIC,
		.version = VIRGIL_HANDOVER_VERSION,
		.header_size = sizeof(*header),
		.total_size = size,
	};
	header->checksum = ~crc32_le(~0, load->block, size);
	*address = kbuf.mem;
	return 0;
}
