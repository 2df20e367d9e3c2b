// SPDX-License-Identifier: GPL-2.0-only
/*
 * Text: the little that a C library would have given.
 */
#include "loader.h"
#include "system.h"

size_t text_length(const char *text)
{
	size_t length = 0;

	while (text[length])
		length++;
	return length;
}

bool same_text(const char *one, const char *other)
{
	while (*one && *one == *other) {
		one++;
		other++;
	}
	return *one == *other;
}

const char *decimal(long number)
{
	static char digits[24];
	char *at = digits + sizeof(digits) - 1;
	unsigned long rest = number < 0 ? -(unsigned long)number : (unsigned long)number;

	do {
		*--at = '0' + rest % 10;
		rest /= 10;
	} while (rest);
	if (number < 0)
		*--at = '-';
	return at;
}

static void write_text(int fd, const char *text)
{
	size_t length = text_length(text);

	while (length) {
		long written = sys_write(fd, text, length);

		/* There is nobody to tell that nobody can be told. */
		if (written <= 0)
			return;
		text += written;
		length -= written;
	}
}

void write_line(int fd, const char *const *texts)
{
	while (*texts)
		write_text(fd, *texts++);
	write_text(fd, "\n");
}

void leave(enum status status)
{
	sys_exit(status);
	__builtin_unreachable();
}
