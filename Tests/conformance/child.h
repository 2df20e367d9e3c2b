/* SPDX-License-Identifier: Apache-2.0 OR GPL-2.0-only */
/*
 * What the group "images" and the image it loads (child.c) tell each other. The child's LoadOptions point at its orders, as
 * the orders of a program that is one with its parent may.
 */
#ifndef VIRGIL_CONFORMANCE_CHILD_H
#define VIRGIL_CONFORMANCE_CHILD_H

#include "efi_types.h"

typedef struct child_orders {
	enum { CHILD_RETURN, CHILD_EXIT, CHILD_EXIT_PARENT, CHILD_OPEN, CHILD_NEST } what;
	efi_status status; /* to return, or to exit with */
	int exit_data;     /* exit with data */
	int unload;	   /* offer an Unload function */
	efi_handle target; /* CHILD_EXIT_PARENT: whose Exit is tried; CHILD_OPEN: where `protocol` is opened EXCLUSIVE */
	const efi_guid_bytes *protocol;
	/* CHILD_NEST: the file of the grandchild, which gets the orders that follow */
	void *file;
	uint64_t size;
	struct child_orders *grandchild;

	/* What the child saw. */
	int runs, unloads;
	efi_handle handle, parent, unloaded;
	void *system_table;
	int relocated, zeroed;
	efi_status result; /* of what it was told to do */
	efi_status unload_status; /* what its Unload function is to return */
} child_orders;

/* What exit data start with. */
#define EXIT_TEXT u"the child's reason"

#endif
