// SPDX-License-Identifier: Apache-2.0 OR GPL-2.0-only

/// Who may free a page.
public enum PageOwner: UInt8, Sendable {
  /// Nobody: conventional memory, and what the machine's own map keeps.
  case machine
  /// The payload: it came from AllocatePages, FreePages takes it back.
  case payload
  /// The emulator: pools, images, tables. FreePages refuses it.
  case emulator
}

/// What was asked for a page, in the terms of `EFI_MEMORY_ATTRIBUTE_PROTOCOL` (UEFI 2.10, 37.7).
///
/// Without `readOnly` and without `executeProtect`, a page may be written and executed, but never at once: it is
/// mapped writable, and the first instruction fetched from it turns it read-only and executable, until the next write.
public struct Protection: Equatable, Sendable {
  public let rawValue: UInt8
  @inlinable public init(rawValue: UInt8) { self.rawValue = rawValue }

  public static let lazy = Protection(rawValue: 0)
  public static let readOnly = Protection(rawValue: 1)
  public static let executeProtect = Protection(rawValue: 2)
  public static let readProtect = Protection(rawValue: 4)
  /// Data that is not written any more, such as an image's headers.
  public static let constant = Protection(rawValue: 3)

  public func contains(_ other: Protection) -> Bool { rawValue & other.rawValue == other.rawValue }

  /// How a page with this protection is mapped to begin with.
  public var access: Access {
    if contains(.readProtect) { return .none }
    switch (contains(.readOnly), contains(.executeProtect)) {
    case (true, true): return .readOnly
    case (true, false): return .readExecute
    case (false, _): return .readWrite
    }
  }

  /// The protection of fresh memory: data is never executed, code is lazy.
  public static func initial(for type: MemoryType) -> Protection { type.isCode ? .lazy : .executeProtect }
}

/// A run of pages that are alike in everything the emulator knows of them.
public struct MemoryRegion: Equatable, Sendable {
  /// Physical address of the first byte, a multiple of 4 KiB.
  public var start: UInt64
  /// Number of 4 KiB pages, at least 1.
  public var pages: UInt64
  public var type: MemoryType
  /// `EFI_MEMORY_DESCRIPTOR.Attribute`: what the memory is capable of, and EFI_MEMORY_RUNTIME.
  public var attribute: UInt64
  public var owner: PageOwner
  public var protection: Protection

  public init(
    start: UInt64, pages: UInt64, type: MemoryType, attribute: UInt64 = MemoryAttribute.ram,
    owner: PageOwner = .machine, protection: Protection? = nil
  ) {
    self.start = start
    self.pages = pages
    self.type = type
    self.attribute = type.isRuntime ? attribute | MemoryAttribute.runtime : attribute
    self.owner = owner
    self.protection = protection ?? .initial(for: type)
  }

  /// The first address after it. Regions end below 2^64: `MemoryMap` takes no other.
  public var end: UInt64 { start &+ pages &* pageSize }

  /// Whether the emulator's page tables map it: RAM, and what was allocated from it under whatever type.
  var isMapped: Bool { type.isMappedRAM || owner != .machine }

  /// Whether a reader of GetMemoryMap sees no difference.
  func looksLike(_ other: MemoryRegion) -> Bool { type == other.type && attribute == other.attribute }

  /// Whether both can be one region in the emulator's books.
  func isLike(_ other: MemoryRegion) -> Bool {
    looksLike(other) && owner == other.owner && protection == other.protection
  }
}
