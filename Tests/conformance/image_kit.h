/* SPDX-License-Identifier: Apache-2.0 OR GPL-2.0-only */
/* The child as bytes (child.c), and how the group "images" loads and starts it. */
#ifndef VIRGIL_CONFORMANCE_IMAGE_KIT_H
#define VIRGIL_CONFORMANCE_IMAGE_KIT_H

#include "child.h"
#include "protocol_kit.h"

extern const uint8_t child_file[], child_file_end[];
#define CHILD_SIZE ((uint64_t)(child_file_end - child_file))

/* A copy of the child in pool memory, to be changed and freed. */
uint8_t *copy_child(void);

/* Where the PE header and the optional header of a copy are. */
static inline uint8_t *pe_header(uint8_t *file) { return file + *(uint32_t *)(file + 0x3c); }
static inline uint8_t *optional_header(uint8_t *file) { return pe_header(file) + 24; }
#define SUBSYSTEM(file) (*(uint16_t *)(optional_header(file) + 68))
#define SIZE_OF_IMAGE(file) (*(uint32_t *)(optional_header(file) + 56))
/* Data directory 5: address and size of the base relocations. */
#define RELOCATIONS(file) ((uint32_t *)(optional_header(file) + 112 + 5 * 8))
enum { EFI_APPLICATION = 10, EFI_BOOT_SERVICE_DRIVER = 11, EFI_RUNTIME_DRIVER = 12 };

/* LoadImage from a buffer; NULL when it fails. */
efi_handle load(const void *file, uint64_t size);
/* The child with another subsystem. */
efi_handle load_as(uint16_t subsystem);

EFI_LOADED_IMAGE_PROTOCOL *loaded_image(efi_handle handle);
void give_orders(efi_handle handle, child_orders *orders);

/* StartImage without exit data. */
efi_status run(efi_handle handle, child_orders *orders);

void load_assertions(void);
void path_assertions(void);
void start_assertions(void);
void unload_assertions(void);

#endif
