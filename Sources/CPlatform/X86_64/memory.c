/* SPDX-License-Identifier: Apache-2.0 OR GPL-2.0-only */
/*
 * memcpy, memmove, memset and memcmp with string instructions: no FP register is used, so an exception handler may
 * call them. The direction flag is clear on entry, as both calling conventions have it.
 */
#if defined(__x86_64__) && !defined(__linux__)
#include <stddef.h>
#include <stdint.h>

#define RUNTIME __attribute__((visibility("hidden"), used, no_builtin))

/* Words and a tail start faster than bytes on CPUs without fast short string operations. */
static inline void copy_forward(void *target, const void *source, size_t size)
{
	size_t words = size / 8, rest = size % 8;

	__asm__ volatile("rep movsq\n\tmov %3, %0\n\trep movsb"
			 : "+c"(words), "+D"(target), "+S"(source)
			 : "r"(rest)
			 : "memory");
}

RUNTIME void *memcpy(void *target, const void *source, size_t size)
{
	copy_forward(target, source, size);
	return target;
}

RUNTIME void *memmove(void *target, const void *source, size_t size)
{
	char *last = (char *)target + size;
	const char *last_source = (const char *)source + size;
	size_t words = size / 8;

	if ((uintptr_t)target - (uintptr_t)source >= size) {
		copy_forward(target, source, size);
		return target;
	}
	/* Overlapping, to a higher address: from the end. Backward string instructions are slow everywhere. */
	for (size_t rest = size % 8; rest > 0; rest--)
		*--last = *--last_source;
	for (; words > 0; words--) {
		uint64_t word;

		last -= 8;
		last_source -= 8;
		__builtin_memcpy(&word, last_source, 8);
		__builtin_memcpy(last, &word, 8);
	}
	return target;
}

RUNTIME void *memset(void *target, int byte, size_t size)
{
	void *place = target;
	size_t words = size / 8, rest = size % 8;
	uint64_t pattern = (uint8_t)byte * 0x0101010101010101ULL;

	__asm__ volatile("rep stosq\n\tmov %2, %0\n\trep stosb"
			 : "+c"(words), "+D"(place)
			 : "r"(rest), "a"(pattern)
			 : "memory");
	return target;
}

RUNTIME int memcmp(const void *left, const void *right, size_t size)
{
	const uint8_t *a = left, *b = right;

	for (; size >= 8; size -= 8, a += 8, b += 8) {
		uint64_t x, y;

		__builtin_memcpy(&x, a, 8);
		__builtin_memcpy(&y, b, 8);
		if (x != y) /* the first differing byte becomes the highest */
			return __builtin_bswap64(x) < __builtin_bswap64(y) ? -1 : 1;
	}
	for (; size > 0; size--, a++, b++)
		if (*a != *b)
			return *a - *b;
	return 0;
}
#endif
