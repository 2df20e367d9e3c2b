// SPDX-License-Identifier: Apache-2.0 OR GPL-2.0-only

extension Target {
  public static let aarch64 = Target(
    name: "aarch64",
    triple: "aarch64-none-elf",
    peMachine: 0xaa64,
    elfMachine: 183,
    relativeRelocation: 1027,  // R_AARCH64_RELATIVE (ELF for the Arm 64-bit Architecture, 5.7.16)
    runtimeGranularity: 64 << 10,  // UEFI 2.10, 2.3.6: a kernel with 64 KiB pages must be able to map them
    loadAlignment: 2 << 20,
    imageSizeGranularity: 64 << 10,
    bootHeader: .arm64Image)
}
