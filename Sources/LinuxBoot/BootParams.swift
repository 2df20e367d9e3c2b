// SPDX-License-Identifier: Apache-2.0 OR GPL-2.0-only

/// `struct boot_params`, the "zero page" that a 64-bit x86 kernel finds in RSI (Linux, Documentation/arch/x86/boot.rst,
/// "64-bit Boot Protocol", and zero-page.rst).
///
/// ```swift
/// let parameters = try BootParams(page)
/// for entry in parameters.e820 { … }
/// let setup = try parameters.setupValues(read: physicalMemory)
/// ```
public struct BootParams {
  /// Bytes of the page.
  public static let size = 4096
  /// "HdrS".
  static let headerMagic: UInt32 = 0x5372_6448
  /// The first version with `xloadflags`, 64-bit entry and the `ext_` fields.
  static let oldestVersion: UInt16 = 0x020c

  let page: ByteView

  /// - Parameter view: starts with the page; may be longer
  /// - Throws: what makes it something else than a boot_params page.
  public init(_ view: ByteView) throws(BootParamsError) {
    guard let page = view.slice(0, count: Self.size) else { throw .truncated(present: view.count) }
    self.page = page
    // Not `boot_flag`: `kexec -c` leaves 0x0055 there, and a kernel does not look at it.
    guard self[Fields.header] == Self.headerMagic else { throw .noSetupHeader(header: self[Fields.header]) }
    guard self[Fields.version] >= Self.oldestVersion else { throw .oldProtocol(self[Fields.version]) }
    guard Int(self[Fields.e820_entries]) <= E820Table.capacity else {
      throw .tooManyE820Entries(self[Fields.e820_entries])
    }
  }

  /// The value of a field, by its name in the kernel's documentation.
  public subscript<Value: FixedWidthInteger>(_ field: Field<Value>) -> Value {
    // The page is whole, and no field of `Fields` reaches beyond it.
    page[field] ?? 0
  }

  /// Whether the page was filled in by a loader that did not clear it first: it then left the kernel's own
  /// 0xff in `sentinel`, and the fields around the setup header hold rubbish.
  public var isDirty: Bool { self[Fields.sentinel] != 0 }

  /// The high half of a 64-bit value; 0 when the page is dirty, as Linux's `sanitize_boot_params` has it.
  private func extended(_ low: Field<UInt32>, _ high: Field<UInt32>) -> UInt64 {
    UInt64(self[low]) | (isDirty ? 0 : UInt64(self[high]) << 32)
  }

  /// `cmd_line_ptr` with `ext_cmd_line_ptr`; nil when there is no command line.
  public var commandLineAddress: UInt64? {
    let address = extended(Fields.cmd_line_ptr, Fields.ext_cmd_line_ptr)
    return address == 0 ? nil : address
  }

  /// The command line without its NUL, read a page at a time since nothing says how long it is.
  ///
  /// - Parameter limit: in bytes; a longer one is refused
  /// - Returns: nil when there is none, when it is not NUL-terminated within `limit`, or cannot be read.
  public func commandLine(limit: Int = 1 << 20, read: MemoryReader) -> ByteView? {
    guard let start = commandLineAddress else { return nil }
    var length = 0
    while length < limit {
      let (address, overflow) = start.addingReportingOverflow(UInt64(length))
      guard !overflow else { return nil }
      // Up to the next page boundary: what lies behind it may not be memory.
      let step = min(4096 - Int(address & 4095), limit - length)
      guard let chunk = read(address, step) else { return nil }
      if let end = chunk.firstOffset(of: 0) { return read(start, length + end) }
      length += step
    }
    return nil
  }

  /// `ramdisk_image` and `ramdisk_size` with their `ext_` halves; nil when there is no initrd or it wraps round.
  public var ramdisk: PhysicalRange? {
    let address = extended(Fields.ramdisk_image, Fields.ext_ramdisk_image)
    let size = extended(Fields.ramdisk_size, Fields.ext_ramdisk_size)
    return address == 0 || size == 0 ? nil : PhysicalRange(address: address, size: size)
  }

  /// `acpi_rsdp_addr`; nil when the loader left finding it to the kernel.
  public var acpiRSDP: UInt64? {
    let address = self[Fields.acpi_rsdp_addr]
    return address == 0 ? nil : address
  }

  /// The first node of the `setup_data` list; nil when the list is empty.
  public var setupDataAddress: UInt64? {
    let address = self[Fields.setup_data]
    return address == 0 ? nil : address
  }

  /// The memory map's entries in the page itself; `setupValues` has those that did not fit.
  public var e820: E820Table {
    // The count was checked against the table's capacity.
    let size = Int(self[Fields.e820_entries]) * E820Table.entrySize
    return E820Table(page.slice(Fields.e820_table, count: size) ?? page)
  }

  /// `efi_info`; nil when the first kernel was not started by EFI.
  public var efi: EFIInfo? { EFIInfo(self) }
}

/// Why bytes are not a boot_params page.
public enum BootParamsError: Error, Equatable {
  case truncated(present: Int)
  case noSetupHeader(header: UInt32)
  case oldProtocol(UInt16)
  case tooManyE820Entries(UInt8)
}

extension BootParamsError: CustomStringConvertible {
  public var description: String {
    switch self {
    case .truncated(let present):
      "boot_params: \(present) bytes are there, \(BootParams.size) are needed"
    case .noSetupHeader(let header):
      "boot_params: header is 0x\(String(header, radix: 16)); a setup header has \"HdrS\" (0x53726448) at 0x202"
    case .oldProtocol(let version):
      "boot_params: protocol version 0x\(String(version, radix: 16)) has no 64-bit entry; 0x20c or later is needed"
    case .tooManyE820Entries(let count):
      "boot_params: e820_entries is \(count); the table at 0x2d0 holds \(E820Table.capacity)"
    }
  }
}
