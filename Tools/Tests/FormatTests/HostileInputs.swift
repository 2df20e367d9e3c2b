// SPDX-License-Identifier: Apache-2.0 OR GPL-2.0-only
//
// Ways to feed readers bytes that they must survive.
import Bytes
import Foundation

/// Bytes that end exactly at an inaccessible page: a read beyond them kills the test.
final class GuardedBytes {
  private let mapping: UnsafeMutableRawPointer
  private let pages: Int
  private let capacity: Int
  private static let pageSize = Int(sysconf(Int32(_SC_PAGESIZE)))

  init(capacity: Int) {
    self.capacity = (capacity + Self.pageSize - 1) / Self.pageSize * Self.pageSize
    pages = self.capacity + Self.pageSize
    mapping = mmap(nil, pages, PROT_READ | PROT_WRITE, MAP_PRIVATE | MAP_ANONYMOUS, -1, 0)
    precondition(mapping != MAP_FAILED)
    precondition(mprotect(mapping + self.capacity, Self.pageSize, PROT_NONE) == 0)
  }

  deinit { munmap(mapping, pages) }

  /// A view of a copy of `bytes`; valid until the next call.
  func view(_ bytes: some Collection<UInt8>) -> ByteView {
    precondition(bytes.count <= capacity)
    let start = mapping + (capacity - bytes.count)
    UnsafeMutableRawBufferPointer(start: start, count: bytes.count).copyBytes(from: bytes)
    return ByteView(start, count: bytes.count)
  }
}

/// SplitMix64: the same mutations in every run.
struct SeededGenerator: RandomNumberGenerator {
  var state: UInt64
  mutating func next() -> UInt64 {
    state &+= 0x9e37_79b9_7f4a_7c15
    var z = state
    z = (z ^ z >> 30) &* 0xbf58_476d_1ce4_e5b9
    z = (z ^ z >> 27) &* 0x94d0_49bb_1331_11eb
    return z ^ z >> 31
  }
}

/// Calls `body` with `count` variations of `bytes`: single bits and bytes changed, words set to values that
/// overflow, spans copied over others, ends cut off.
func forEachMutation(of bytes: [UInt8], count: Int, seed: UInt64, _ body: (ByteView) -> Void) {
  var random = SeededGenerator(state: seed)
  let guarded = GuardedBytes(capacity: bytes.count)
  let extremes: [UInt32] = [0, 1, 0x7fff_ffff, 0x8000_0000, 0xffff_fff0, 0xffff_ffff, UInt32(bytes.count)]
  for _ in 0..<count {
    var mutated = bytes
    for _ in 0..<Int.random(in: 1...4, using: &random) {
      let place = Int.random(in: 0..<mutated.count, using: &random)
      switch Int.random(in: 0..<5, using: &random) {
      case 0: mutated[place] ^= 1 << UInt8.random(in: 0..<8, using: &random)
      case 1: mutated[place] = UInt8.random(in: 0...255, using: &random)
      case 2:
        let word = extremes.randomElement(using: &random)!
        for (index, offset) in (place & ~3..<min(place & ~3 + 4, mutated.count)).enumerated() {
          mutated[offset] = UInt8(truncatingIfNeeded: word >> UInt32(24 - 8 * index))
        }
      case 3:
        let length = Int.random(in: 0...min(24, mutated.count - place), using: &random)
        let source = Int.random(in: 0...mutated.count - length, using: &random)
        mutated.replaceSubrange(place..<place + length, with: Array(mutated[source..<source + length]))
      default:
        if Int.random(in: 0..<8, using: &random) == 0 { mutated.removeLast(mutated.count - max(place, 1)) }
      }
    }
    body(guarded.view(mutated))
  }
}

/// Calls `body` with every proper prefix of `bytes`.
func forEachTruncation(of bytes: [UInt8], _ body: (ByteView, Int) -> Void) {
  let guarded = GuardedBytes(capacity: bytes.count)
  for length in 0..<bytes.count { body(guarded.view(bytes[0..<length]), length) }
}

/// Physical memory for readers that follow addresses: a run of bytes at an address, and nothing around it.
struct TestMemory {
  let base: UInt64
  let bytes: ByteView

  func read(_ address: UInt64, _ size: Int) -> ByteView? {
    guard address >= base, let offset = Int(exactly: address - base) else { return nil }
    return bytes.slice(offset, count: size)
  }
}

extension ByteView {
  var text: String { String(decoding: buffer, as: UTF8.self) }
}

extension Array where Element == UInt8 {
  func withView<Result>(_ body: (ByteView) throws -> Result) rethrows -> Result {
    try withUnsafeBytes { try body(ByteView($0)) }
  }

  mutating func set<Value: FixedWidthInteger>(_ value: Value, at offset: Int) {
    Swift.withUnsafeBytes(of: value.littleEndian) { replaceSubrange(offset..<offset + $0.count, with: $0) }
  }

  /// Makes `range` add up to 0 by way of its byte at `offset`.
  mutating func fixChecksum(at offset: Int, over range: Range<Int>) {
    self[offset] = 0
    self[offset] = 0 &- self[range].reduce(0, &+)
  }
}

/// Where a program is, when it is installed.
func findProgram(_ name: String) -> URL? {
  for folder in (ProcessInfo.processInfo.environment["PATH"] ?? "").split(separator: ":") {
    let url = URL(fileURLWithPath: String(folder)).appendingPathComponent(name)
    if FileManager.default.isExecutableFile(atPath: url.path) { return url }
  }
  return nil
}

/// Runs a program and returns what it writes to a file whose path the arguments contain.
func runProgram(_ name: String, output: String, _ arguments: (URL) -> [String]) throws -> [UInt8] {
  guard let program = findProgram(name) else { throw CocoaError(.fileNoSuchFile) }
  let folder = FileManager.default.temporaryDirectory.appendingPathComponent("virgil-\(UUID().uuidString)")
  try FileManager.default.createDirectory(at: folder, withIntermediateDirectories: true)
  defer { try? FileManager.default.removeItem(at: folder) }
  let process = Process()
  process.executableURL = program
  process.arguments = arguments(folder)
  process.standardError = FileHandle.nullDevice
  process.standardInput = FileHandle.nullDevice
  try process.run()
  process.waitUntilExit()
  return try [UInt8](Data(contentsOf: folder.appendingPathComponent(output)))
}
