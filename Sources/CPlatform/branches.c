/* SPDX-License-Identifier: Apache-2.0 OR GPL-2.0-only */
/*
 * In the packed block, calls name their target by its distance from where the text starts, not from themselves: two calls
 * of one function are then the same bytes, which packs better by a tenth. Here they become relative again.
 *
 * Runs from the head, as unpack.c does. What packs is Tools/Sources/RelocationFixer/BranchTargets.swift: the two take the
 * same bytes for calls, whether they are some or not.
 */
#include "stage1.h"
#include "virgil_platform.h"

/* BL: six bits, then the distance in words. */
void virgil_relative_branches_aarch64(uint8_t *text, uint64_t size)
{
	uint32_t *const code = (uint32_t *)(void *)text;

	/* From the end: one register less to count in, for each of some 40,000 words. */
	for (uint64_t n = size / 4; n-- > 0;)
		if (code[n] >> 26 == 0x25)
			code[n] = 0x25U << 26 | ((code[n] - (uint32_t)n) & 0x3ffffff);
}

/*
 * CALL and JMP rel32: 0xe8 or 0xe9, then the distance. The target has its highest byte first here, which is the one that
 * most targets share. Eight bytes are looked at together: the subtraction borrows at the first of them that is an opcode.
 */
void virgil_relative_branches_x86_64(uint8_t *text, uint64_t size)
{
	const uint64_t ones = 0x0101010101010101;
	uint64_t place = 0;

	while (place + 13 <= size) {
		uint64_t word;
		uint32_t target;

		__builtin_memcpy(&word, text + place, 8);
		word = (word & ~ones) ^ 0xe8 * ones;
		word = (word - ones) & ~word & 0x80 * ones;
		if (word == 0) {
			place += 8;
			continue;
		}
		place += (uint64_t)__builtin_ctzll(word) / 8;
		__builtin_memcpy(&target, text + place + 1, 4);
		target = __builtin_bswap32(target) - (uint32_t)place;
		__builtin_memcpy(text + place + 1, &target, 4);
		place += 5;
	}
}
