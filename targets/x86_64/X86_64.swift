// SPDX-License-Identifier: Apache-2.0 OR GPL-2.0-only

extension Target {
  public static let x86_64 = Target(
    name: "x86_64",
    triple: "x86_64-none-elf",
    peMachine: 0x8664,
    elfMachine: 62,
    relativeRelocation: 8,  // R_X86_64_RELATIVE (System V ABI, AMD64 supplement, table 4.10)
    runtimeGranularity: 4 << 10,
    loadAlignment: 2 << 20,
    imageSizeGranularity: 4 << 10,
    bootHeader: .x86SetupHeader)
}
