/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * Loads with failing allocations, and a search for what was not freed.
 */
#ifndef KEXEC_EFI_FAULTS_H
#define KEXEC_EFI_FAULTS_H

#include "kexec_efi_kernel.h"

#define FAIL_NTH	"/proc/thread-self/fail-nth"
#define KMEMLEAK	"/sys/kernel/debug/kmemleak"

/* Failing allocations. */

/* Settings of fault injection, without which nothing fails, or much is logged. */
static const struct {
	const char *path;
	const char *value;
} settings[] = {
	{ "/sys/kernel/debug/failslab/ignore-gfp-wait", "N" },
	{ "/sys/kernel/debug/failslab/verbose", "0" },
	{ "/sys/kernel/debug/fail_page_alloc/ignore-gfp-wait", "N" },
	{ "/sys/kernel/debug/fail_page_alloc/ignore-gfp-highmem", "N" },
	{ "/sys/kernel/debug/fail_page_alloc/min-order", "0" },
	{ "/sys/kernel/debug/fail_page_alloc/verbose", "0" },
};

static char old_settings[ARRAY_LENGTH(settings)][16];

static void restore_settings(void)
{
	for (size_t i = 0; i < ARRAY_LENGTH(settings); i++)
		if (old_settings[i][0])
			write_text(settings[i].path, old_settings[i]);
}

static const char *prepare_faults(void)
{
	if (access(FAIL_NTH, W_OK))
		return FAIL_NTH " is not there (CONFIG_FAULT_INJECTION_DEBUG_FS)";
	atexit(restore_settings);
	for (size_t i = 0; i < ARRAY_LENGTH(settings); i++) {
		int fd = open(settings[i].path, O_RDONLY | O_CLOEXEC);

		if (fd < 0)
			return "CONFIG_FAILSLAB, CONFIG_FAIL_PAGE_ALLOC or debugfs is missing";
		if (read(fd, old_settings[i], sizeof(old_settings[i]) - 1) < 0)
			old_settings[i][0] = 0;
		close(fd);
		if (!write_text(settings[i].path, settings[i].value))
			return "fault injection cannot be set up";
	}
	return NULL;
}

/*
 * The errors of a load with a failed allocation: ENOMEM; EADDRNOTAVAIL where it was the list of
 * free memory that could not be made; EFAULT where copies from user space fail as well
 * (CONFIG_FAULT_INJECTION_USERCOPY).
 */
static const struct errors fault_errors = { { ENOMEM, EADDRNOTAVAIL, EFAULT } };

/*
 * Loads with the allocations failing one by one, until there is none left to fail. A real image has
 * thousands of pages, which are all allocated at one place: with one, the farther, the larger are
 * the steps.
 */
static void test_faults(const char *name, unsigned long flags)
{
	unsigned int nth, refused = 0, coped = 0;
	int fd = open(FAIL_NTH, O_RDWR | O_CLOEXEC);
	bool good = fd >= 0;
	long error = -1;
	char text[16];

	for (nth = 1; good; nth += 1 + (good_image == small_image ? 0 : nth / 32)) {
		int size = snprintf(text, sizeof(text), "%u", nth);

		if (pwrite(fd, text, size, 0) != size) {
			ksft_perror(FAIL_NTH);
			good = false;
			break;
		}
		error = load(good_image, good_initrd, "quiet", 6, flags);
		size = pread(fd, text, sizeof(text) - 1, 0);
		if (pwrite(fd, "0", 1, 0) != 1 || size <= 0)
			good = false;
		text[size > 0 ? size : 0] = 0;
		/* The number is there still: not so many allocations were made. */
		if (atoi(text))
			break;
		if (error && !is_allowed(error, &fault_errors)) {
			ksft_print_msg("fault %u: errno %ld\n", nth, error);
			good = false;
		}
		if (error && !is_loaded(true, has_crash_region && !(flags & CRASH))) {
			ksft_print_msg("fault %u: an image that was loaded before is gone\n", nth);
			good = false;
		}
		refused += !!error;
		coped += !error;
	}
	if (good && error)
		ksft_print_msg("without a fault: errno %ld\n", error);
	ksft_print_msg("%s: %u faults, %u without harm\n", name, refused + coped, coped);
	good = good && !error && refused && is_loaded(true, has_crash_region);
	ksft_test_result(good, "%s\n", name);
	if (fd >= 0)
		close(fd);
}

static void test_all_faults(void)
{
	const char *missing = prepare_faults();

	if (missing) {
		ksft_test_result_skip("failing allocations: %s\n", missing);
		ksft_test_result_skip("failing allocations, crash image: %s\n", missing);
		return;
	}
	test_faults("failing allocations", 0);
	if (has_crash_region)
		test_faults("failing allocations, crash image", CRASH);
	else
		ksft_test_result_skip("failing allocations, crash image: no memory is reserved\n");
	restore_settings();
}

/* Leaks. */

static bool about_kexec(const char *record)
{
	return strstr(record, "kexec") || strstr(record, "kimage");
}

static void print_lines(char *text)
{
	for (char *line = strtok(text, "\n"); line; line = strtok(NULL, "\n"))
		ksft_print_msg("%s\n", line);
}

/* Prints the records of leaked objects that kexec has allocated, and counts them. */
static int count_leaks(void)
{
	char line[512], record[8192] = "";
	FILE *file = fopen(KMEMLEAK, "r");
	int leaks = 0;
	bool more;

	if (!file)
		return -1;
	do {
		more = fgets(line, sizeof(line), file);
		if (!more || !strncmp(line, "unreferenced object", 19)) {
			if (about_kexec(record)) {
				leaks++;
				print_lines(record);
			}
			record[0] = 0;
		}
		if (more && strlen(record) + strlen(line) < sizeof(record))
			strcat(record, line);
	} while (more);
	fclose(file);
	return leaks;
}

static void test_leaks(bool watched)
{
	int leaks;

	if (!watched) {
		ksft_test_result_skip("leaks: kmemleak is not there, or off (kmemleak=on)\n");
		return;
	}
	/*
	 * An object is reported when it is older than five seconds, and has not changed from one
	 * scan to the next. There is nothing to wait for but the time.
	 */
	sleep(6);
	if (!write_text(KMEMLEAK, "scan") || !write_text(KMEMLEAK, "scan")) {
		ksft_perror(KMEMLEAK);
		ksft_test_result_fail("leaks\n");
		return;
	}
	leaks = count_leaks();
	ksft_print_msg("%d leaks\n", leaks);
	ksft_test_result(leaks == 0, "leaks\n");
}

#endif /* KEXEC_EFI_FAULTS_H */
