/* SPDX-License-Identifier: Apache-2.0 OR GPL-2.0-only */
/* LoadImage from a buffer (UEFI 2.10, 7.4.1): what an image's handle says, and what is no image. */
#include "image_kit.h"

/* How many images there are. */
static uint64_t images(void)
{
	efi_handle *handles = 0;
	uint64_t count = 0;

	if (BS(LocateHandleBuffer)(ByProtocol, &loaded_image_guid, 0, &count, &handles) == EFI_SUCCESS)
		BS(FreePool)(handles);
	return count;
}

/* The type of the memory at an address. */
static uint32_t memory_type(void *address)
{
	uint64_t size = 0, key, descriptor_size = 0;
	uint32_t version, type = EfiMaxMemoryType;
	uint8_t *map = 0;

	BS(GetMemoryMap)(&size, 0, &key, &descriptor_size, &version);
	size += 8 * descriptor_size;
	if (BS(AllocatePool)(EfiLoaderData, size, (void **)&map) != EFI_SUCCESS)
		return type;
	if (BS(GetMemoryMap)(&size, map, &key, &descriptor_size, &version) == EFI_SUCCESS) {
		for (uint8_t *at = map; at < map + size; at += descriptor_size) {
			efi_memory_descriptor *descriptor = (efi_memory_descriptor *)at;
			uint64_t offset = (uint64_t)address - descriptor->PhysicalStart;

			if ((uint64_t)address >= descriptor->PhysicalStart && offset < descriptor->NumberOfPages * 4096)
				type = descriptor->Type;
		}
	}
	BS(FreePool)(map);
	return type;
}

static void parameters(void)
{
	efi_handle handle = 0;

	check_status("7.4.1", "images.load.null-parent",
		     BS(LoadImage)(0, 0, 0, (void *)child_file, CHILD_SIZE, &handle), EFI_INVALID_PARAMETER,
		     "ParentImageHandle is NULL");
	check_status("7.4.1", "images.load.null-handle", BS(LoadImage)(0, image, 0, (void *)child_file, CHILD_SIZE, 0),
		     EFI_INVALID_PARAMETER, "ImageHandle is NULL");
	/* EDK2 says INVALID_PARAMETER; the specification has this case under NOT_FOUND. */
	check_status("7.4.1", "images.load.nothing", BS(LoadImage)(0, image, 0, 0, 0, &handle), EFI_NOT_FOUND,
		     "both SourceBuffer and DevicePath are NULL");
	check_status2("7.4.1", "images.load.no-bytes", BS(LoadImage)(0, image, 0, (void *)child_file, 0, &handle),
		      EFI_LOAD_ERROR, EFI_INVALID_PARAMETER, "a buffer of no bytes is no image");
}

static void handle_of_an_image(void)
{
	uint64_t before = images();
	efi_handle handle = 0;

	check_status("7.4.1", "images.load.buffer", BS(LoadImage)(0, image, 0, (void *)child_file, CHILD_SIZE, &handle),
		     EFI_SUCCESS, "an image is loaded from a buffer");
	EFI_LOADED_IMAGE_PROTOCOL *loaded = handle ? loaded_image(handle) : 0;

	check("7.4.1", "images.load.loaded-image", loaded != 0, "the handle has the Loaded Image Protocol");
	if (!loaded)
		return;
	check_equal("7.4.1", "images.load.one-handle", images(), before + 1, "one handle is created");
	check_equal("9.1.1", "images.load.revision", loaded->Revision, 0x1000, "EFI_LOADED_IMAGE_PROTOCOL_REVISION");
	check("9.1.1", "images.load.parent", loaded->ParentHandle == image, "ParentHandle is the parent");
	check("9.1.1", "images.load.system-table", loaded->SystemTable == st, "SystemTable is there");
	check_equal("9.1.1", "images.load.size", loaded->ImageSize, SIZE_OF_IMAGE((uint8_t *)child_file), "ImageSize is SizeOfImage");
	check_equal("9.1.1", "images.load.code-type", loaded->ImageCodeType, EfiLoaderCode, "an application's code is EfiLoaderCode");
	check_equal("9.1.1", "images.load.data-type", loaded->ImageDataType, EfiLoaderData, "an application's data are EfiLoaderData");
	check("9.1.1", "images.load.no-device", loaded->DeviceHandle == 0, "loaded from a buffer without a path: no device");
	check("9.1.1", "images.load.no-options", loaded->LoadOptions == 0 && loaded->LoadOptionsSize == 0,
	      "no load options until somebody gives some");
	check("9.1.1", "images.load.no-unload", loaded->Unload == 0, "no Unload function until the image gives one");
	check_equal("7.2.1", "images.load.memory", memory_type(loaded->ImageBase), EfiLoaderCode,
		    "an application's code lies in EfiLoaderCode");
	check("7.4.1", "images.load.headers", ((uint8_t *)loaded->ImageBase)[0] == 'M' && ((uint8_t *)loaded->ImageBase)[1] == 'Z',
	      "the headers lie at ImageBase");
	void *path = INTERFACE(7);

	check_status("9.2.1", "images.load.device-path", BS(HandleProtocol)(handle, &loaded_image_path_guid, &path), EFI_SUCCESS,
		     "the handle has the Loaded Image Device Path Protocol");
	check("9.2.1", "images.load.device-path-null", path == 0, "loaded without a path: its interface is NULL");
	efi_handle second = load(child_file, CHILD_SIZE);

	check("7.4.1", "images.load.second", second != 0 && second != handle && loaded_image(second) != loaded &&
						    loaded_image(second)->ImageBase != loaded->ImageBase,
	      "the same file again is another image");
	BS(UnloadImage)(second);
	BS(UnloadImage)(handle);
	check_equal("7.4.3", "images.load.unloaded", images(), before, "unloaded, the handles are gone");
}

static void memory_types(void)
{
	static const struct {
		uint16_t subsystem;
		const char *code_id, *memory_id;
		uint32_t code;
	} kinds[] = {
		{EFI_BOOT_SERVICE_DRIVER, "images.load.driver-code-type", "images.load.driver-memory", EfiBootServicesCode},
		{EFI_RUNTIME_DRIVER, "images.load.runtime-code-type", "images.load.runtime-memory", EfiRuntimeServicesCode},
	};

	for (unsigned i = 0; i < 2; i++) {
		efi_handle handle = load_as(kinds[i].subsystem);
		EFI_LOADED_IMAGE_PROTOCOL *loaded = handle ? loaded_image(handle) : 0;

		check_equal("9.1.1", kinds[i].code_id, loaded ? loaded->ImageCodeType : EfiMaxMemoryType, kinds[i].code,
			    "a driver's code is of its own kind");
		check_equal("7.2.1", kinds[i].memory_id, loaded ? memory_type(loaded->ImageBase) : EfiMaxMemoryType,
			    kinds[i].code, "a driver's code lies in memory of its own kind");
		if (handle)
			BS(UnloadImage)(handle);
	}
}

/* Loads a changed copy, which must be refused. */
static void refuse(const char *id, uint8_t *copy, uint64_t size, efi_status a, efi_status b, const char *text)
{
	uint64_t before = images();
	efi_handle handle = 0;
	efi_status status = BS(LoadImage)(0, image, 0, copy, size, &handle);

	if (status == EFI_SUCCESS)
		BS(UnloadImage)(handle);
	if (status != EFI_SUCCESS && images() != before)
		check("7.4.1", id, 0, "a refused image leaves no handle");
	else
		check_status2("7.4.1", id, status, a, b, text);
	BS(FreePool)(copy);
}

static void no_images(void)
{
	uint8_t *copy = copy_child();

	*(uint16_t *)(pe_header(copy) + 4) = 0x200; /* Itanium */
	refuse("images.load.other-machine", copy, CHILD_SIZE, EFI_UNSUPPORTED, EFI_UNSUPPORTED, "the image type is not supported");
	copy = copy_child();
	SUBSYSTEM(copy) = 3; /* Windows, character mode */
	refuse("images.load.other-subsystem", copy, CHILD_SIZE, EFI_UNSUPPORTED, EFI_UNSUPPORTED,
	       "the image type is not supported");
	copy = copy_child();
	memset(copy, 0x5a, CHILD_SIZE);
	refuse("images.load.garbage", copy, CHILD_SIZE, EFI_LOAD_ERROR, EFI_UNSUPPORTED, "the format is not understood");
	refuse("images.load.headers-only", copy_child(), 0x400, EFI_LOAD_ERROR, EFI_UNSUPPORTED, "the image is corrupt");
	refuse("images.load.cut", copy_child(), CHILD_SIZE / 2, EFI_LOAD_ERROR, EFI_UNSUPPORTED, "the image is corrupt");
	refuse("images.load.64-bytes", copy_child(), 64, EFI_LOAD_ERROR, EFI_UNSUPPORTED, "the image is corrupt");
	copy = copy_child();
	*(uint32_t *)(copy + 0x3c) = 0x7ffffff0;
	refuse("images.load.pe-header-outside", copy, CHILD_SIZE, EFI_LOAD_ERROR, EFI_UNSUPPORTED, "the image is corrupt");
	copy = copy_child();
	pe_header(copy)[0] = 'X';
	refuse("images.load.no-signature", copy, CHILD_SIZE, EFI_LOAD_ERROR, EFI_UNSUPPORTED, "the format is not understood");
	copy = copy_child();
	RELOCATIONS(copy)[1] = 0x7fffffff;
	refuse("images.load.relocations-outside", copy, CHILD_SIZE, EFI_LOAD_ERROR, EFI_UNSUPPORTED, "the image is corrupt");
}

/* The relocations' place in the file: that of the section that holds their address. */
static uint32_t *relocation_block(uint8_t *copy)
{
	uint16_t sections = *(uint16_t *)(pe_header(copy) + 6), optional = *(uint16_t *)(pe_header(copy) + 20);
	uint32_t address = RELOCATIONS(copy)[0];

	for (unsigned i = 0; i < sections; i++) {
		uint32_t *section = (uint32_t *)(optional_header(copy) + optional + 40 * i);

		if (address >= section[3] && address - section[3] < section[4])
			return (uint32_t *)(copy + section[5] + (address - section[3]));
	}
	return 0;
}

static void relocations(void)
{
	uint8_t *copy = copy_child();
	uint32_t *block = relocation_block(copy);

	check("7.4.1", "images.load.has-relocations", block != 0 && block[1] > 8, "the child has relocations to spoil");
	if (!block)
		return;
	block[1] = 0x10000000;
	refuse("images.load.relocation-block-size", copy, CHILD_SIZE, EFI_LOAD_ERROR, EFI_UNSUPPORTED, "the image is corrupt");
	copy = copy_child();
	block = relocation_block(copy);
	block[0] = 0x40000000;
	refuse("images.load.relocation-target", copy, CHILD_SIZE, EFI_LOAD_ERROR, EFI_UNSUPPORTED, "the image is corrupt");
	copy = copy_child();
	block = relocation_block(copy);
	*(uint16_t *)(block + 2) = 0xe000 | (*(uint16_t *)(block + 2) & 0xfff);
	refuse("images.load.relocation-type", copy, CHILD_SIZE, EFI_LOAD_ERROR, EFI_UNSUPPORTED, "the format is not understood");
}

void load_assertions(void)
{
	parameters();
	handle_of_an_image();
	memory_types();
	no_images();
	relocations();
}
