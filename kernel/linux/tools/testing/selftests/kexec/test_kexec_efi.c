// SPDX-License-Identifier: GPL-2.0-only
/*
 * kexec_file_load() of EFI images (CONFIG_KEXEC_EFI): what is loaded, what is refused with which
 * error, and that a refusal leaves everything as it was. Nothing is ever entered.
 *
 * With CONFIG_FAULT_INJECTION_DEBUG_FS, FAILSLAB and FAIL_PAGE_ALLOC every allocation fails once;
 * with CONFIG_DEBUG_KMEMLEAK nothing may have leaked at the end. Both need debugfs to be mounted.
 *
 * Images and initrds are made here. Others are taken for the loads that succeed, and for the
 * failing allocations, by: test_kexec_efi [--image FILE] [--initrd FILE]
 */
#define _GNU_SOURCE
#include <getopt.h>
#include <stddef.h>
#include <sys/sysinfo.h>

#include "kexec_efi_faults.h"
#include "kexec_efi_images.h"
#include "kexec_efi_kernel.h"

/* COMMAND_LINE_SIZE of both architectures. */
#define LINE_SIZE	2048

static const struct errors not_executable = { { ENOEXEC } }, invalid = { { EINVAL } };

static void try_image(const char *name, const void *image, size_t size,
		      const struct errors *allowed)
{
	int fd = make_file(image, size);

	report(name, load(fd, -1, "quiet", 6, 0), allowed);
	close(fd);
}

/* Images that have one wrong field. */

#define WORD(name, field, value)	{ name, offsetof(struct headers, field), 2, value }
#define LONG(name, field, value)	{ name, offsetof(struct headers, field), 4, value }

static const struct defect {
	const char *name;
	size_t offset;
	size_t width;
	__u32 value;
} defects[] = {
	WORD("no MZ", e_magic, 0x4d5a),
	LONG("e_lfanew 0", e_lfanew, 0),
	LONG("e_lfanew not aligned", e_lfanew, 0x41),
	LONG("e_lfanew at the end of the file", e_lfanew, IMAGE_SIZE),
	LONG("e_lfanew just before the end", e_lfanew, IMAGE_SIZE - 4),
	LONG("e_lfanew beyond the file", e_lfanew, 0x10000000),
	LONG("e_lfanew negative", e_lfanew, 0x80000000),
	LONG("e_lfanew overflows", e_lfanew, 0xffffffff),
	LONG("no PE signature", signature, 0x454e),
	WORD("another machine", machine, OTHER_MACHINE),
	WORD("32-bit machine", machine, 0x14c),
	WORD("no machine", machine, 0),
	WORD("too many sections", number_of_sections, 0xffff),
	WORD("more sections than headers hold", number_of_sections, 5),
	WORD("no optional header", optional_size, 0),
	WORD("optional header cut off", optional_size, 24),
	WORD("optional header beyond the headers", optional_size, HEADERS_SIZE),
	WORD("optional header beyond the file", optional_size, 0xffff),
	WORD("PE32", magic, PE32),
	WORD("no magic", magic, 0),
	LONG("entry point 0", entry, 0),
	LONG("entry point behind the image", entry, 0x3000),
	LONG("entry point far outside", entry, 0xfffffff0),
	LONG("SizeOfImage 0", size_of_image, 0),
	LONG("SizeOfImage without the sections", size_of_image, 0x1000),
	LONG("SizeOfHeaders 0", size_of_headers, 0),
	LONG("SizeOfHeaders without the sections", size_of_headers, 0x100),
	LONG("SizeOfHeaders beyond the file", size_of_headers, IMAGE_SIZE + 1),
	LONG("SizeOfHeaders overflows", size_of_headers, 0xffffffff),
	WORD("no EFI application", subsystem, SUBSYSTEM_WINDOWS),
	WORD("no subsystem", subsystem, 0),
	LONG("section data beyond the file", data.raw_data, IMAGE_SIZE),
	LONG("section data far beyond", data.raw_data, 0xfffffe00),
	LONG("section data one byte too long", data.raw_size, SECTION_SIZE + 1),
	LONG("section data too long", text.raw_size, 0xfffffe00),
	LONG("section beyond SizeOfImage", data.virtual_address, 0x3000),
	LONG("section far beyond SizeOfImage", text.virtual_address, 0xfffff000),
	LONG("section larger than SizeOfImage", data.virtual_size, 0x1001),
	LONG("section size overflows", text.virtual_size, 0xfffff000),
};

static void test_defects(void)
{
	__u8 image[IMAGE_SIZE];

	for (size_t i = 0; i < ARRAY_LENGTH(defects); i++) {
		const struct defect *defect = &defects[i];

		make_image(image);
		/* Both architectures are little-endian. */
		memcpy(image + defect->offset, &defect->value, defect->width);
		try_image(defect->name, image, sizeof(image), &not_executable);
	}
}

static void test_too_large(void)
{
	const struct errors allowed = { { ENOMEM, EADDRNOTAVAIL } };
	const char *name = "SizeOfImage larger than memory";
	__u8 image[IMAGE_SIZE];
	struct sysinfo info;

	make_image(image);
	((struct headers *)image)->size_of_image = 0xfffff000;
	if (sysinfo(&info) || (__u64)info.totalram * info.mem_unit >= 0xfffff000)
		ksft_test_result_skip("%s: this machine has memory for all that a PE can ask for\n",
				      name);
	else
		try_image(name, image, sizeof(image), &allowed);
}

/* Files that end where something else should begin; the last lacks one byte of its last section. */
static const struct {
	const char *name;
	size_t size;
} ends[] = {
	{ "after one byte", 1 },
	{ "after MZ", 2 },
	{ "before e_lfanew", offsetof(struct headers, e_lfanew) },
	{ "in e_lfanew", offsetof(struct headers, e_lfanew) + 3 },
	{ "after the DOS header", offsetof(struct headers, signature) },
	{ "in the PE signature", offsetof(struct headers, signature) + 2 },
	{ "after the PE signature", offsetof(struct headers, machine) },
	{ "after the machine", offsetof(struct headers, number_of_sections) },
	{ "in the COFF header", offsetof(struct headers, magic) - 1 },
	{ "after the COFF header", offsetof(struct headers, magic) },
	{ "after the optional header's magic", offsetof(struct headers, linker) },
	{ "before SizeOfImage", offsetof(struct headers, size_of_image) },
	{ "before the subsystem", offsetof(struct headers, subsystem) },
	{ "before the data directories", offsetof(struct headers, directories) },
	{ "in the data directories", offsetof(struct headers, text) - 1 },
	{ "before the section table", offsetof(struct headers, text) },
	{ "in the first section header", offsetof(struct headers, data) - 1 },
	{ "before the second section header", offsetof(struct headers, data) },
	{ "after the section table", sizeof(struct headers) },
	{ "in the headers' padding", HEADERS_SIZE - 1 },
	{ "after the headers", HEADERS_SIZE },
	{ "after the first section", HEADERS_SIZE + SECTION_SIZE },
	{ "in the last byte", IMAGE_SIZE - 1 },
};

static void test_truncated(void)
{
	__u8 image[IMAGE_SIZE];
	char name[64];

	make_image(image);
	for (size_t i = 0; i < ARRAY_LENGTH(ends); i++) {
		snprintf(name, sizeof(name), "cut off %s", ends[i].name);
		try_image(name, image, ends[i].size, &not_executable);
	}
}

static void test_no_pe(void)
{
	__u8 file[4096];

	memset(file, 0, sizeof(file));
	try_image("an empty file", file, 0, &invalid);
	try_image("zeros", file, sizeof(file), &not_executable);
	memset(file, 0xff, sizeof(file));
	try_image("ones", file, sizeof(file), &not_executable);
	memset(file, '#', sizeof(file));
	try_image("text", file, sizeof(file), &not_executable);
	/* e_lfanew points to itself, and there is nothing else */
	memset(file, 0, sizeof(file));
	memcpy(file, "MZ", 2);
	file[0x3c] = 0x3c;
	try_image("a lone DOS header", file, 0x40, &not_executable);
}

static void test_arguments(void)
{
	const struct errors bad_fd = { { EBADF } }, fine = { };
	char *line = malloc(LINE_SIZE);
	int folder = open("/", O_RDONLY | O_DIRECTORY | O_CLOEXEC);

	if (!line)
		ksft_exit_fail_perror("malloc");
	memset(line, 'x', LINE_SIZE);
	report("no image", load(-1, -1, NULL, 0, 0), &bad_fd);
	report("no initrd where one is said to be",
	       syscall(SYS_kexec_file_load, small_image, -1, 0, NULL, 0) ? errno : 0, &bad_fd);
	report("a folder", load(folder, -1, NULL, 0, 0), &invalid);
	report("an endless command line", load(small_image, -1, line, LINE_SIZE, 0), &invalid);
	line[LINE_SIZE - 1] = 0;
	report("the longest command line", load(small_image, -1, line, LINE_SIZE, 0), &fine);
	report("an empty command line", load(small_image, -1, "", 1, 0), &fine);
	report("no command line", load(small_image, -1, NULL, 0, 0), &fine);
	close(folder);
	free(line);
}

/* Archives that the emulator looks for in the initrd. The kernel takes any initrd. */

static const struct member mark = { .name = ".virgil-sidecars", .mode = 040755 };
static const struct member trailer = { .name = "TRAILER!!!" };

static void try_initrd(const char *name, const void *initrd, size_t size)
{
	const struct errors fine = { };
	int fd = make_file(initrd, size);

	report(name, load(small_image, fd, "quiet", 6, 0), &fine);
	close(fd);
}

static size_t make_sidecars(__u8 *archive, const struct member *file)
{
	size_t used = put_member(archive, 0, &mark);

	used = put_member(archive, used, file);
	return put_member(archive, used, &trailer);
}

static void test_sidecars(void)
{
	static __u8 archive[16384];
	__u8 image[IMAGE_SIZE];
	struct member addon = {
		.name = "loader/addons/test.addon.efi", .mode = 0100644,
		.contents = image, .size = sizeof(image),
	};
	const struct member init = {
		.name = "init", .mode = 0100755, .contents = "#!/bin/sh\n", .size = 10,
	};
	size_t used, start;

	make_image(image);
	used = make_sidecars(archive, &addon);
	try_initrd("sidecars alone", archive, used);
	try_initrd("sidecars in front of an initrd", archive,
		   put_member(archive, put_member(archive, used, &init), &trailer));

	start = put_member(archive, put_member(archive, 0, &init), &trailer);
	used = start + make_sidecars(archive + start, &addon);
	try_initrd("sidecars behind an initrd", archive, used);

	memset(archive, 0x1f, start);
	try_initrd("sidecars behind a compressed initrd", archive, used);

	try_initrd("sidecars without an end", archive + start, used - start - 124);
	try_initrd("sidecars cut off in a file", archive + start, 400);
	try_initrd("sidecars cut off in a header", archive + start, 160);

	addon.said_size = 0xffffffff;
	try_initrd("a sidecar's size overflows", archive, make_sidecars(archive, &addon));
	addon.said_size = 0;
	addon.said_name_size = 0xffffffff;
	try_initrd("a sidecar's name overflows", archive, make_sidecars(archive, &addon));
	addon.said_name_size = 4;
	try_initrd("a sidecar's name without an end", archive, make_sidecars(archive, &addon));
	addon.said_name_size = 0;
	addon.size = 60;
	try_initrd("a sidecar that is no whole PE", archive, make_sidecars(archive, &addon));

	used = make_sidecars(archive, &addon);
	memset(archive + 54, 'z', 8);
	try_initrd("a sidecar's size is no number", archive, used);
	memset(archive, 'x', sizeof(archive));
	try_initrd("an initrd of another kind", archive, sizeof(archive));
}

#define SIDECAR_TESTS	13

/*
 * A crash image is not kept: kexec_file_load() frees it before it reads another one, as both would
 * lie in the same memory. What is loaded for the next reboot must be.
 */
static void test_crash(void)
{
	__u8 image[IMAGE_SIZE];
	long error;
	int fd;

	if (!has_crash_region) {
		ksft_test_result_skip("crash image: crashkernel= is not there, or in use\n");
		ksft_test_result_skip("crash image refused: the same\n");
		return;
	}
	make_image(image);
	((struct headers *)image)->subsystem = SUBSYSTEM_WINDOWS;
	fd = make_file(image, sizeof(image));
	error = load(fd, -1, NULL, 0, CRASH);
	close(fd);
	if (error != ENOEXEC)
		ksft_print_msg("errno %ld, wanted %d\n", error, ENOEXEC);
	ksft_test_result(error == ENOEXEC && is_loaded(true, false), "crash image refused\n");

	error = load(good_image, good_initrd, "quiet", 6, CRASH);
	if (error)
		ksft_print_msg("errno %ld\n", error);
	ksft_test_result(!error && is_loaded(true, true), "crash image loaded\n");
}

/* Whether the running kernel has this loader: its log or configuration may not be readable. */
static bool has_loader(void)
{
	FILE *file = fopen("/proc/kallsyms", "r");
	char line[512];
	bool found = false;

	if (!file)
		return false;
	while (!found && fgets(line, sizeof(line), file))
		found = strstr(line, " kexec_efi_");
	fclose(file);
	return found;
}

static void check_prerequisites(void)
{
	long error;

	if (geteuid())
		ksft_exit_skip("this needs root\n");
	if (read_number(LOADED) == 1)
		ksft_exit_skip("an image is loaded already, and would be lost: kexec --unload\n");
	error = unload(0);
	if (error)
		ksft_exit_skip("kexec_file_load cannot be used: %s\n", strerror(error));

	error = load(good_image, good_initrd, "quiet", 6, 0);
	if (error == EPERM || error == ENODATA || error == ENOKEY || error == EKEYREJECTED)
		ksft_exit_skip("this kernel insists on signatures: %s\n", strerror(error));
	if (error == ENOEXEC && !has_loader())
		ksft_exit_skip("this kernel does not load EFI images (CONFIG_KEXEC_EFI)\n");
	if (error)
		ksft_exit_fail_msg("the good image is refused: %s\n", strerror(error));
}

static void read_options(int argc, char **argv)
{
	static const struct option known[] = {
		{ "image", required_argument, NULL, 'k' },
		{ "initrd", required_argument, NULL, 'i' },
		{ "help", no_argument, NULL, 'h' },
		{ }
	};
	__u8 image[IMAGE_SIZE];
	int option;

	make_image(image);
	small_image = make_file(image, sizeof(image));
	good_image = small_image;
	good_initrd = make_file("not a known archive", 19);
	while ((option = getopt_long(argc, argv, "h", known, NULL)) != -1) {
		int fd;

		if (option != 'k' && option != 'i') {
			printf("usage: %s [--image FILE] [--initrd FILE]\n", argv[0]);
			exit(option == 'h' ? KSFT_PASS : KSFT_FAIL);
		}
		fd = open(optarg, O_RDONLY | O_CLOEXEC);
		if (fd < 0)
			ksft_exit_fail_msg("%s: %s\n", optarg, strerror(errno));
		*(option == 'k' ? &good_image : &good_initrd) = fd;
	}
}

int main(int argc, char **argv)
{
	bool watched;
	long error;

	read_options(argc, argv);
	ksft_print_header();
	check_prerequisites();
	unload(0);
	watched = write_text(KMEMLEAK, "scan") && write_text(KMEMLEAK, "clear");

	/* good image, too large, unloaded; no PE, arguments, crash images, faults, leaks */
	ksft_set_plan(ARRAY_LENGTH(defects) + ARRAY_LENGTH(ends) + SIDECAR_TESTS +
		      3 + 5 + 7 + 2 + 2 + 1);

	error = load(good_image, good_initrd, "quiet", 6, 0);
	ksft_test_result(!error && read_number(LOADED) == 1, "an EFI image is loaded\n");
	if (read_number(CRASH_SIZE) > 0 && read_number(CRASH_LOADED) == 0)
		has_crash_region = !load(good_image, good_initrd, "quiet", 6, CRASH);

	test_no_pe();
	test_defects();
	test_too_large();
	test_truncated();
	test_arguments();
	test_sidecars();
	test_crash();
	test_all_faults();

	if (has_crash_region)
		unload(CRASH);
	error = unload(0);
	ksft_test_result(!error && is_loaded(false, false), "it is unloaded\n");
	test_leaks(watched);
	ksft_finished();
}
