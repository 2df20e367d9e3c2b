/* SPDX-License-Identifier: Apache-2.0 OR GPL-2.0-only */
/*
 * Unpacks the image behind its head. Runs from the head, before anything else of the image exists: no function of
 * another file may be called, which includes the memcpy() that a compiler likes to make of a loop.
 */
#include "stage1.h"
#include "virgil_blob.h"
#include "virgil_platform.h"

#define IN_THE_HEAD __attribute__((no_builtin))

/* Eight bytes at any addresses. On AArch64 the file is compiled for the time before the MMU is on; this is after it. */
static inline void copy_word(uint8_t *to, const uint8_t *from)
{
#if defined(__aarch64__)
	uint64_t word;

	__asm__ volatile("ldr %0, [%1]\n\tstr %0, [%2]" : "=&r"(word) : "r"(from), "r"(to) : "memory");
#else
	__builtin_memcpy(to, from, 8);
#endif
}

/* Forward, so that a match may overlap what it makes. */
IN_THE_HEAD static void copy(uint8_t *to, const uint8_t *from, uint64_t size)
{
	uint64_t distance = (uint64_t)(to - from);

	if (size >= 16 && distance < 8) {
		/* What repeats after n bytes repeats after a multiple of n, too: one that words can be copied over. */
		distance = (8 + distance - 1) / distance * distance;
		for (uint64_t n = distance; n > 0; n--, size--)
			*to++ = *from++;
		from = to - distance;
	}
	if (distance >= 8)
		for (; size >= 8; size -= 8, to += 8, from += 8)
			copy_word(to, from);
	while (size--)
		*to++ = *from++;
}

/* A length's further bytes: each 255 says that another follows. Returns 0 when they do not end. */
IN_THE_HEAD static int extend(uint64_t *length, const uint8_t **in, const uint8_t *end)
{
	uint8_t byte;

	do {
		if (*in == end)
			return 0;
		byte = *(*in)++;
		*length += byte;
	} while (byte == 255);
	return 1;
}

/*
 * The LZ4 block format: tokens, each with literals and, but for the last, a match in what has been made so far.
 *
 * Most are short, and far from either end: those are copied by whole words, a few bytes too many, over which lies what
 * is made next.
 */
IN_THE_HEAD int virgil_unpack(const uint8_t *in, uint64_t size, uint8_t *out, uint64_t capacity)
{
	const uint8_t *const end = in + size;
	uint8_t *const start = out, *const limit = out + capacity;

	while (in != end) {
		const uint8_t token = *in++;
		uint64_t length = token >> 4, offset;
		const int far = end - in >= 18 && limit - out >= 40;

		if (length < 15 && far) {
			copy_word(out, in);
			copy_word(out + 8, in + 8);
		} else {
			if (length == 15 && !extend(&length, &in, end))
				return 0;
			if (length > (uint64_t)(end - in) || length > (uint64_t)(limit - out))
				return 0;
			copy(out, in, length);
		}
		in += length;
		out += length;
		if (in == end)
			return out == limit;
		if (end - in < 2)
			return 0;
		offset = in[0] | (uint64_t)in[1] << 8;
		in += 2;
		if (offset == 0 || offset > (uint64_t)(out - start))
			return 0;
		length = (token & 15) + 4;
		if (length < 19 && offset >= 8 && limit - out >= 24) {
			copy_word(out, out - offset);
			copy_word(out + 8, out + 8 - offset);
			copy_word(out + 16, out + 16 - offset);
		} else {
			if (length == 19 && !extend(&length, &in, end))
				return 0;
			if (length > (uint64_t)(limit - out))
				return 0;
			copy(out, out - offset, length);
		}
		out += length;
	}
	return 0;
}

#if !defined(__linux__)
/*
 * The block lies where its contents go, so it is moved out of the way first: to the stack's far end, which is not in
 * use yet. The relocation fixer has made sure that it fits there.
 */
IN_THE_HEAD void unpack_image(void)
{
	const struct virgil_blob_header *header = (const struct virgil_blob_header *)__image_start;
	uint8_t *const place = (uint8_t *)__image_start + header->head_size, *const room = (uint8_t *)__stack_guard + 4096;

	if (header->packed_size == 0)
		return;
	copy(room, place, header->packed_size);
	if (!virgil_unpack(room, header->packed_size, place, header->unpacked_size))
		virgil_reset();
#if defined(__aarch64__)
	virgil_relative_branches_aarch64(place, (uint64_t)(__text_end - __head_end));
#else
	virgil_relative_branches_x86_64(place, (uint64_t)(__text_end - __head_end));
#endif
}
#endif
