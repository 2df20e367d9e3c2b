// SPDX-License-Identifier: GPL-2.0-only
/*
 * kexec-efi-load: hands files to kexec_file_load() as they are.
 *
 * kexec-tools looks into a file before it calls the kernel; it refuses EFI images that it does not
 * know, and unpacks others, which ends their signature. This program leaves all that to the kernel.
 */
#include "loader.h"
#include "system.h"

/* No kernel's is as long: it has COMMAND_LINE_SIZE, and what a bootconfig of 32 KiB adds. */
static char running_line[256 * 1024];

static void fail(enum status status, const char *what, long number, const struct reason *reason)
{
	size_t i;

	if (reason->name)
		complain(what, ": ", reason->text, " (", reason->name, ")");
	else
		complain(what, ": ", reason->text, " (error ", decimal(number), ")");
	for (i = 0; i < ARRAY_SIZE(reason->hints) && reason->hints[i]; i++)
		complain("  ", reason->hints[i]);
	leave(status);
}

static long open_file(const char *path)
{
	long fd = sys_open(path);

	if (fd < 0)
		fail(STATUS_NO_INPUT, path, -fd, why_not_opened(-fd));
	return fd;
}

static bool starts_with(const char *text, const char *start)
{
	while (*start && *text == *start) {
		text++;
		start++;
	}
	return !*start;
}

/* Removes the parameters that begin with @start. A value in quotes may have blanks. */
static void remove_parameter(char *line, const char *start)
{
	char *from = line, *to = line;

	while (*from) {
		bool drop = starts_with(from, start), quoted = false;

		while (*from && (quoted || *from != ' ')) {
			if (*from == '"')
				quoted = !quoted;
			if (!drop)
				*to++ = *from;
			from++;
		}
		for (; *from == ' '; from++)
			if (!drop)
				*to++ = ' ';
	}
	*to = 0;
}

/* The running kernel's command line, without what is about that kernel only: as kexec has it. */
static const char *read_running_line(bool panic)
{
	const char *path = "/proc/cmdline";
	long fd = open_file(path);
	size_t used = 0;
	long got;

	while ((got = sys_read(fd, running_line + used, sizeof(running_line) - used)) > 0)
		used += got;
	if (got < 0)
		fail(STATUS_NO_INPUT, path, -got, why_not_opened(-got));
	if (used == sizeof(running_line)) {
		complain(path, ": longer than ", decimal(sizeof(running_line) - 1), " bytes");
		leave(STATUS_NO_INPUT);
	}
	if (used && running_line[used - 1] == '\n')
		used--;
	running_line[used] = 0;
	remove_parameter(running_line, "BOOT_IMAGE=");
	if (panic)
		remove_parameter(running_line, "crashkernel=");
	return running_line;
}

static void call(const struct request *request, long image, long initrd, const char *command_line,
		 long flags)
{
	/* The kernel counts the NUL. */
	size_t size = command_line ? text_length(command_line) + 1 : 0;
	const char *what = request->image ? request->image : "unload";
	long result;

	if (request->panic)
		flags |= KEXEC_FILE_ON_CRASH;
	if (request->debug) {
		flags |= KEXEC_FILE_DEBUG;
		say("image: ", request->image ? request->image : "none");
		say("initrd: ", request->initrd ? request->initrd : "none");
		say("command line: ", command_line ? command_line : "none");
		say("flags: ", decimal(flags));
	}
	result = sys_kexec_file_load(image, initrd, size, command_line, flags);
	if (result < 0)
		fail(STATUS_REFUSED, what, -result, why_not_loaded(-result, request));
}

static void load(const struct request *request)
{
	const char *command_line = request->command_line;
	long image = open_file(request->image);
	long initrd = -1;
	long flags = KEXEC_FILE_NO_INITRAMFS;

	if (request->initrd) {
		initrd = open_file(request->initrd);
		flags = 0;
	}
	if (request->reuse_command_line)
		command_line = read_running_line(request->panic);
	call(request, image, initrd, command_line, flags);
}

static void execute(void)
{
	long result = sys_reboot_kexec();

	fail(STATUS_REFUSED, "exec", -result, why_not_executed(-result));
}

/* Called by _start. */
void start(int argc, char **arguments);

void start(int argc, char **arguments)
{
	struct request request = { .action = ACTION_LOAD };

	(void)argc;
	read_options(arguments, &request);
	switch (request.action) {
	case ACTION_HELP:
		say(help_text);
		leave(STATUS_DONE);
	case ACTION_VERSION:
		say(version_text);
		leave(STATUS_DONE);
	case ACTION_UNLOAD:
		call(&request, -1, -1, NULL, KEXEC_FILE_UNLOAD);
		break;
	case ACTION_LOAD:
		load(&request);
		break;
	case ACTION_NOTHING:
		break;
	}
	if (request.exec)
		execute();
	leave(STATUS_DONE);
}
