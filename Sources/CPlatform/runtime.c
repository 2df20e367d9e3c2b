/* SPDX-License-Identifier: Apache-2.0 OR GPL-2.0-only */
/*
 * The rest of what Embedded Swift's standard library calls: strings, the console, the heap's standard names, and
 * seeds for its hash tables. A hosted build takes all of it from the C library.
 */
#include "virgil_platform.h"

#if !defined(__linux__)
#define RUNTIME __attribute__((visibility("hidden"), used, no_builtin))

RUNTIME size_t strlen(const char *string)
{
	size_t length = 0;

	while (string[length])
		length++;
	return length;
}

RUNTIME int putchar(int byte)
{
	virgil_console_write((uint8_t)byte);
	return (unsigned char)byte;
}

RUNTIME int posix_memalign(void **out, size_t alignment, size_t size)
{
	void *pointer = virgil_heap_allocate(size, alignment);

	if (!pointer)
		return 12; /* ENOMEM */
	*out = pointer;
	return 0;
}

RUNTIME void free(void *pointer)
{
	if (pointer)
		virgil_heap_release(pointer);
}

/* splitmix64's finaliser: every input bit reaches every output bit. */
static uint64_t mixed(uint64_t value)
{
	value = (value ^ value >> 30) * 0xbf58476d1ce4e5b9ULL;
	value = (value ^ value >> 27) * 0x94d049bb133111ebULL;
	return value ^ value >> 31;
}

/* From the CPU's generator where there is one, else from its counter. */
static uint64_t random_word(void)
{
	static uint64_t state;
	uint64_t value = 0;

#if defined(__aarch64__)
	if ((virgil_read_id_aa64isar0_el1() >> 60) != 0)
		(void)virgil_rndr(&value);
#else
	if (virgil_cpuid(1, 0).ecx & 1u << 30)
		(void)virgil_rdrand(&value);
#endif
	state = mixed(state + 0x9e3779b97f4a7c15ULL + virgil_counter());
	return value ^ state;
}

/*
 * Seeds of hash tables only, whose contents nobody outside chooses at leisure: on a CPU without a generator this is
 * the counter, mixed, and no secret. EFI_RNG_PROTOCOL does not use it.
 */
RUNTIME void arc4random_buf(void *buffer, size_t size)
{
	uint8_t *bytes = buffer;

	while (size > 0) {
		uint64_t word = random_word();

		for (unsigned index = 0; index < 8 && size > 0; index++, size--, word >>= 8)
			*bytes++ = (uint8_t)word;
	}
}
#else
#include <stdlib.h>
_Noreturn void virgil_reset(void) { abort(); }
#endif
