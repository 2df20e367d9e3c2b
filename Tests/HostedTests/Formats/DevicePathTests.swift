// SPDX-License-Identifier: Apache-2.0 OR GPL-2.0-only
import Testing

/// UEFI 2.10, 10.3.
struct DevicePathTests {
  private let guids = (0..<4).map { GUID(low: UInt64($0), high: 7) }

  private func bytes(_ numbers: [Int], end: Bool = true) -> [UInt8] {
    var builder = DevicePathBuilder()
    for number in numbers { builder.appendVendor(type: DevicePathType.hardware, guids[number]) }
    if end { builder.appendEnd() }
    return builder.bytes
  }

  @Test func builtPathsAreWalked() throws {
    var builder = DevicePathBuilder()
    builder.appendMemoryMapped(.loaderCode, start: 0x1000, end: 0x1fff)
    builder.appendVendor(type: DevicePathType.media, .linuxInitrdMedia)
    builder.append(type: DevicePathType.messaging, subType: 99, data: [])
    builder.appendEnd()
    try GuardedFile(builder.bytes).withView { view in
      let path = try #require(DevicePath(view.base))
      #expect(path.size == 24 + 20 + 4 + 4 && path.sizeWithoutEnd == 48 && !path.isMultiInstance)
      let memory = path.node(at: 0)
      #expect(memory.type == 1 && memory.subType == 3 && memory.data.littleEndian(4, as: UInt64.self) == 0x1000)
      let vendor = path.node(at: 24)
      #expect(vendor.type == 4 && vendor.subType == 3 && GUID(at: vendor.data.base) == .linuxInitrdMedia)
      #expect(path.node(at: 44).data.count == 0 && path.node(at: 48).isEndOfPath)
    }
  }

  @Test func prefixesAreWholeNodes() throws {
    func isPrefix(_ a: [UInt8], _ b: [UInt8]) throws -> Bool {
      try GuardedFile(a).withView { a in
        try GuardedFile(b).withView { b in
          try #require(DevicePath(a.base)).isPrefix(of: try #require(DevicePath(b.base)))
        }
      }
    }
    #expect(try isPrefix(bytes([]), bytes([])) && isPrefix(bytes([]), bytes([1])))
    #expect(try isPrefix(bytes([1, 2]), bytes([1, 2])) && isPrefix(bytes([1]), bytes([1, 2, 3])))
    #expect(try !isPrefix(bytes([1, 2]), bytes([1])) && !isPrefix(bytes([2]), bytes([1, 2])))
    // The same bytes, but one node of the longer path swallows the front of the shorter one's second.
    let outer: [UInt8] = [1, 4, 8, 0, 1, 4, 4, 0, 0x7f, 0xff, 4, 0]
    let split: [UInt8] = [1, 4, 8, 0, 1, 4, 4, 0, 1, 4, 4, 0, 0x7f, 0xff, 4, 0]
    #expect(try isPrefix(outer, split) && !isPrefix(split, outer))
  }

  @Test(arguments: [0, 1, 2, 3] as [UInt8])
  func nodesBelowTheirHeaderAreMalformed(_ length: UInt8) {
    GuardedFile([1, 4, length, 0, 0x7f, 0xff, 4, 0]).withView { #expect(DevicePath($0.base) == nil) }
    GuardedFile(bytes([1], end: false) + [1, 1, length, 0]).withView { #expect(DevicePath($0.base) == nil) }
  }

  @Test func pathsWithoutEndAreGivenUp() {
    let endless = [UInt8]([1, 1, 4, 0] as [UInt8]).repeated(DevicePath.limit / 4)
    GuardedFile(endless).withView { #expect(DevicePath($0.base) == nil) }
    GuardedFile([1, 1, 0xff, 0xff] + [UInt8](repeating: 0, count: 100_000)).withView {
      #expect(DevicePath($0.base) == nil)
    }
    let path = bytes([1, 2])
    for limit in 0..<path.count {
      GuardedFile(path[..<max(limit, 4)]).withView { #expect(DevicePath($0.base, limit: limit) == nil) }
    }
    GuardedFile(path).withView { #expect(DevicePath($0.base, limit: path.count)?.size == path.count) }
  }

  @Test func severalInstancesAreSeen() throws {
    let two = bytes([1], end: false) + [0x7f, 0x01, 4, 0] + bytes([2])
    try GuardedFile(two).withView { view in
      let path = try #require(DevicePath(view.base))
      #expect(path.isMultiInstance && path.size == two.count)
    }
  }
}

extension Array {
  fileprivate func repeated(_ count: Int) -> [Element] { (0..<count).flatMap { _ in self } }
}
