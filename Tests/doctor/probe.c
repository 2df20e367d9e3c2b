// SPDX-License-Identifier: Apache-2.0 OR GPL-2.0-only
//
// Asks both system calls as `virgil doctor` does, for a guest that has no `virgil` in it.
#include "kexec_probe.h"
#include <stdio.h>
#include <unistd.h>

int main(void)
{
	int load = virgil_probe_kexec_load(), file_load = virgil_probe_kexec_file_load();

	printf("{\"kexecLoad\": %d, \"kexecFileLoad\": %d, \"user\": %d}\n", load, file_load, (int)geteuid());
	return 0;
}
