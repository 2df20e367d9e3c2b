/* SPDX-License-Identifier: Apache-2.0 OR GPL-2.0-only */
/* What the parts of the group `events` share. */
#ifndef VIRGIL_CONFORMANCE_EVENTS_H
#define VIRGIL_CONFORMANCE_EVENTS_H

#include "conformance.h"

/* The contexts, as numbers, that notification functions were called with, in order. */
extern int called[32];
extern int calls;

/* A notification function that puts its context into `called`. */
void EFIAPI record(efi_event event, void *context);
efi_event make_event(uint32_t type, uint64_t tpl, efi_notify function, int number);
/* Whether there were `count` notifications, of these contexts. */
int was_called(int count, int first, int second, int third);

void timers(void);
void event_groups(void);

#endif
