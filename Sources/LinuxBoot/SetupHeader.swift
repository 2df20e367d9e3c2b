// SPDX-License-Identifier: Apache-2.0 OR GPL-2.0-only

/// The real-mode kernel header of an x86 kernel *file* (Linux, Documentation/arch/x86/boot.rst).
///
/// It stands at 0x1f1, the same place as in `boot_params`, so the fields are those of `BootParams.Fields`; `Fields`
/// has the ones that only a file needs.
public struct SetupHeader {
  public enum Fields {
    /// The protected-mode part, in units of 16 bytes.
    public static let syssize = Field<UInt32>(0x1f4)
    /// A jump over the header: its second byte says where the header ends.
    public static let jump = Field<UInt16>(0x200)
    /// Where the version text is, from 0x200 on.
    public static let kernel_version = Field<UInt16>(0x20e)
  }

  /// "HdrS".
  public static let magic: UInt32 = 0x5372_6448
  public static let bootFlag: UInt16 = 0xaa55
  /// Where the header starts.
  public static let start = 0x1f1
  /// The 64-bit entry, from the first byte of the protected-mode part (boot.rst, "64-bit Boot Protocol").
  public static let entry64 = 0x200

  /// Bits of `xloadflags`.
  public enum XLoadFlags {
    public static let kernel64: UInt16 = 1
    public static let canBeLoadedAbove4G: UInt16 = 2
    /// It takes the EFI tables from a kernel that is booted by EFI. kexec-tools hands them over to no other.
    public static let efiKexec: UInt16 = 16
    /// It can be entered with page tables of five levels. A kernel that has them loads no other by kexec_file_load.
    public static let fiveLevel: UInt16 = 32
  }

  private let file: ByteView
  /// The bytes of the file that are the header.
  public let range: Range<Int>

  /// - Returns: nil when there is no header: no boot flag, no "HdrS", or the file ends before it does.
  public init?(_ file: ByteView) {
    guard file[BootParams.Fields.boot_flag] == Self.bootFlag, file[BootParams.Fields.header] == Self.magic,
      let jump = file[Fields.jump]
    else { return nil }
    let end = 0x202 + Int(jump >> 8)
    guard end <= file.count else { return nil }
    self.file = file
    range = Self.start..<end
  }

  /// The value of a field; 0 when this header is too old to have it.
  public subscript<Value: FixedWidthInteger>(_ field: Field<Value>) -> Value {
    field.end <= range.upperBound ? file[field] ?? 0 : 0
  }

  /// File offset of the protected-mode part. `setup_sects` counts sectors behind the first; 0 means 4.
  public var protectedModeOffset: Int {
    let sectors = Int(self[BootParams.Fields.setup_sects])
    return ((sectors == 0 ? 4 : sectors) + 1) * 512
  }

  /// The version text; nil when the header has none.
  public var kernelVersion: ByteView? {
    let offset = Int(self[Fields.kernel_version])
    return offset == 0 ? nil : file.terminated(at: 0x200 + offset)
  }
}
