/* SPDX-License-Identifier: Apache-2.0 OR GPL-2.0-only */
/* Device Path Utilities Protocol (UEFI 2.10, 10.5), where the firmware has one. */
#include "efi_protocols.h"
#include "protocol_kit.h"

void text_assertions(void);

static const efi_guid_bytes utilities_guid = GUID(0x0379be4e, 0xd706, 0x437d, 0xb0, 0x37, 0xed, 0xb8, 0x2f, 0xb7, 0x72, 0xa4);
static device_path_utilities *utilities;

static const uint8_t end_path[] = {0x7f, 0xff, 4, 0};
static uint8_t first[128], second[128], expected[256];

/* Checks a path that a utility has made, and frees it. */
static void made(const char *section, const char *id, void *path, const void *wanted, uint64_t size, const char *text)
{
	check(section, id, path != 0 && memcmp(path, wanted, size) == 0, text);
	if (path)
		BS(FreePool)(path);
}

static void sizes(void)
{
	make_path(first, "ab");
	check_equal("10.5.2", "paths.size", CALL(path_size, utilities->GetDevicePathSize)(first), 2 * NODE_SIZE + END_SIZE,
		    "the size with the end-of-path node");
	check_equal("10.5.2", "paths.size-of-end", CALL(path_size, utilities->GetDevicePathSize)(end_path), END_SIZE,
		    "an empty path has its end node");
	check_equal("10.5.2", "paths.size-of-null", CALL(path_size, utilities->GetDevicePathSize)(0), 0, "zero for a NULL path");
	put_end(put_node(put_end(put_node(first, 'a'), 1), 'b'), 0xff);
	check_equal("10.5.2", "paths.size-of-instances", CALL(path_size, utilities->GetDevicePathSize)(first),
		    2 * NODE_SIZE + 2 * END_SIZE, "all instances count");
	check_equal("10.5.9", "paths.is-multi-instance", CALL(path_is, utilities->IsDevicePathMultiInstance)(first), 1,
		    "TRUE for more than one instance");
	make_path(first, "ab");
	check_equal("10.5.9", "paths.is-single-instance", CALL(path_is, utilities->IsDevicePathMultiInstance)(first), 0,
		    "FALSE for one instance");
	check_equal("10.5.9", "paths.is-null", CALL(path_is, utilities->IsDevicePathMultiInstance)(0), 0, "FALSE for a NULL path");
}

static void copies(void)
{
	make_path(first, "ab");
	make_path(second, "c");
	void *copy = CALL(path_of_path, utilities->DuplicateDevicePath)(first);

	check("10.5.3", "paths.duplicate-elsewhere", copy != 0 && copy != first, "the duplicate is elsewhere");
	made("10.5.3", "paths.duplicate", copy, first, 2 * NODE_SIZE + END_SIZE, "a duplicate of the path");
	check("10.5.3", "paths.duplicate-null", CALL(path_of_path, utilities->DuplicateDevicePath)(0) == 0,
	      "NULL for a NULL path");

	make_path(expected, "abc");
	made("10.5.4", "paths.append", CALL(path_of_two, utilities->AppendDevicePath)(first, second), expected,
	     3 * NODE_SIZE + END_SIZE, "the second path is appended to the first");
	made("10.5.4", "paths.append-to-null", CALL(path_of_two, utilities->AppendDevicePath)(0, second), second,
	     NODE_SIZE + END_SIZE, "Src1 is NULL: a duplicate of Src2");
	made("10.5.4", "paths.append-null", CALL(path_of_two, utilities->AppendDevicePath)(first, 0), first,
	     2 * NODE_SIZE + END_SIZE, "Src2 is NULL: a duplicate of Src1");
	made("10.5.4", "paths.append-nulls", CALL(path_of_two, utilities->AppendDevicePath)(0, 0), end_path, END_SIZE,
	     "both are NULL: an end-of-path node");

	made("10.5.5", "paths.append-node", CALL(path_of_two, utilities->AppendDeviceNode)(first, second), expected,
	     3 * NODE_SIZE + END_SIZE, "the node is appended");
	made("10.5.5", "paths.append-node-to-null", CALL(path_of_two, utilities->AppendDeviceNode)(0, second), second,
	     NODE_SIZE + END_SIZE, "DevicePath is NULL: the node, and an end");
	made("10.5.5", "paths.append-null-node", CALL(path_of_two, utilities->AppendDeviceNode)(first, 0), first,
	     2 * NODE_SIZE + END_SIZE, "DeviceNode is NULL: a copy of DevicePath");
	made("10.5.5", "paths.append-no-node", CALL(path_of_two, utilities->AppendDeviceNode)(0, 0), end_path, END_SIZE,
	     "both are NULL: an end-of-path node");
}

static void instances(void)
{
	uint64_t size = 0;

	make_path(first, "ab");
	make_path(second, "c");
	put_end(put_node(put_end(put_node(put_node(expected, 'a'), 'b'), 1), 'c'), 0xff);
	made("10.5.6", "paths.append-instance", CALL(path_of_two, utilities->AppendDevicePathInstance)(first, second), expected,
	     3 * NODE_SIZE + 2 * END_SIZE, "the instance comes behind an end-of-instance node");
	made("10.5.6", "paths.append-instance-to-null", CALL(path_of_two, utilities->AppendDevicePathInstance)(0, second), second,
	     NODE_SIZE + END_SIZE, "DevicePath is NULL: the instance alone");
	check("10.5.6", "paths.append-null-instance", CALL(path_of_two, utilities->AppendDevicePathInstance)(first, 0) == 0,
	      "NULL when DevicePathInstance is NULL");

	void *at = expected;

	made("10.5.7", "paths.next-instance", CALL(path_next, utilities->GetNextDevicePathInstance)(&at, &size), first,
	     2 * NODE_SIZE + END_SIZE, "a copy of the first instance, with an end of path");
	check_equal("10.5.7", "paths.next-instance-size", size, 2 * NODE_SIZE + END_SIZE, "its size, with the end node");
	check("10.5.7", "paths.next-instance-moves", at == expected + 2 * NODE_SIZE + END_SIZE,
	      "the pointer moves to the next instance");
	made("10.5.7", "paths.last-instance", CALL(path_next, utilities->GetNextDevicePathInstance)(&at, &size), second,
	     NODE_SIZE + END_SIZE, "the next call gives the next instance");
	check("10.5.7", "paths.last-instance-moves", at == 0, "behind the last instance the pointer is NULL");
	check("10.5.7", "paths.no-instance", CALL(path_next, utilities->GetNextDevicePathInstance)(&at, &size) == 0,
	      "NULL for a NULL path");
}

static void nodes(void)
{
	uint8_t *node = CALL(path_node, utilities->CreateDeviceNode)(1, 4, 24);

	check("10.5.8", "paths.create-node", node && node[0] == 1 && node[1] == 4 && node[2] == 24 && node[3] == 0,
	      "type, sub-type and length are set");
	check_status("10.5.8", "paths.create-node-pool", node ? BS(FreePool)(node) : EFI_NOT_FOUND, EFI_SUCCESS,
		     "the node is from the pool and the caller frees it");
	check("10.5.8", "paths.create-short-node", CALL(path_node, utilities->CreateDeviceNode)(1, 4, 3) == 0,
	      "NULL when the length is less than the header's");
}

void run_group(void)
{
	if (BS(LocateProtocol)(&utilities_guid, 0, (void **)&utilities) != EFI_SUCCESS) {
		check("10.5.1", "paths.utilities", 0, "2.6.2: a platform that supports device paths has the utilities");
	} else {
		sizes();
		copies();
		instances();
		nodes();
	}
	text_assertions();
}
