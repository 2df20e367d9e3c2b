// SPDX-License-Identifier: Apache-2.0 OR GPL-2.0-only
import SignatureLists

/// What a firmware's variables say before it runs for the first time.
extension VariableFlash {
  private static let globalVariable = guid(
    0x8be4_df61, 0x93ca, 0x11d2, [0xaa, 0x0d, 0x00, 0xe0, 0x98, 0x03, 0x2b, 0x8c])
  private static let securityDatabase = guid(
    0xd719_b2cb, 0x3d3a, 0x4596, [0xa3, 0xbc, 0xda, 0xd0, 0x0e, 0x67, 0x65, 0x6f])
  /// EDK2's own: gEfiSecureBootEnableDisableGuid.
  private static let secureBootEnable = guid(
    0xf0a3_0bc7, 0xaf08, 0x4556, [0x99, 0xc4, 0x00, 0x10, 0x09, 0xc9, 0x3a, 0x44])

  /// Secure Boot, with what is on a list as platform key, key exchange key and only authorized signature (UEFI 2.10,
  /// 32.3 and 32.4).
  mutating func enableSecureBoot(_ signatures: SignatureLists) throws(Failure) {
    let list = signatures.bytes
    let attributes: Attributes = [.nonVolatile, .bootService, .runtime, .timeBasedAuthenticatedWrite]
    try add("PK", Self.globalVariable, attributes, list)
    try add("KEK", Self.globalVariable, attributes, list)
    try add("db", Self.securityDatabase, attributes, list)
    try add("SecureBootEnable", Self.secureBootEnable, [.nonVolatile, .bootService], [1])
  }

  /// A boot option, the first and only one (3.1.3), that starts `path` on whichever disk has it (3.1.2: the short form of
  /// a file's device path).
  ///
  /// - Parameters:
  ///   - path: with backslashes
  ///   - options: the image's load options; nil: none
  mutating func addBootOption(_ path: String, options: String?) throws(Failure) {
    let name = ucs2(path)
    let devicePath = [4, 4] + word(UInt16(4 + name.count)) + name + [0x7f, 0xff, 4, 0]
    let active = UInt32(1)
    let attributes: Attributes = [.nonVolatile, .bootService, .runtime]
    try add(
      "Boot0000", Self.globalVariable, attributes,
      word(active) + word(UInt16(devicePath.count)) + ucs2("Virgil's guest") + devicePath + (options.map(ucs2) ?? []))
    try add("BootOrder", Self.globalVariable, attributes, word(UInt16(0)))
  }
}
