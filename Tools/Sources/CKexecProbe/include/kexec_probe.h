// SPDX-License-Identifier: Apache-2.0 OR GPL-2.0-only
#ifndef VIRGIL_KEXEC_PROBE_H
#define VIRGIL_KEXEC_PROBE_H

// Asks the kernel whether it has a system call, in a way that cannot do anything. Both are called with flags that no
// kernel knows: they look at who is calling first, then at the flags, and touch an image last. The result is errno:
//
//   ENOSYS  the kernel does not have it
//   EPERM   the caller may not use it: no CAP_SYS_BOOT, kexec_load_disabled, or (kexec_load only) lockdown
//   EINVAL  it is there, and this caller may use it
//
// A call that is permitted counts against kernel.kexec_load_limit_reboot where that is set (Linux 6.3 and later): do
// not ask then.

#include <errno.h>
#include <sys/syscall.h>
#include <unistd.h>

static inline int virgil_probe_kexec_load(void)
{
	// The architecture is in the upper half of the flags; these are all others but KEXEC_ON_CRASH, which would count
	// against the other limit. More segments than there can be.
	return syscall(SYS_kexec_load, 0L, ~0L, (void *)0, 0xfffeL) == -1 ? errno : 0;
}

static inline int virgil_probe_kexec_file_load(void)
{
	return syscall(SYS_kexec_file_load, -1L, -1L, 0L, (void *)0, 0xffff0000L) == -1 ? errno : 0;
}

#endif
