/* SPDX-License-Identifier: Apache-2.0 OR GPL-2.0-only */
/*
 * The first map, made before Swift runs: the image, W^X by its parts, and the argument. All of it in 4 KiB pages, so
 * that no entry which maps the emulator itself ever has to be broken up. Swift extends the same tables later.
 */
#ifndef VIRGIL_STAGE1_H
#define VIRGIL_STAGE1_H

#include <stdint.h>

enum stage1_access { STAGE1_READ, STAGE1_WRITE, STAGE1_EXECUTE };

/* The architecture's encodings (AArch64/prepare.c, X86_64/prepare.c). */
uint64_t stage1_page(uint64_t address, enum stage1_access access);
uint64_t stage1_table(uint64_t address);

/*
 * Makes the map; levels is 4 or 5. What lies behind the image's head may be written: it is unpacked and relocated
 * through this map. Returns the root table's address.
 */
uint64_t stage1_build(unsigned levels, uint64_t argument, uint64_t argument_size);

/* Gives the image's parts their rights. The caller sees to the TLB. */
void stage1_seal(void);

/* unpack.c: puts what is packed behind the image's head into its place; resets the machine when it is damaged. */
void unpack_image(void);

/* The heap that is there before any RAM is handed over: room for the first objects. */
void stage1_add_early_heap(void);

/* Linker symbols. Hidden, so that no address goes through the table that is not yet relocated. */
#pragma GCC visibility push(hidden)
extern char __image_start[], __image_end[], __head_end[], __text_end[], __rodata_end[], __data_start[], __file_end[];
extern char __runtime_start[], __runtime_end[], __bss_start[], __stack_guard[], __stack_top[];
#pragma GCC visibility pop

#endif
