/* SPDX-License-Identifier: Apache-2.0 OR GPL-2.0-only */
/* The watchdog bites (UEFI 2.10, 7.5.1). */
#include "conformance.h"

void run_group(void)
{
	check_status("7.5.1", "watchdog.set", BS(SetWatchdogTimer)(1, 0x10000, 0, 0), EFI_SUCCESS, "set to a second");
	expect_reset("7.5.1", "watchdog.bites");
	for (int i = 0; i < 100; i++)
		BS(Stall)(100000);
	missed_reset("when the time is over, the platform is reset");
}
