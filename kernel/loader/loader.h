/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * kexec-efi-load: what its files share.
 */
#ifndef LOADER_H
#define LOADER_H

#include <stdbool.h>
#include <stddef.h>

/* Exit statuses, those of sysexits.h where it has one. */
enum status {
	STATUS_DONE = 0,
	STATUS_REFUSED = 1,	/* by the kernel */
	STATUS_USAGE = 64,
	STATUS_NO_INPUT = 66,	/* a file cannot be read */
};

enum action {
	ACTION_LOAD,
	ACTION_UNLOAD,
	ACTION_NOTHING,		/* --exec alone */
	ACTION_HELP,
	ACTION_VERSION,
};

/* What is asked for. Texts are NULL where the option is not given. */
struct request {
	enum action action;
	bool panic;
	bool debug;
	bool exec;
	bool reuse_command_line;
	const char *image;
	const char *initrd;
	const char *command_line;
};

/**
 * read_options - take a command line apart
 * @arguments:	the argument vector, ended by NULL
 * @request:	what is asked for
 *
 * Does not return if the command line is wrong.
 */
void read_options(char **arguments, struct request *request);

/**
 * struct reason - what an error number means here
 * @number:	the error number, positive
 * @name:	its name, as in errno.h
 * @text:	what it says about the call that failed
 * @hints:	what helps: a line each
 */
struct reason {
	int number;
	const char *name;
	const char *text;
	const char *hints[3];
};

const struct reason *why_not_loaded(int number, const struct request *request);
const struct reason *why_not_opened(int number);
const struct reason *why_not_executed(int number);

extern const char *const help_text;
extern const char *const version_text;

#define __noreturn		__attribute__((__noreturn__))
#define ARRAY_SIZE(array)	(sizeof(array) / sizeof((array)[0]))

/* What a complaint begins with. */
extern const char *const program;

/* Texts are given as lists that end in NULL; a line end is added. */
#define complain(...)	write_line(2, (const char *const []){ program, __VA_ARGS__, NULL })
#define say(...)	write_line(1, (const char *const []){ __VA_ARGS__, NULL })

void write_line(int fd, const char *const *texts);
size_t text_length(const char *text);
bool same_text(const char *one, const char *other);
/* The number in decimal digits, in a buffer that the next call reuses. */
const char *decimal(long number);

/* Ends the program. */
void __noreturn leave(enum status status);

#endif /* LOADER_H */
