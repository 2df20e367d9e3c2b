// SPDX-License-Identifier: Apache-2.0 OR GPL-2.0-only
import Foundation

/// A file's bytes in memory that ends at an inaccessible page: a read beyond them kills the test.
final class GuardedFile {
  private let mapping: UnsafeMutableRawPointer
  private let length: Int
  let bytes: UnsafeMutableRawBufferPointer

  init(_ content: some Collection<UInt8>) {
    let page = Int(pageSize)
    let room = (content.count + page - 1) / page * page
    length = room + page
    mapping = mmap(nil, length, PROT_READ | PROT_WRITE, MAP_PRIVATE | MAP_ANONYMOUS, -1, 0)!
    precondition(mapping != MAP_FAILED && mprotect(mapping + room, page, PROT_NONE) == 0)
    bytes = UnsafeMutableRawBufferPointer(start: mapping + (room - content.count), count: content.count)
    bytes.copyBytes(from: content)
  }

  deinit { munmap(mapping, length) }

  /// Calls `body` with all bytes. A view does not keep its bytes alive, so there is no way to take it along.
  func withView<Result, Failure: Error>(_ body: (ByteView) throws(Failure) -> Result) throws(Failure) -> Result {
    defer { extendLifetime(self) }
    return try body(ByteView(UnsafeRawBufferPointer(bytes)))
  }
}
