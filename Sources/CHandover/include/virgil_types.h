/* SPDX-License-Identifier: Apache-2.0 OR GPL-2.0-only */
/*
 * The integer types of virgil_handover.h and virgil_blob.h, outside of the kernel. In its tree,
 * another header of this name stands beside these two.
 */
#ifndef VIRGIL_TYPES_H
#define VIRGIL_TYPES_H

#include <stdint.h>

#define VIRGIL_U8 uint8_t
#define VIRGIL_U32 uint32_t
#define VIRGIL_U64 uint64_t

#endif
