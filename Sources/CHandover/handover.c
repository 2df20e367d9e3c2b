/* SPDX-License-Identifier: Apache-2.0 OR GPL-2.0-only */
#include "virgil_blob.h"
#include "virgil_runtime.h"

_Static_assert(sizeof(struct virgil_handover) == 32, "handover header");
_Static_assert(sizeof(struct virgil_range_record) == 24, "range record");
_Static_assert(sizeof(struct virgil_image_record) == 64, "image record");
_Static_assert(sizeof(struct virgil_memory_record) == 48, "memory record");
_Static_assert(sizeof(struct virgil_table_record) == 32, "table record");
_Static_assert(sizeof(struct virgil_console_record) == 48, "console record");
_Static_assert(sizeof(struct virgil_secure_boot_record) == 16, "secure boot record");
_Static_assert(sizeof(struct virgil_verified_record) == 56, "verified record");
_Static_assert(sizeof(struct virgil_blob_header) == 0x88, "blob header");
_Static_assert(__builtin_offsetof(struct virgil_blob_header, carried_offset) == 0x40, "carried_offset");
_Static_assert(sizeof(struct virgil_runtime_header) == 64, "runtime header");
