// SPDX-License-Identifier: Apache-2.0 OR GPL-2.0-only

/// The memory map: the one truth about every page.
///
/// Regions are sorted, do not overlap, and neighbours that are alike are one. There is no limit on their number.
/// The key changes exactly when what GetMemoryMap reports changes.
public final class MemoryMap {
  public private(set) var regions: [MemoryRegion] = []
  /// `MapKey` (UEFI 2.10, 7.2.3).
  public private(set) var key: UInt64 = 1

  public init() {}

  /// The index of the first region that ends after `address`.
  public func index(endingAfter address: UInt64) -> Int {
    var low = 0
    var high = regions.count
    while low < high {
      let middle = (low + high) / 2
      if regions[middle].end > address { high = middle } else { low = middle + 1 }
    }
    return low
  }

  /// The region that `address` lies in.
  public func region(at address: UInt64) -> MemoryRegion? {
    let index = index(endingAfter: address)
    guard index < regions.count, regions[index].start <= address else { return nil }
    return regions[index]
  }

  /// Whether [start, end) lies in regions that all satisfy `condition`, without a hole.
  public func covers(_ start: UInt64, _ end: UInt64, where condition: (MemoryRegion) -> Bool) -> Bool {
    var position = start
    var index = index(endingAfter: start)
    while position < end {
      guard index < regions.count, regions[index].start <= position, condition(regions[index]) else { return false }
      position = regions[index].end
      index += 1
    }
    return true
  }

  /// Puts `region` into the map in place of whatever was there.
  ///
  /// - Precondition: it is page-aligned, not empty, and ends below 2^64.
  public func set(_ region: MemoryRegion) {
    precondition(region.start.isPageAligned && region.pages > 0 && region.end > region.start)
    let visible = !covers(region.start, region.end) { $0.looksLike(region) }
    let first = index(endingAfter: region.start)
    var last = first  // one past the last region touched
    while last < regions.count, regions[last].start < region.end { last += 1 }

    var pieces: [MemoryRegion] = []
    pieces.reserveCapacity(3)
    if first < last, regions[first].start < region.start {
      var front = regions[first]
      front.pages = (region.start - front.start) / pageSize
      pieces.append(front)
    }
    pieces.append(region)
    if first < last, regions[last - 1].end > region.end {
      var back = regions[last - 1]
      back.pages = (back.end - region.end) / pageSize
      back.start = region.end
      pieces.append(back)
    }
    regions.replaceSubrange(first..<last, with: pieces)
    merge(from: first > 0 ? first - 1 : 0, through: first + pieces.count)
    if visible { key &+= 1 }
  }

  /// Changes the regions of [start, end) one by one; holes stay holes.
  public func update(_ start: UInt64, _ end: UInt64, _ change: (inout MemoryRegion) -> Void) {
    var position = start
    while position < end {
      let index = index(endingAfter: position)
      guard index < regions.count, regions[index].start < end else { return }
      var piece = regions[index]
      let pieceStart = max(piece.start, position)
      let pieceEnd = min(piece.end, end)
      piece.start = pieceStart
      piece.pages = (pieceEnd - pieceStart) / pageSize
      change(&piece)
      set(piece)
      position = pieceEnd
    }
  }

  private func merge(from first: Int, through last: Int) {
    var index = first
    var limit = min(last, regions.count - 1)
    while index < limit {
      if regions[index].end == regions[index + 1].start, regions[index].isLike(regions[index + 1]) {
        regions[index].pages += regions[index + 1].pages
        regions.remove(at: index + 1)
        limit -= 1
      } else {
        index += 1
      }
    }
  }

  /// The highest run of `pages` conventional pages that ends at or below `limit + 1`, aligned to `alignment` bytes.
  ///
  /// Page 0 is never given out: a null pointer must not point at anything.
  public func findFree(pages: UInt64, limit: UInt64, alignment: UInt64) -> UInt64? {
    let (size, overflow) = pages.multipliedReportingOverflow(by: pageSize)
    guard !overflow, pages > 0 else { return nil }
    var index = regions.count - 1
    while index >= 0 {
      let region = regions[index]
      index -= 1
      guard region.type == .conventional, region.start <= limit else { continue }
      let end = region.end - 1 > limit ? (limit &+ 1).alignedDown(pageSize) : region.end
      let low = max(region.start, pageSize)
      guard end > low, end - low >= size else { continue }
      let start = (end - size).alignedDown(alignment)
      if start >= low { return start }
    }
    return nil
  }

  /// The descriptors that GetMemoryMap reports: regions that look alike are merged.
  ///
  /// - Returns: how many there are. `body` gets the start, the pages and the region they look like.
  @discardableResult
  public func forEachDescriptor(_ body: (UInt64, UInt64, MemoryRegion) -> Void) -> Int {
    var count = 0
    var index = 0
    while index < regions.count {
      let first = regions[index]
      var end = first.end
      index += 1
      while index < regions.count, regions[index].start == end, regions[index].looksLike(first) {
        end = regions[index].end
        index += 1
      }
      body(first.start, (end - first.start) / pageSize, first)
      count += 1
    }
    return count
  }
}
