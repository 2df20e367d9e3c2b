// SPDX-License-Identifier: Apache-2.0 OR GPL-2.0-only

/// AllocatePool and FreePool (UEFI 2.10, 7.2.4 and 7.2.5).
///
/// Small blocks are cut from one-page slabs of one memory type and one size; larger ones are pages of their own.
/// Every block can be told from a stranger's pointer: its page belongs to the emulator, starts with a header that
/// carries its own address, and the slab's bitmap knows which blocks are out.
public final class Pool {
  let pages: PageAllocator

  /// Block sizes. A slab's first 64 bytes are its header; blocks are 16-byte aligned (7.2.4 asks for 8).
  private static let sizes: [Int] = [32, 64, 96, 144, 192, 288, 448, 576, 1008, 1344, 2016]
  private static let headerSize = 64

  /// For one memory type: the first slab of each size that has a free block, 0 when there is none.
  private struct Slabs {
    let type: MemoryType
    var heads: [UInt64]
  }
  private var slabs: [Slabs] = []

  public init(pages: PageAllocator) { self.pages = pages }

  /// The header at the start of a slab or of a large block, in its own page.
  private struct Header {
    let page: UInt64
    static let slabMagic: UInt64 = 0x42_414c_5347_5256  // "VRGSLAB"
    static let largeMagic: UInt64 = 0x45_4752_414c_5256  // "VRLARGE"

    private func word(_ index: Int) -> UnsafeMutablePointer<UInt64> {
      UnsafeMutablePointer<UInt64>(bitPattern: UInt(page) + UInt(index * 8))!
    }
    /// The magic, mixed with the address so that a copied header does not pass.
    var magic: UInt64 {
      get { word(0).pointee ^ page }
      nonmutating set { word(0).pointee = newValue ^ page }
    }
    /// A slab's size class, or a large block's number of pages.
    var extent: UInt64 {
      get { word(1).pointee }
      nonmutating set { word(1).pointee = newValue }
    }
    var next: UInt64 {
      get { word(2).pointee }
      nonmutating set { word(2).pointee = newValue }
    }
    var previous: UInt64 {
      get { word(3).pointee }
      nonmutating set { word(3).pointee = newValue }
    }
    /// Bit set: the block is free.
    func freeBits(_ half: Int) -> UInt64 { word(4 + half).pointee }
    func setFreeBits(_ half: Int, _ bits: UInt64) { word(4 + half).pointee = bits }
    var hasFree: Bool { freeBits(0) | freeBits(1) != 0 }
  }

  private static func blocks(ofSize size: Int) -> Int { (Int(pageSize) - headerSize) / size }

  /// - Throws: OUT_OF_RESOURCES.
  public func allocate(_ type: MemoryType, size: UInt64) throws(Status) -> UnsafeMutableRawPointer {
    if let sizeClass = Pool.sizes.firstIndex(where: { UInt64($0) >= size }) {
      return try allocateBlock(type, sizeClass)
    }
    let (total, overflow) = size.addingReportingOverflow(UInt64(Pool.headerSize) + pageSize - 1)
    guard !overflow else { throw .outOfResources }
    let page = try pages.allocate(.anyPages, type: type, pages: total / pageSize, owner: .emulator)
    let header = Header(page: page)
    header.magic = Header.largeMagic
    header.extent = total / pageSize
    return UnsafeMutableRawPointer(bitPattern: UInt(page) + UInt(Pool.headerSize))!
  }

  private func slabIndex(_ type: MemoryType) -> Int {
    if let index = slabs.firstIndex(where: { $0.type == type }) { return index }
    slabs.append(Slabs(type: type, heads: [UInt64](repeating: 0, count: Pool.sizes.count)))
    return slabs.count - 1
  }

  private func allocateBlock(_ type: MemoryType, _ sizeClass: Int) throws(Status) -> UnsafeMutableRawPointer {
    let size = Pool.sizes[sizeClass]
    let index = slabIndex(type)
    if slabs[index].heads[sizeClass] == 0 {
      let page = try pages.allocate(.anyPages, type: type, pages: 1, owner: .emulator)
      let header = Header(page: page)
      header.magic = Header.slabMagic
      header.extent = UInt64(sizeClass)
      header.next = 0
      header.previous = 0
      let count = Pool.blocks(ofSize: size)
      header.setFreeBits(0, count >= 64 ? .max : (1 << UInt64(count)) - 1)
      header.setFreeBits(1, count > 64 ? (1 << UInt64(count - 64)) - 1 : 0)
      slabs[index].heads[sizeClass] = page
    }
    let page = slabs[index].heads[sizeClass]
    let header = Header(page: page)
    let half = header.freeBits(0) != 0 ? 0 : 1
    let bits = header.freeBits(half)
    let block = bits.trailingZeroBitCount + half * 64
    header.setFreeBits(half, bits & (bits - 1))
    if !header.hasFree { unlink(header, index, sizeClass) }
    return UnsafeMutableRawPointer(bitPattern: UInt(page) + UInt(Pool.headerSize + block * size))!
  }

  private func unlink(_ header: Header, _ index: Int, _ sizeClass: Int) {
    if header.previous == 0 {
      slabs[index].heads[sizeClass] = header.next
    } else {
      Header(page: header.previous).next = header.next
    }
    if header.next != 0 { Header(page: header.next).previous = header.previous }
    header.next = 0
    header.previous = 0
  }

  /// - Throws: INVALID_PARAMETER for anything that AllocatePool has not given, or that is free already.
  public func free(_ pointer: UnsafeMutableRawPointer) throws(Status) {
    let address = UInt64(UInt(bitPattern: pointer))
    let page = address.alignedDown(pageSize)
    guard let region = pages.map.region(at: page), region.owner == .emulator, region.type != .conventional,
      page != 0
    else { throw .invalidParameter }
    let header = Header(page: page)
    let offset = Int(address - page)
    switch header.magic {
    case Header.largeMagic:
      guard offset == Pool.headerSize else { throw .invalidParameter }
      let count = header.extent
      header.magic = 0
      try pages.free(page, pages: count, owner: .emulator)
    case Header.slabMagic:
      try freeBlock(header, offset, region.type)
    default:
      throw .invalidParameter
    }
  }

  private func freeBlock(_ header: Header, _ offset: Int, _ type: MemoryType) throws(Status) {
    guard header.extent < UInt64(Pool.sizes.count) else { throw .invalidParameter }
    let sizeClass = Int(header.extent)
    let size = Pool.sizes[sizeClass]
    guard offset >= Pool.headerSize, (offset - Pool.headerSize) % size == 0 else { throw .invalidParameter }
    let block = (offset - Pool.headerSize) / size
    guard block < Pool.blocks(ofSize: size) else { throw .invalidParameter }
    let bit = UInt64(1) << UInt64(block % 64)
    let bits = header.freeBits(block / 64)
    guard bits & bit == 0 else { throw .invalidParameter }

    let index = slabIndex(type)
    let wasFull = !header.hasFree
    header.setFreeBits(block / 64, bits | bit)
    if wasFull {
      let head = slabs[index].heads[sizeClass]
      header.next = head
      header.previous = 0
      if head != 0 { Header(page: head).previous = header.page }
      slabs[index].heads[sizeClass] = header.page
    }
    let free = header.freeBits(0).nonzeroBitCount + header.freeBits(1).nonzeroBitCount
    if free == Pool.blocks(ofSize: size), header.next != 0 || header.previous != 0 {
      // Keep one empty slab of each size: a caller that allocates and frees in turn must not change the map.
      unlink(header, index, sizeClass)
      header.magic = 0
      try pages.free(header.page, pages: 1, owner: .emulator)
    }
  }
}
