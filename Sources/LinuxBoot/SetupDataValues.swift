// SPDX-License-Identifier: Apache-2.0 OR GPL-2.0-only

/// What the setup_data list says, as values. Where a type occurs twice the later node counts, as in Linux; the
/// entries of all SETUP_E820_EXT nodes add up.
public struct SetupDataValues {
  /// Entries of the memory map that did not fit into the page.
  public var extendedE820: [E820Entry] = []
  /// SETUP_EFI: what `SetVirtualAddressMap` has made unreachable through the system table.
  public var efi: SetupEFI?
  /// SETUP_RNG_SEED: random bytes, where they lie.
  public var randomSeed: ByteView?
  /// SETUP_DTB: a flattened device tree.
  public var deviceTree: ByteView?
  /// SETUP_IMA: the measurement list of the first kernel.
  public var ima: PhysicalRange?
  /// SETUP_KEXEC_KHO.
  public var kexecHandover: KexecHandover?
  /// The list's nodes and what they point at: RAM that must be kept for the next kernel.
  public var memory: [PhysicalRange] = []
}

/// `struct efi_setup_data`: physical addresses.
public struct SetupEFI: Equatable, Sendable {
  public let fw_vendor: UInt64
  /// The EFI configuration tables.
  public let tables: UInt64
  public let smbios: UInt64

  enum Fields {
    static let fw_vendor = Field<UInt64>(0)
    static let tables = Field<UInt64>(16)
    static let smbios = Field<UInt64>(24)
  }

  init?(_ bytes: ByteView) {
    guard let vendor = bytes[Fields.fw_vendor], let tables = bytes[Fields.tables], let smbios = bytes[Fields.smbios]
    else { return nil }
    fw_vendor = vendor
    self.tables = tables
    self.smbios = smbios
  }
}

/// `struct kho_data`: where kexec handover keeps its device tree and its list of scratch areas.
public struct KexecHandover: Equatable, Sendable {
  public let deviceTree: PhysicalRange
  public let scratch: PhysicalRange

  init?(_ bytes: ByteView) {
    guard let deviceTree = pair(bytes, at: 0), let scratch = pair(bytes, at: 16) else { return nil }
    self.deviceTree = deviceTree
    self.scratch = scratch
  }
}

/// Address and size, 8 bytes each.
private func pair(_ bytes: ByteView, at offset: Int) -> PhysicalRange? {
  guard let address = bytes.littleEndian(offset, as: UInt64.self),
    let size = bytes.littleEndian(offset + 8, as: UInt64.self)
  else { return nil }
  return PhysicalRange(address: address, size: size)
}

extension BootParams {
  /// Reads the setup_data list. Types that are not listed in `SetupDataValues` are skipped.
  ///
  /// - Throws: when the list does not end, or points at memory that `read` refuses, or a payload is too short.
  public func setupValues(read: MemoryReader) throws(SetupDataError) -> SetupDataValues {
    var values = SetupDataValues()
    guard let first = setupDataAddress else { return values }
    var failure: SetupDataError?
    try SetupDataList(first: first).forEach(read: read) { item in
      values.memory.append(item.node)
      if item.payload.address < item.node.address || item.payload.end > item.node.end {
        values.memory.append(item.payload)
      }
      do throws(SetupDataError) { try values.take(item, read) } catch { failure = failure ?? error }
    }
    if let failure { throw failure }
    return values
  }
}

extension SetupDataValues {
  fileprivate mutating func take(_ item: SetupData, _ read: MemoryReader) throws(SetupDataError) {
    /// The payload, and a value from it that needs all of its fields.
    func bytes() throws(SetupDataError) -> ByteView {
      guard let size = Int(exactly: item.payload.size), let bytes = read(item.payload.address, size) else {
        throw .unreadable(address: item.payload.address, size: item.payload.size)
      }
      return bytes
    }
    func value<Value>(_ read: (ByteView) -> Value?) throws(SetupDataError) -> Value {
      guard let value = read(try bytes()) else {
        throw .shortPayload(item.type, address: item.payload.address, size: item.payload.size)
      }
      return value
    }
    switch item.type {
    case .e820Extension: for entry in E820Table(try bytes()) { extendedE820.append(entry) }
    case .efi: efi = try value { SetupEFI($0) }
    case .randomSeed: randomSeed = try bytes()
    case .deviceTree: deviceTree = try bytes()
    case .ima: ima = try value { pair($0, at: 0) }
    case .kexecHandover: kexecHandover = try value { KexecHandover($0) }
    default: break
    }
  }
}
