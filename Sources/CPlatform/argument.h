/* SPDX-License-Identifier: Apache-2.0 OR GPL-2.0-only */
/* How many bytes of the start argument to map before anybody has parsed it. */
#ifndef VIRGIL_ARGUMENT_H
#define VIRGIL_ARGUMENT_H

#include <stdint.h>

#define LARGEST_ARGUMENT (2ULL << 20) /* the Linux boot protocols' limit for a device tree; ours for the block */
#define HANDOVER_MAGIC 0x52564f4c49475256ULL
#define HANDOVER_TOTAL_SIZE 16

/*
 * The size the handover block claims for itself, at most LARGEST_ARGUMENT; one page when it is not a block, so that
 * the emulator can read, and report, what it is. Reads aligned words only.
 */
static inline uint64_t handover_size(uint64_t argument)
{
	const volatile uint64_t *word = (const volatile uint64_t *)(uintptr_t)argument;
	uint64_t size;

	if (argument == 0 || argument % 8 != 0)
		return 0;
	if (word[0] != HANDOVER_MAGIC)
		return 4096;
	size = word[HANDOVER_TOTAL_SIZE / 8];
	return size < LARGEST_ARGUMENT ? size : LARGEST_ARGUMENT;
}

#endif
