/* SPDX-License-Identifier: Apache-2.0 OR GPL-2.0-only */
/* Constants of AArch64 that assembly and C share. */
#ifndef VIRGIL_AARCH64_REGISTERS_H
#define VIRGIL_AARCH64_REGISTERS_H

#define REGIME_EL1 1
#define REGIME_EL2 2
#define REGIME_EL2_VHE 3

/* PSCI 1.1, 5.1.9 and 5.1.10. */
#define PSCI_SYSTEM_OFF 0x84000008
#define PSCI_SYSTEM_RESET 0x84000009

#define FRAME_SP 0x0f8
#define FRAME_PC 0x100
#define FRAME_ESR 0x110
#define FRAME_VECTOR 0x120
#define FRAME_DEPTH 0x128
#define FRAME_SIZE 0x130

#endif
