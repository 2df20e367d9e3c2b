// SPDX-License-Identifier: Apache-2.0 OR GPL-2.0-only
import CPlatform
import Testing

nonisolated(unsafe) private var complaints: [String] = []

/// The heap is one for the process, as it is on the machine: one test at a time.
@Suite(.serialized) final class HeapTests {
  private static let arena: Void = {
    let size = 4 << 20
    virgil_heap_add(UnsafeMutableRawPointer.allocate(byteCount: size, alignment: 4096), size)
  }()

  init() {
    Self.arena
    complaints = []
    virgil_heap_set_failure_handler { what, _ in complaints.append(String(cString: what!)) }
  }

  @Test func randomUseAgreesWithAModel() {
    struct Block {
      let pointer: UnsafeMutableRawPointer
      let size: Int
      let fill: UInt8
    }
    var random = SplitMix(state: 7)
    var live: [Block] = []
    let whole = virgil_heap_free_bytes()
    func release(_ index: Int) {
      let block = live.swapAt(index)
      let bytes = UnsafeRawBufferPointer(start: block.pointer, count: block.size)
      #expect(bytes.allSatisfy { $0 == block.fill })
      virgil_heap_release(block.pointer)
    }
    for round in 0..<40_000 {
      if random.next() % 5 < 3 || live.isEmpty {
        let size = Int(random.next() % (random.next() % 8 == 0 ? 40_000 : 300))
        let alignment = 1 << Int(random.next() % (random.next() % 8 == 0 ? 13 : 6))
        guard let pointer = virgil_heap_allocate(size, alignment) else {
          release(Int(random.next() % UInt64(live.count)))
          continue
        }
        #expect(UInt(bitPattern: pointer) % UInt(max(16, alignment)) == 0)
        let fill = UInt8(truncatingIfNeeded: round)
        pointer.initializeMemory(as: UInt8.self, repeating: fill, count: size)
        live.append(Block(pointer: pointer, size: size, fill: fill))
      } else {
        release(Int(random.next() % UInt64(live.count)))
      }
    }
    #expect(live.count > 10)
    while !live.isEmpty { release(live.count - 1) }
    #expect(virgil_heap_free_bytes() == whole)
    #expect(complaints == [])
  }

  @Test func everythingJoinsAgain() throws {
    let large = 3 << 20
    let first = try #require(virgil_heap_allocate(large, 16))
    #expect(virgil_heap_allocate(large, 16) == nil)
    virgil_heap_release(first)
    var small: [UnsafeMutableRawPointer] = []
    while let pointer = virgil_heap_allocate(1000, 16) { small.append(pointer) }
    for pointer in small.enumerated() where pointer.offset % 2 == 0 { virgil_heap_release(pointer.element) }
    #expect(virgil_heap_allocate(4000, 16) == nil)
    for pointer in small.enumerated() where pointer.offset % 2 == 1 { virgil_heap_release(pointer.element) }
    virgil_heap_release(try #require(virgil_heap_allocate(large, 16)))
    #expect(complaints == [])
  }

  @Test(arguments: [(Int.max, 16), (1 << 46, 16), (16, 3), (16, 1 << 40)])
  func impossibleRequestsGetNull(size: Int, alignment: Int) {
    #expect(virgil_heap_allocate(size, alignment) == nil)
    #expect(complaints == [])
  }

  @Test func aSecondFreeIsRefused() throws {
    let whole = virgil_heap_free_bytes()
    let (a, b) = (try #require(virgil_heap_allocate(100, 16)), try #require(virgil_heap_allocate(100, 16)))
    virgil_heap_release(a)
    virgil_heap_release(a)
    #expect(complaints.count == 1)
    virgil_heap_release(b)
    virgil_heap_release(b)  // its header was swallowed by its neighbour
    #expect(complaints.count == 2)
    #expect(virgil_heap_free_bytes() == whole)
  }

  @Test func whatIsNoBlockIsRefused() throws {
    let pointer = try #require(virgil_heap_allocate(256, 16))
    pointer.initializeMemory(as: UInt8.self, repeating: 0, count: 256)
    virgil_heap_release(pointer + 64)
    virgil_heap_release(pointer + 1)
    #expect(complaints.count == 2)
    virgil_heap_release(pointer)
    #expect(complaints.count == 2)
  }

  @Test func aWritePastTheEndIsNoticed() throws {
    let (a, b) = (try #require(virgil_heap_allocate(64, 16)), try #require(virgil_heap_allocate(64, 16)))
    let (low, high) = (min(a, b), max(a, b))
    let kept = high.load(fromByteOffset: -16, as: UInt64.self)
    high.storeBytes(of: 0x4141_4141, toByteOffset: -16, as: UInt64.self)
    virgil_heap_release(low)
    virgil_heap_release(high)
    #expect(complaints.count == 2)
    high.storeBytes(of: kept, toByteOffset: -16, as: UInt64.self)
    virgil_heap_release(low)
    virgil_heap_release(high)
    #expect(complaints.count == 2)
  }

  @Test func uselessArenasAreIgnored() {
    let whole = virgil_heap_free_bytes()
    virgil_heap_add(nil, 1 << 20)
    virgil_heap_add(UnsafeMutableRawPointer(bitPattern: 0x1000), 40)
    virgil_heap_add(UnsafeMutableRawPointer(bitPattern: UInt.max - 15), 4096)
    #expect(virgil_heap_free_bytes() == whole)
  }
}

extension Array {
  /// Removes the element at `index` by putting the last one in its place.
  fileprivate mutating func swapAt(_ index: Int) -> Element {
    swapAt(index, count - 1)
    return removeLast()
  }
}
