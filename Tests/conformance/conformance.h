/* SPDX-License-Identifier: Apache-2.0 OR GPL-2.0-only */
/*
 * What the groups of the conformance suite share. A group is an EFI application of its own: conformance.c has its entry
 * point, group_NAME.c (and group_NAME-PART.c) its assertions. Nothing here knows of Virgil.
 *
 * Each assertion names the section of UEFI 2.10 it comes from, has an id of its own, and says in one line what the
 * specification says. Where the specification leaves freedom there is no assertion.
 */
#ifndef VIRGIL_CONFORMANCE_H
#define VIRGIL_CONFORMANCE_H

#include "application.h"
#include "efi_types.h"

extern efi_handle image;
extern EFI_SYSTEM_TABLE *st;

/* The group's assertions. Implemented by the group. */
void run_group(void);

/* One assertion: its section ("7.2.1"), its id ("memory.allocate-pages.zero-count"), whether it holds, what is specified. */
void check(const char *section, const char *id, _Bool ok, const char *text);

/* An assertion on a status, or on one of two; on failure both sides are printed. */
void check_status(const char *section, const char *id, efi_status got, efi_status wanted, const char *text);
void check_status2(const char *section, const char *id, efi_status got, efi_status a, efi_status b, const char *text);

/* An assertion on a number; on failure both sides are printed. */
void check_equal(const char *section, const char *id, uint64_t got, uint64_t wanted, const char *text);

/* An assertion that cannot be made here, and why. */
void skip(const char *section, const char *id, const char *reason);

/*
 * An assertion that the machine is reset now: the report's end, and no other line may follow. When it has not come,
 * missed_reset() says what is specified.
 */
void expect_reset(const char *section, const char *id);
void missed_reset(const char *text);

/* Free text, for a log's reader: a line that is no assertion. */
void note(const char *text);

/* To be called when the boot services, and with them the console, are gone: what follows goes to QEMU's serial port. */
void leave_console(void);

void *memset(void *to, int value, size_t count);
void *memcpy(void *to, const void *from, size_t count);
int memcmp(const void *a, const void *b, size_t count);

static inline int same_guid(const efi_guid_bytes *a, const efi_guid_bytes *b)
{
	return memcmp(a, b, sizeof(*a)) == 0;
}

#endif
