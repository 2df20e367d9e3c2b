// SPDX-License-Identifier: GPL-2.0-only
/*
 * The command line: kexec's options, as far as they mean something to kexec_file_load().
 */
#include "loader.h"

/* So that a line of kexec's needs one word changed: what is always so can be said. */
enum option {
	OPTION_LOAD,
	OPTION_PANIC,
	OPTION_UNLOAD,
	OPTION_EXEC,
	OPTION_DEBUG,
	OPTION_INITRD,
	OPTION_COMMAND_LINE,
	OPTION_REUSE,
	OPTION_HELP,
	OPTION_VERSION,
	OPTION_UNKNOWN,
};

static const struct {
	const char *name;
	char letter;
	bool has_value;
	enum option option;
} known[] = {
	{ "load", 'l', false, OPTION_LOAD },
	{ "kexec-file-syscall", 's', false, OPTION_LOAD },
	{ "load-panic", 'p', false, OPTION_PANIC },
	{ "unload", 'u', false, OPTION_UNLOAD },
	{ "exec", 'e', false, OPTION_EXEC },
	{ "debug", 'd', false, OPTION_DEBUG },
	{ "initrd", 0, true, OPTION_INITRD },
	{ "ramdisk", 0, true, OPTION_INITRD },
	{ "command-line", 0, true, OPTION_COMMAND_LINE },
	{ "append", 0, true, OPTION_COMMAND_LINE },
	{ "reuse-cmdline", 0, false, OPTION_REUSE },
	{ "help", 'h', false, OPTION_HELP },
	{ "version", 'v', false, OPTION_VERSION },
};

#define wrong(...) do { \
	complain(__VA_ARGS__); \
	complain("see kexec-efi-load --help"); \
	leave(STATUS_USAGE); \
} while (0)

/* The part of a long option behind its name: "" or "=VALUE"; NULL if it has another name. */
static const char *behind_name(const char *text, const char *name)
{
	while (*name && *text == *name) {
		text++;
		name++;
	}
	return *name || (*text && *text != '=') ? NULL : text;
}

static void set_once(const char **text, const char *value, const char *name)
{
	if (*text)
		wrong(name, " is given twice");
	*text = value;
}

static void apply(struct request *request, enum option option, const char *value)
{
	switch (option) {
	case OPTION_PANIC:
		request->panic = true;
		break;
	case OPTION_UNLOAD:
		request->action = ACTION_UNLOAD;
		break;
	case OPTION_EXEC:
		request->exec = true;
		break;
	case OPTION_DEBUG:
		request->debug = true;
		break;
	case OPTION_INITRD:
		set_once(&request->initrd, value, "--initrd");
		break;
	case OPTION_COMMAND_LINE:
		set_once(&request->command_line, value, "--command-line");
		break;
	case OPTION_REUSE:
		request->reuse_command_line = true;
		break;
	case OPTION_HELP:
		request->action = ACTION_HELP;
		break;
	case OPTION_VERSION:
		request->action = ACTION_VERSION;
		break;
	case OPTION_LOAD:
	case OPTION_UNKNOWN:
		break;
	}
}

static bool decided(const struct request *request)
{
	return request->action == ACTION_HELP || request->action == ACTION_VERSION;
}

/* Takes a long option, without its dashes; returns the last argument that belongs to it. */
static char **take_long(char **argument, struct request *request)
{
	const char *text = *argument + 2;
	const char *rest = NULL;
	size_t i;

	for (i = 0; i < ARRAY_SIZE(known) && !rest; i++)
		rest = behind_name(text, known[i].name);
	if (!rest)
		wrong("there is no option ", *argument);
	i--;
	if (!known[i].has_value && *rest)
		wrong("--", known[i].name, " takes no value");
	if (known[i].has_value && !*rest) {
		argument++;
		if (!*argument)
			wrong("--", known[i].name, " needs a value");
		rest = *argument;
	} else if (known[i].has_value) {
		rest++;
	}
	apply(request, known[i].option, rest);
	return argument;
}

/* Takes a cluster of one-letter options. */
static void take_letters(const char *argument, struct request *request)
{
	const char *letter;
	size_t i;

	for (letter = argument + 1; *letter && !decided(request); letter++) {
		for (i = 0; i < ARRAY_SIZE(known); i++)
			if (known[i].letter == *letter)
				break;
		if (i == ARRAY_SIZE(known))
			wrong("there is no option -", ((char[]){ *letter, 0 }), ", as in ",
			      argument);
		apply(request, known[i].option, NULL);
	}
}

static void check(struct request *request)
{
	bool load_only = request->image || request->initrd || request->command_line ||
			 request->reuse_command_line;

	if (decided(request))
		return;
	if (request->action == ACTION_UNLOAD) {
		if (load_only || request->exec)
			wrong("--unload goes with --load-panic and --debug only");
		return;
	}
	if (request->command_line && request->reuse_command_line)
		wrong("--command-line and --reuse-cmdline exclude each other");
	if (request->panic && request->exec)
		wrong("--exec does not go with --load-panic: a panic enters a crash kernel");
	if (request->image)
		return;
	if (request->exec && !load_only)
		request->action = ACTION_NOTHING;
	else
		wrong("no image is given");
}

void read_options(char **arguments, struct request *request)
{
	bool only_names = false;

	/* The first is the program's name; there may be none at all. */
	if (*arguments)
		arguments++;
	for (; *arguments && !decided(request); arguments++) {
		if (!only_names && same_text(*arguments, "--"))
			only_names = true;
		else if (!only_names && (*arguments)[0] == '-' && (*arguments)[1] == '-')
			arguments = take_long(arguments, request);
		else if (!only_names && (*arguments)[0] == '-' && (*arguments)[1])
			take_letters(*arguments, request);
		else if (request->image)
			wrong("one image can be loaded, here are two: ", request->image, " and ",
			      *arguments);
		else
			request->image = *arguments;
	}
	check(request);
}
