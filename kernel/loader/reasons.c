// SPDX-License-Identifier: GPL-2.0-only
/*
 * Error numbers in words: what each means when it comes from one of the calls that are made here.
 *
 * The numbers are those of include/uapi/asm-generic/errno{-base,}.h, which both architectures use.
 */
#include "loader.h"

static const struct reason not_opened[] = {
	{ 2, "ENOENT", "there is no such file" },
	{ 13, "EACCES", "you may not read it, or not enter a folder on the way" },
	{ 20, "ENOTDIR", "a part of the path is no folder" },
	{ 40, "ELOOP", "its symbolic links lead nowhere" },
	{ 0, NULL, "it cannot be opened" },
};

static const struct reason not_loaded[] = {
	{ 1, "EPERM", "not allowed", {
		"it takes root's CAP_SYS_BOOT, and /proc/sys/kernel/kexec_load_disabled at 0",
		"where the kernel is locked down, a signature that it trusts",
	} },
	{ 5, "EIO", "a file could not be read to its end" },
	{ 8, "ENOEXEC", "no loader of the running kernel takes this file", {
		"EFI images (UKIs, zboot kernels, EFI applications) need one with CONFIG_KEXEC_EFI",
		"where it is there, the file is damaged or for another machine: see the kernel's log",
	} },
	{ 12, "ENOMEM", "the kernel has not enough memory for it" },
	{ 13, "EACCES", "the integrity policy (IMA) does not allow the file" },
	{ 16, "EBUSY", "another kexec is being loaded or unloaded; try again" },
	{ 22, "EINVAL", "the running kernel does not take this", {
		"a file may be empty, or no regular file",
		"the command line may be longer than the kernel's COMMAND_LINE_SIZE",
		"kernels before Linux 6.8 do not know --debug",
	} },
	{ 26, "ETXTBSY", "a file is still open for writing" },
	{ 27, "EFBIG", "a file is too large" },
	{ 38, "ENOSYS", "the running kernel has no kexec_file_load (CONFIG_KEXEC_FILE)" },
	{ 61, "ENODATA", "it is not signed, and the running kernel insists on signatures" },
	{ 65, "ENOPKG", "its signature needs an algorithm that the running kernel lacks" },
	{ 74, "EBADMSG", "its signature is malformed" },
	{ 80, "ELIBBAD", "the image, or its signature, is malformed" },
	{ 99, "EADDRNOTAVAIL", "there is no room for it: no free range of memory is large enough" },
	{ 126, "ENOKEY", "it is signed by a key that the running kernel does not know" },
	{ 127, "EKEYEXPIRED", "the key that it is signed by has expired" },
	{ 128, "EKEYREVOKED", "the key that it is signed by has been revoked" },
	{ 129, "EKEYREJECTED", "its signature does not hold", {
		"the image was altered after it was signed, or is on a list of revoked images,",
		"or the loader that takes it cannot verify signatures",
	} },
	{ 0, NULL, "the running kernel refuses; its log may say why" },
};

/* For crash kernels, where the answer is another one. */
static const struct reason not_loaded_for_panic[] = {
	{ 99, "EADDRNOTAVAIL", "there is no room for it where crash kernels go", {
		"the running kernel's command line needs crashkernel=SIZE,",
		"with a SIZE that holds image and initrd, and what they unpack to",
	} },
	{ 0 },
};

static const struct reason not_executed[] = {
	{ 1, "EPERM", "not allowed: it takes root's CAP_SYS_BOOT" },
	{ 16, "EBUSY", "a kexec is being loaded or unloaded; try again" },
	{ 22, "EINVAL", "no image is loaded" },
	{ 38, "ENOSYS", "the running kernel has no kexec (CONFIG_KEXEC_CORE)" },
	{ 0, NULL, "the running kernel refuses; its log may say why" },
};

/* The entry for a number, or the one that ends the list. */
static const struct reason *look_up(const struct reason *list, int number)
{
	while (list->number && list->number != number)
		list++;
	return list;
}

const struct reason *why_not_opened(int number)
{
	return look_up(not_opened, number);
}

const struct reason *why_not_loaded(int number, const struct request *request)
{
	const struct reason *reason = look_up(not_loaded_for_panic, number);

	return request->panic && reason->number ? reason : look_up(not_loaded, number);
}

const struct reason *why_not_executed(int number)
{
	return look_up(not_executed, number);
}
