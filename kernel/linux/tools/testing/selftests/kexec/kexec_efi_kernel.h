/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * How test_kexec_efi.c loads images, and looks at what is loaded.
 */
#ifndef KEXEC_EFI_KERNEL_H
#define KEXEC_EFI_KERNEL_H

#include <errno.h>
#include <fcntl.h>
#include <linux/kexec.h>
#include <stdbool.h>
#include <stdlib.h>
#include <sys/mman.h>
#include <sys/syscall.h>
#include <unistd.h>

#include "../kselftest.h"

/* 32-bit machines have none. */
#ifndef SYS_kexec_file_load
#define SYS_kexec_file_load	-1
#endif

#define ARRAY_LENGTH(array)	(sizeof(array) / sizeof((array)[0]))

#define LOADED		"/sys/kernel/kexec_loaded"
#define CRASH_LOADED	"/sys/kernel/kexec_crash_loaded"
#define CRASH_SIZE	"/sys/kernel/kexec_crash_size"

#define CRASH		KEXEC_FILE_ON_CRASH

/* Open files: the image that is made here, and what is loaded when all goes well. */
static int small_image, good_image, good_initrd;
/* Whether there are crash images as well. */
static bool has_crash_region;

static long load(int image, int initrd, const char *line, size_t size, unsigned long flags)
{
	if (initrd < 0)
		flags |= KEXEC_FILE_NO_INITRAMFS;
	return syscall(SYS_kexec_file_load, image, initrd, size, line, flags) ? errno : 0;
}

static long unload(unsigned long flags)
{
	flags |= KEXEC_FILE_UNLOAD;
	return syscall(SYS_kexec_file_load, -1, -1, 0, NULL, flags) ? errno : 0;
}

static long read_number(const char *path)
{
	char text[32] = "";
	int fd = open(path, O_RDONLY | O_CLOEXEC);

	if (fd < 0)
		return -1;
	if (read(fd, text, sizeof(text) - 1) <= 0)
		text[0] = 0;
	close(fd);
	return text[0] ? atol(text) : -1;
}

static bool write_text(const char *path, const char *text)
{
	int fd = open(path, O_WRONLY | O_CLOEXEC);
	bool done = fd >= 0 && write(fd, text, strlen(text)) == (ssize_t)strlen(text);

	if (fd >= 0)
		close(fd);
	return done;
}

/*
 * A file with these contents. It is reopened, as the kernel reads none that somebody may still
 * write to.
 */
static int make_file(const void *contents, size_t size)
{
	int fd = memfd_create("kexec-efi", MFD_CLOEXEC), reader;
	char path[64];

	if (fd < 0)
		ksft_exit_fail_perror("memfd_create");
	for (size_t done = 0; done < size;) {
		ssize_t written = write(fd, (const char *)contents + done, size - done);

		if (written <= 0)
			ksft_exit_fail_perror("write to a memfd");
		done += written;
	}
	snprintf(path, sizeof(path), "/proc/self/fd/%d", fd);
	reader = open(path, O_RDONLY | O_CLOEXEC);
	if (reader < 0)
		ksft_exit_fail_perror("/proc/self/fd");
	close(fd);
	return reader;
}

static bool is_loaded(bool image, bool crash_image)
{
	return read_number(LOADED) == image &&
	       (!has_crash_region || read_number(CRASH_LOADED) == crash_image);
}

/* The errors that are right in one place: the first, or one that is not 0. */
struct errors {
	int list[3];
};

static bool is_allowed(long error, const struct errors *allowed)
{
	return error == allowed->list[0] ||
	       (error && (error == allowed->list[1] || error == allowed->list[2]));
}

/* One result: the error is the right one, and the images loaded before are there still. */
static void report(const char *name, long error, const struct errors *allowed)
{
	bool kept = is_loaded(true, has_crash_region);

	if (!is_allowed(error, allowed))
		ksft_print_msg("%s: errno %ld, wanted %d\n", name, error, allowed->list[0]);
	if (!kept)
		ksft_print_msg("%s: an image that was loaded before is gone\n", name);
	ksft_test_result(is_allowed(error, allowed) && kept, "%s\n", name);
	/* So that what follows starts from the same state. */
	if (!kept) {
		load(good_image, -1, NULL, 0, 0);
		if (has_crash_region)
			load(good_image, -1, NULL, 0, CRASH);
	}
}

#endif /* KEXEC_EFI_KERNEL_H */
