/* SPDX-License-Identifier: Apache-2.0 OR GPL-2.0-only */
/*
 * Device Path to Text and from Text (UEFI 2.10, 10.6). How a number is printed is free, so what is held here is what a text
 * means, and that a node's text means that node again.
 */
#include "efi_protocols.h"
#include "protocol_kit.h"

void text_assertions(void);

static const efi_guid_bytes to_text_guid = GUID(0x8b843e20, 0x8132, 0x4852, 0x90, 0xcc, 0x55, 0x1a, 0x4e, 0x4a, 0x7f, 0x1c);
static const efi_guid_bytes from_text_guid = GUID(0x05c99a21, 0xc70f, 0x4ad2, 0x8a, 0x5f, 0x35, 0xdf, 0x33, 0x43, 0xf5, 0x1e);
static device_path_text *to_text, *from_text;

#define BYTES(...) (const uint8_t[]){__VA_ARGS__}

/* A node's text (10.6.1.6), and its bytes (10.3). */
static const struct {
	const char *id, *back_id;
	const efi_char16 *text;
	const uint8_t *bytes;
} nodes[] = {
#define NODE(name, text, ...) {"paths.from-text." name, "paths.to-text." name, u##text, BYTES(__VA_ARGS__)}
	NODE("pci", "Pci(0x1F,0x2)", 1, 1, 6, 0, 2, 0x1f),
	NODE("pc-card", "PcCard(0x3)", 1, 2, 5, 0, 3),
	NODE("memory-mapped", "MemoryMapped(0xB,0x1000,0x1FFF)", 1, 3, 24, 0, 0xb, 0, 0, 0, 0, 0x10, 0, 0, 0, 0, 0, 0, 0xff, 0x1f, 0,
	     0, 0, 0, 0, 0),
	NODE("hardware-vendor", "VenHw(0B7E5C11-2F3D-414A-9E60-27D14C8AF395,0102)", 1, 4, 22, 0, 0x11, 0x5c, 0x7e, 0x0b, 0x3d, 0x2f,
	     0x4a, 0x41, 0x9e, 0x60, 0x27, 0xd1, 0x4c, 0x8a, 0xf3, 0x95, 1, 2),
	NODE("controller", "Ctrl(0x7)", 1, 5, 8, 0, 7, 0, 0, 0),
	NODE("pci-root", "PciRoot(0x1)", 2, 1, 12, 0, 0xd0, 0x41, 0x03, 0x0a, 1, 0, 0, 0),
	NODE("acpi", "Acpi(PNP0501,0x2)", 2, 1, 12, 0, 0xd0, 0x41, 0x01, 0x05, 2, 0, 0, 0),
	NODE("acpi-adr", "AcpiAdr(0x80010100)", 2, 3, 8, 0, 0, 1, 1, 0x80),
	NODE("scsi", "Scsi(0x5,0x6)", 3, 2, 8, 0, 5, 0, 6, 0),
	NODE("ata", "Ata(Secondary,Slave,0x3)", 3, 1, 8, 0, 1, 1, 3, 0),
	NODE("usb", "USB(0x2,0x1)", 3, 5, 6, 0, 2, 1),
	NODE("sata", "Sata(0x1,0xFFFF,0x0)", 3, 18, 10, 0, 1, 0, 0xff, 0xff, 0, 0),
	NODE("i1394", "I1394(1234567890ABCDEF)", 3, 4, 16, 0, 0, 0, 0, 0, 0xef, 0xcd, 0xab, 0x90, 0x78, 0x56, 0x34, 0x12),
	NODE("mac", "MAC(001122334455,0x1)", 3, 11, 37, 0, 0, 0x11, 0x22, 0x33, 0x44, 0x55, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0,
	     0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 1),
	NODE("uart", "Uart(115200,8,N,1)", 3, 14, 19, 0, 0, 0, 0, 0, 0, 0xc2, 1, 0, 0, 0, 0, 0, 8, 1, 1),
	NODE("vlan", "Vlan(7)", 3, 20, 6, 0, 7, 0),
	NODE("unit", "Unit(0x4)", 3, 17, 5, 0, 4),
	NODE("message-vendor", "VenMsg(0B7E5C11-2F3D-414A-9E60-27D14C8AF395)", 3, 10, 20, 0, 0x11, 0x5c, 0x7e, 0x0b, 0x3d, 0x2f, 0x4a,
	     0x41, 0x9e, 0x60, 0x27, 0xd1, 0x4c, 0x8a, 0xf3, 0x95),
	NODE("nvme", "NVMe(0x1,08-07-06-05-04-03-02-01)", 3, 23, 16, 0, 1, 0, 0, 0, 1, 2, 3, 4, 5, 6, 7, 8),
	NODE("hard-drive-gpt", "HD(1,GPT,0B7E5C11-2F3D-414A-9E60-27D14C8AF395,0x800,0x1000)", 4, 1, 42, 0, 1, 0, 0, 0, 0, 8, 0, 0, 0, 0, 0,
	     0, 0, 0x10, 0, 0, 0, 0, 0, 0, 0x11, 0x5c, 0x7e, 0x0b, 0x3d, 0x2f, 0x4a, 0x41, 0x9e, 0x60, 0x27, 0xd1, 0x4c, 0x8a, 0xf3,
	     0x95, 2, 2),
	NODE("hard-drive-mbr", "HD(2,MBR,0x12345678,0x3F,0x100)", 4, 1, 42, 0, 2, 0, 0, 0, 0x3f, 0, 0, 0, 0, 0, 0, 0, 0, 1, 0, 0, 0, 0, 0,
	     0, 0x78, 0x56, 0x34, 0x12, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 1, 1),
	NODE("cdrom", "CDROM(0x0,0x10,0x20)", 4, 2, 24, 0, 0, 0, 0, 0, 0x10, 0, 0, 0, 0, 0, 0, 0, 0x20, 0, 0, 0, 0, 0, 0, 0),
	NODE("media-vendor", "VenMedia(0B7E5C11-2F3D-414A-9E60-27D14C8AF395)", 4, 3, 20, 0, 0x11, 0x5c, 0x7e, 0x0b, 0x3d, 0x2f, 0x4a, 0x41,
	     0x9e, 0x60, 0x27, 0xd1, 0x4c, 0x8a, 0xf3, 0x95),
	NODE("file", "\\a.b", 4, 4, 14, 0, '\\', 0, 'a', 0, '.', 0, 'b', 0, 0, 0),
	NODE("media", "Media(0B7E5C11-2F3D-414A-9E60-27D14C8AF395)", 4, 5, 20, 0, 0x11, 0x5c, 0x7e, 0x0b, 0x3d, 0x2f, 0x4a, 0x41, 0x9e,
	     0x60, 0x27, 0xd1, 0x4c, 0x8a, 0xf3, 0x95),
	NODE("offset", "Offset(0x10,0x20)", 4, 8, 24, 0, 0, 0, 0, 0, 0x10, 0, 0, 0, 0, 0, 0, 0, 0x20, 0, 0, 0, 0, 0, 0, 0),
};

static void one_by_one(void)
{
	for (unsigned i = 0; i < sizeof(nodes) / sizeof(*nodes); i++) {
		const uint8_t *bytes = nodes[i].bytes;
		uint8_t *node = CALL(text_to_path, from_text->Node)(nodes[i].text);

		check("10.6.1.6", nodes[i].id, node && memcmp(node, bytes, bytes[2]) == 0, "the text means this node");
		if (node)
			BS(FreePool)(node);
		efi_char16 *text = CALL(path_to_text, to_text->Node)(bytes, 0, 0);

		node = text ? CALL(text_to_path, from_text->Node)(text) : 0;
		check("10.6.1.6", nodes[i].back_id, node && memcmp(node, bytes, bytes[2]) == 0, "the node's text means the node");
		if (node)
			BS(FreePool)(node);
		if (text)
			BS(FreePool)(text);
	}
}

static void whole_paths(void)
{
	static const uint8_t wanted[] = {2,    1,    12, 0, 0xd0, 0x41, 0x03, 0x0a, 0, 0, 0, 0, 1, 1, 6, 0,
					 0,    0x1f, 4,  4, 14,	  0,	'\\', 0,    'a', 0, '.', 0, 'b', 0, 0, 0,
					 0x7f, 0xff, 4,  0};
	static const uint8_t instances[] = {2, 1, 12, 0, 0xd0, 0x41, 0x03, 0x0a, 0, 0, 0, 0, 0x7f, 1, 4, 0,
					    1, 1, 6,  0, 2,    1,    0x7f, 0xff, 4, 0};
	uint8_t *path = CALL(text_to_path, from_text->Path)(u"PciRoot(0x0)/Pci(0x1F,0x0)/\\a.b");

	check("10.6.4.3", "paths.from-text.path", path && memcmp(path, wanted, sizeof(wanted)) == 0,
	      "slashes part the nodes, an end node closes the path");
	if (path)
		BS(FreePool)(path);
	path = CALL(text_to_path, from_text->Path)(u"PciRoot(0x0),Pci(0x1,0x2)");
	check("10.6.1.5", "paths.from-text.instances", path && memcmp(path, instances, sizeof(instances)) == 0,
	      "commas part the instances");
	if (path)
		BS(FreePool)(path);
	path = CALL(text_to_path, from_text->Path)(u"PciRoot(0)/Pci(31,0)/\\a.b");
	check("10.6.1.3", "paths.from-text.decimal", path && memcmp(path, wanted, sizeof(wanted)) == 0,
	      "numbers are decimal or, with 0x, hexadecimal");
	if (path)
		BS(FreePool)(path);
	efi_char16 *text = CALL(path_to_text, to_text->Path)(wanted, 0, 0);

	path = text ? CALL(text_to_path, from_text->Path)(text) : 0;
	check("10.6.2.3", "paths.to-text.path", path && memcmp(path, wanted, sizeof(wanted)) == 0, "a path's text means the path");
	if (path)
		BS(FreePool)(path);
	check_status("10.6.2.3", "paths.to-text.pool", text ? BS(FreePool)(text) : EFI_NOT_FOUND, EFI_SUCCESS,
		     "the text is from the pool and the caller frees it");
	text = CALL(path_to_text, to_text->Path)(instances, 0, 0);
	path = text ? CALL(text_to_path, from_text->Path)(text) : 0;
	check("10.6.2.3", "paths.to-text.instances", path && memcmp(path, instances, sizeof(instances)) == 0,
	      "the text of several instances means them");
	if (path)
		BS(FreePool)(path);
	if (text)
		BS(FreePool)(text);
	check("10.6.2.2", "paths.to-text.null-node", CALL(path_to_text, to_text->Node)(0, 0, 0) == 0, "NULL for a NULL node");
	check("10.6.2.3", "paths.to-text.null-path", CALL(path_to_text, to_text->Path)(0, 0, 0) == 0, "NULL for a NULL path");
	check("10.6.4.2", "paths.from-text.null-node", CALL(text_to_path, from_text->Node)(0) == 0, "NULL for a NULL text");
	check("10.6.4.3", "paths.from-text.null-path", CALL(text_to_path, from_text->Path)(0) == 0, "NULL for a NULL text");
}

void text_assertions(void)
{
	if (BS(LocateProtocol)(&to_text_guid, 0, (void **)&to_text) != EFI_SUCCESS ||
	    BS(LocateProtocol)(&from_text_guid, 0, (void **)&from_text) != EFI_SUCCESS) {
		skip("10.6", "paths.text", "the firmware has not both Device Path to Text and from Text");
		return;
	}
	one_by_one();
	whole_paths();
}
