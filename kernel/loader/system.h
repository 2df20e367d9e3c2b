/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * The system calls that the loader makes, by their numbers: no C library, so that the program is
 * small, static, and the same wherever it is built.
 */
#ifndef SYSTEM_H
#define SYSTEM_H

#include <stddef.h>

/* Linux's, from include/uapi/asm-generic/fcntl.h and include/uapi/linux/{kexec,reboot}.h. */
#define O_RDONLY		0
#define O_CLOEXEC		02000000
#define AT_FDCWD		(-100)

#define KEXEC_FILE_UNLOAD	0x1
#define KEXEC_FILE_ON_CRASH	0x2
#define KEXEC_FILE_NO_INITRAMFS	0x4
#define KEXEC_FILE_DEBUG	0x8

#define REBOOT_MAGIC1		0xfee1dead
#define REBOOT_MAGIC2		672274793
#define REBOOT_CMD_KEXEC	0x45584543

#if defined(__x86_64__)

#define NR_read			0
#define NR_write		1
#define NR_sync			162
#define NR_reboot		169
#define NR_exit_group		231
#define NR_openat		257
#define NR_kexec_file_load	320

static inline long system_call(long number, long a, long b, long c, long d, long e)
{
	register long r10 asm("r10") = d;
	register long r8 asm("r8") = e;
	long result;

	asm volatile("syscall"
		     : "=a" (result)
		     : "a" (number), "D" (a), "S" (b), "d" (c), "r" (r10), "r" (r8)
		     : "rcx", "r11", "memory");
	return result;
}

#elif defined(__aarch64__)

#define NR_openat		56
#define NR_read			63
#define NR_write		64
#define NR_sync			81
#define NR_exit_group		94
#define NR_reboot		142
#define NR_kexec_file_load	294

static inline long system_call(long number, long a, long b, long c, long d, long e)
{
	register long x8 asm("x8") = number;
	register long x0 asm("x0") = a;
	register long x1 asm("x1") = b;
	register long x2 asm("x2") = c;
	register long x3 asm("x3") = d;
	register long x4 asm("x4") = e;

	asm volatile("svc 0"
		     : "+r" (x0)
		     : "r" (x8), "r" (x1), "r" (x2), "r" (x3), "r" (x4)
		     : "memory", "cc");
	return x0;
}

#else
#error "there is no kexec of EFI images on this architecture"
#endif

/* Each returns what the kernel returns: a result, or a negative error number. */

static inline long sys_open(const char *path)
{
	return system_call(NR_openat, AT_FDCWD, (long)path, O_RDONLY | O_CLOEXEC, 0, 0);
}

static inline long sys_read(long fd, char *buffer, size_t size)
{
	return system_call(NR_read, fd, (long)buffer, size, 0, 0);
}

static inline long sys_write(long fd, const char *text, size_t size)
{
	return system_call(NR_write, fd, (long)text, size, 0, 0);
}

static inline long sys_kexec_file_load(long kernel, long initrd, size_t size, const char *line,
				       long flags)
{
	return system_call(NR_kexec_file_load, kernel, initrd, size, (long)line, flags);
}

static inline long sys_reboot_kexec(void)
{
	system_call(NR_sync, 0, 0, 0, 0, 0);
	return system_call(NR_reboot, REBOOT_MAGIC1, REBOOT_MAGIC2, REBOOT_CMD_KEXEC, 0, 0);
}

static inline void sys_exit(int status)
{
	for (;;)
		system_call(NR_exit_group, status, 0, 0, 0, 0);
}

#endif /* SYSTEM_H */
