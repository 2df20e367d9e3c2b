/* SPDX-License-Identifier: Apache-2.0 OR GPL-2.0-only */
/* Drivers that the suite installs itself (UEFI 2.10, 11.1), and a record of what they are asked. */
#ifndef VIRGIL_CONFORMANCE_DRIVER_KIT_H
#define VIRGIL_CONFORMANCE_DRIVER_KIT_H

#include "protocol_kit.h"

typedef struct driver {
	/* First: the interface's address is the driver's. */
	EFI_DRIVER_BINDING_PROTOCOL binding;
	char name;
	const efi_guid_bytes *manages;
	/* Children that Start() makes, and those there are. */
	unsigned makes;
	efi_handle children[2];
	/* Whether it takes no controller, cannot start, cannot stop. */
	int refuses, fails, stays;
	const void *remaining;
	uint8_t remaining_type;
	uint64_t stopped_children;
} driver;

/* The protocol that children get; their driver manages it. */
#define CHILD_MARK mark_c

/* Calls in their order: name of the driver, then '?' for Supported, '+' for Start, '-' for Stop; a refused Supported is none. */
extern char calls[64];
void forget_calls(void);

/* Whether the calls so far are exactly these. Forgets them. */
int called(const char *expected);

void install_driver(driver *driver, char name, uint32_t version, const efi_guid_bytes *manages);
void remove_driver(driver *driver);

/* Whether the driver has the controller's protocol open BY_DRIVER. */
int is_managing(driver *driver, efi_handle controller);

void override_assertions(void);

#endif
