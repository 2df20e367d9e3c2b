// SPDX-License-Identifier: Apache-2.0 OR GPL-2.0-only
/*
 * vmcore: reads /proc/vmcore of a crash kernel as what it must be, an ELF core file of the crashed kernel, and says so in a
 * line of VIRGIL-MARK: the number of NT_PRSTATUS notes, the release in VMCOREINFO, and whether memory can be read.
 */
#include <elf.h>
#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#if defined(__aarch64__)
#define MACHINE EM_AARCH64
#else
#define MACHINE EM_X86_64
#endif

static int file;

static void fail(const char *what)
{
	printf("VIRGIL-MARK vmcore-core=%s\n", what);
	exit(1);
}

static void *part(Elf64_Off offset, size_t size)
{
	char *bytes = calloc(1, size + 1);

	if (!bytes || pread(file, bytes, size, offset) != (ssize_t)size)
		fail("cannot be read where its headers say");
	return bytes;
}

/* The notes of a segment: counts the registers of CPUs, and finds the crashed kernel's release. */
static void read_notes(const char *notes, size_t size, int *cpus, char *release)
{
	size_t at = 0;

	while (at + sizeof(Elf64_Nhdr) <= size) {
		const Elf64_Nhdr *note = (const void *)(notes + at);
		const char *name = notes + at + sizeof(*note);
		const char *data = name + ((note->n_namesz + 3) & ~3u);
		const char *end = data + ((note->n_descsz + 3) & ~3u), *found;

		if (!note->n_namesz)
			return;
		if (end > notes + size)
			fail("has a note that is cut off");
		if (note->n_type == NT_PRSTATUS && !strcmp(name, "CORE"))
			++*cpus;
		if (!strcmp(name, "VMCOREINFO")) {
			found = memmem(data, note->n_descsz, "OSRELEASE=", 10);
			if (found)
				sscanf(found, "OSRELEASE=%127s", release);
		}
		at = end - notes;
	}
}

int main(void)
{
	const Elf64_Ehdr *header;
	const Elf64_Phdr *segments;
	char release[128] = "";
	int cpus = 0, memories = 0, i;

	file = open("/proc/vmcore", O_RDONLY);
	if (file < 0)
		fail(strerror(errno));
	header = part(0, sizeof(*header));
	if (memcmp(header->e_ident, ELFMAG, SELFMAG) || header->e_ident[EI_CLASS] != ELFCLASS64)
		fail("is no 64-bit ELF file");
	if (header->e_type != ET_CORE || header->e_machine != MACHINE)
		fail("is no core file of this machine");
	segments = part(header->e_phoff, header->e_phnum * sizeof(*segments));
	for (i = 0; i < header->e_phnum; i++) {
		if (segments[i].p_type == PT_NOTE)
			read_notes(part(segments[i].p_offset, segments[i].p_filesz), segments[i].p_filesz, &cpus, release);
		if (segments[i].p_type == PT_LOAD && segments[i].p_filesz >= 4096) {
			free(part(segments[i].p_offset, 4096));
			memories++;
		}
	}
	if (!memories)
		fail("has no memory");
	printf("VIRGIL-MARK vmcore-core=%d CPU, %s\n", cpus, release);
	return 0;
}
