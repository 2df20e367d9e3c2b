// SPDX-License-Identifier: Apache-2.0 OR GPL-2.0-only

/// `EFI_MEMORY_TYPE` (UEFI 2.10, 7.2.1). Values from 0x70000000 on belong to OEMs and operating systems.
public struct MemoryType: Equatable, Sendable {
  public let rawValue: UInt32
  @inlinable public init(rawValue: UInt32) { self.rawValue = rawValue }

  public static let reserved = MemoryType(rawValue: 0)
  public static let loaderCode = MemoryType(rawValue: 1)
  public static let loaderData = MemoryType(rawValue: 2)
  public static let bootServicesCode = MemoryType(rawValue: 3)
  public static let bootServicesData = MemoryType(rawValue: 4)
  public static let runtimeServicesCode = MemoryType(rawValue: 5)
  public static let runtimeServicesData = MemoryType(rawValue: 6)
  public static let conventional = MemoryType(rawValue: 7)
  public static let unusable = MemoryType(rawValue: 8)
  public static let acpiReclaim = MemoryType(rawValue: 9)
  public static let acpiNVS = MemoryType(rawValue: 10)
  public static let memoryMappedIO = MemoryType(rawValue: 11)
  public static let memoryMappedIOPortSpace = MemoryType(rawValue: 12)
  public static let palCode = MemoryType(rawValue: 13)
  public static let persistent = MemoryType(rawValue: 14)
  public static let unaccepted = MemoryType(rawValue: 15)

  /// Whether AllocatePages and AllocatePool may be asked for it (7.2.1, 7.2.4).
  @inlinable public var isAllocatable: Bool {
    if rawValue >= 0x7000_0000 { return true }
    return rawValue <= 13 && self != .conventional
  }

  /// Whether images put instructions there.
  @inlinable public var isCode: Bool {
    self == .loaderCode || self == .bootServicesCode || self == .runtimeServicesCode
  }

  /// Whether it stays the firmware's after ExitBootServices and is mapped by the operating system.
  @inlinable public var isRuntime: Bool { self == .runtimeServicesCode || self == .runtimeServicesData }

  /// Whether it is RAM that the emulator maps: everything but reserved, unusable and device ranges.
  @inlinable public var isMappedRAM: Bool {
    switch rawValue {
    case 0, 8, 11, 12, 13, 14, 15: false
    default: true
    }
  }
}

/// Bits of `EFI_MEMORY_DESCRIPTOR.Attribute` (7.2.3).
public enum MemoryAttribute {
  public static let uncacheable: UInt64 = 0x1
  public static let writeCombining: UInt64 = 0x2
  public static let writeThrough: UInt64 = 0x4
  public static let writeBack: UInt64 = 0x8
  public static let readProtect: UInt64 = 0x2000
  public static let executeProtect: UInt64 = 0x4000
  public static let readOnly: UInt64 = 0x20000
  public static let runtime: UInt64 = 1 << 63

  /// What ordinary RAM can do.
  public static let ram = uncacheable | writeCombining | writeThrough | writeBack
}

/// Field offsets of `EFI_MEMORY_DESCRIPTOR` (7.2.3), version 1.
public enum MemoryDescriptor {
  public static let version: UInt32 = 1
  /// 40 bytes of fields and 8 spare ones, so that a caller who ignores DescriptorSize is found out early.
  public static let size = 48

  public static let type = Field<UInt32>(0)
  public static let physicalStart = Field<UInt64>(8)
  public static let virtualStart = Field<UInt64>(16)
  public static let numberOfPages = Field<UInt64>(24)
  public static let attribute = Field<UInt64>(32)
}

/// UEFI's page: 4 KiB on every architecture (7.2).
public let pageSize: UInt64 = 4096

extension UInt64 {
  /// Rounded down to a multiple of `alignment`, a power of two.
  @inlinable public func alignedDown(_ alignment: UInt64) -> UInt64 { self & ~(alignment - 1) }

  /// Rounded up to a multiple of `alignment`, a power of two; nil when that does not fit in 64 bits.
  @inlinable public func alignedUp(_ alignment: UInt64) -> UInt64? {
    let (sum, overflow) = addingReportingOverflow(alignment - 1)
    return overflow ? nil : sum & ~(alignment - 1)
  }

  @inlinable public var isPageAligned: Bool { self & (pageSize - 1) == 0 }
}
