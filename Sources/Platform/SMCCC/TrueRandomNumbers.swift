// SPDX-License-Identifier: Apache-2.0 OR GPL-2.0-only

/// Functions of the firmware by the SMC calling convention.
enum SMCCC {
  static let psciVersion: UInt64 = 0x8400_0000  // Arm DEN 0022
  static let psciFeatures: UInt64 = 0x8400_000a
  static let version: UInt64 = 0x8000_0000  // Arm DEN 0028
  static let trngVersion: UInt64 = 0x8400_0050  // Arm DEN 0098, 2.1
  static let trngFeatures: UInt64 = 0x8400_0051  // 2.2
  static let trngRandom64: UInt64 = 0xc400_0053  // 2.4
}

/// Whether the firmware offers true random numbers.
///
/// Only firmware that says so knows the functions of SMCCC 1.1; older may do anything when it is called by numbers that
/// it does not know. So each answer is what makes the next question a safe one.
///
/// - Parameter call: calls a function with an argument; w0 of the answer. A version is major << 16 | minor.
func offersTrueRandomNumbers(_ call: (UInt64, UInt64) -> Int32) -> Bool {
  call(SMCCC.psciVersion, 0) >= 0x1_0000 && call(SMCCC.psciFeatures, SMCCC.version) >= 0
    && call(SMCCC.version, 0) >= 0x1_0001 && call(SMCCC.trngVersion, 0) >= 0x1_0000
    && call(SMCCC.trngFeatures, SMCCC.trngRandom64) >= 0
}
