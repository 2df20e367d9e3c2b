/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * The integer types of the headers that the kernel shares with the EFI
 * emulator: virgil_handover.h and virgil_blob.h.
 */
#ifndef VIRGIL_TYPES_H
#define VIRGIL_TYPES_H

#include <linux/types.h>

#define VIRGIL_U8 __u8
#define VIRGIL_U32 __u32
#define VIRGIL_U64 __u64

#endif
