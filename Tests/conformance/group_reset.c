/* SPDX-License-Identifier: Apache-2.0 OR GPL-2.0-only */
/* ResetSystem (UEFI 2.10, 8.5.1). The other groups end in EfiResetShutdown. */
#include "conformance.h"

void run_group(void)
{
	expect_reset("8.5.1", "reset.warm");
	RT(ResetSystem)(EfiResetWarm, EFI_SUCCESS, 0, 0);
	missed_reset("ResetSystem does not return");
}
