/* SPDX-License-Identifier: Apache-2.0 OR GPL-2.0-only */
/*
 * What Swift cannot say about a machine: the start, its page tables, exceptions, the heap, and instructions that
 * have no Swift name. One header for both architectures; the instructions are in virgil_aarch64.h and
 * virgil_x86_64.h.
 */
#ifndef VIRGIL_PLATFORM_H
#define VIRGIL_PLATFORM_H

#include <stddef.h>
#include <stdint.h>

#include "virgil_exception.h"

/* How the emulator was entered: the first argument of virgil_main(). */
enum virgil_entry_kind {
	VIRGIL_ENTRY_CARRIED = 0,  /* by the Linux boot protocol: the argument is a device tree or boot_params */
	VIRGIL_ENTRY_RESIDENT = 1, /* by our loader: the argument is the handover block */
};

/*
 * Implemented by the emulator, in Swift: called once the image is relocated, mapped W^X, on its own stack, with
 * caches, FP and exceptions working and the early heap in place. Returning from it resets the machine.
 */
void virgil_main(uint64_t entry_kind, uint64_t argument);

/* Implemented by Platform, in Swift. */
int32_t virgil_exception(struct virgil_exception_frame *frame);
void virgil_console_write(uint8_t byte);
_Noreturn void virgil_stop(const char *message);

/* Resets the machine without any configuration: what is left when nothing else works. */
_Noreturn void virgil_reset(void);

static inline size_t virgil_strlen(const char *string) { return __builtin_strlen(string); }

/* Where the image and its parts lie; 0 in a hosted build. The parts are those of targets/emulator.ld. */
struct virgil_image_layout {
	uint64_t image_start, image_end;
	uint64_t text_end;     /* text is [image_start, text_end) */
	uint64_t rodata_end;   /* constants are [text_end, rodata_end) */
	uint64_t file_end;     /* data is [rodata_end, file_end) */
	uint64_t runtime_start, runtime_end;
	uint64_t stack_guard;  /* one unmapped page; the stack follows it */
	uint64_t stack_top;
};
struct virgil_image_layout virgil_image_layout(void);

/*
 * The table the CPU walks now, and pages of .bss for more tables: a page's address, or 0 when none is left.
 */
uint64_t virgil_root_table(void);
uint64_t virgil_take_static_table(void);

/*
 * Unpacks an LZ4 block of size bytes into exactly capacity bytes, which must not overlap it. Returns 0 when the block is
 * damaged or holds more or less; nothing beyond either buffer is touched.
 */
int virgil_unpack(const uint8_t *block, uint64_t size, uint8_t *contents, uint64_t capacity);

/* In size bytes of unpacked text, makes the targets of calls relative to the calls (branches.c). */
void virgil_relative_branches_aarch64(uint8_t *text, uint64_t size);
void virgil_relative_branches_x86_64(uint8_t *text, uint64_t size);

/* The heap: see heap.c. */
void virgil_heap_add(void *base, size_t size);
size_t virgil_heap_free_bytes(void);
void *virgil_heap_allocate(size_t size, size_t alignment);
void virgil_heap_release(void *pointer);
/* Called with what is wrong and the pointer in question. When it returns, the operation is dropped. */
void virgil_heap_set_failure_handler(void (*handler)(const char *what, const void *pointer));

/* Memory that is a device's: one access of exactly that width. */
static inline uint8_t virgil_read8(uint64_t address) { return *(volatile uint8_t *)(uintptr_t)address; }
static inline uint32_t virgil_read32(uint64_t address) { return *(volatile uint32_t *)(uintptr_t)address; }
static inline uint64_t virgil_read64(uint64_t address) { return *(volatile uint64_t *)(uintptr_t)address; }
static inline void virgil_write8(uint64_t address, uint8_t value) { *(volatile uint8_t *)(uintptr_t)address = value; }
static inline void virgil_write32(uint64_t address, uint32_t value)
{
	*(volatile uint32_t *)(uintptr_t)address = value;
}
static inline void virgil_write64(uint64_t address, uint64_t value)
{
	*(volatile uint64_t *)(uintptr_t)address = value;
}

#if defined(__aarch64__)
#include "virgil_aarch64.h"
#elif defined(__x86_64__)
#include "virgil_x86_64.h"
#else
#error "Virgil runs on AArch64 and x86-64"
#endif

#endif
