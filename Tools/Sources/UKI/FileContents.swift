// SPDX-License-Identifier: Apache-2.0 OR GPL-2.0-only
import Bytes

/// What a file will hold, as a list of pieces in file order: nothing is copied before it is written.
public struct FileContents {
  public enum Piece {
    case bytes([UInt8])
    /// Bytes of somebody who outlives this value.
    case view(ByteView)
    case zeros(Int)

    public var count: Int {
      switch self {
      case .bytes(let bytes): bytes.count
      case .view(let view): view.count
      case .zeros(let count): count
      }
    }
  }

  public private(set) var pieces: [Piece] = []
  /// In bytes.
  public private(set) var count = 0

  public init() {}

  public mutating func append(_ piece: Piece) {
    guard piece.count > 0 else { return }
    pieces.append(piece)
    count += piece.count
  }

  /// Fills up with zeros until there are `size` bytes. The contents must not be larger already.
  public mutating func pad(to size: Int) {
    precondition(size >= count)
    append(.zeros(size - count))
  }

  /// Hands the bytes to `write` in order, a few MiB at a time.
  ///
  /// - Parameter progress: is told how many bytes have been written so far
  public func write(
    progress: (Int) -> Void = { _ in }, to write: (UnsafeRawBufferPointer) throws -> Void
  ) throws {
    var done = 0
    func put(_ buffer: UnsafeRawBufferPointer) throws {
      for start in stride(from: 0, to: buffer.count, by: Self.step) {
        let end = min(start + Self.step, buffer.count)
        try write(UnsafeRawBufferPointer(rebasing: buffer[start..<end]))
        done += end - start
        progress(done)
      }
    }
    for piece in pieces {
      switch piece {
      case .bytes(let bytes): try bytes.withUnsafeBytes { try put($0) }
      case .view(let view): try put(view.buffer)
      case .zeros(var rest):
        while rest > 0 {
          let part = min(rest, Self.zeros.count)
          try Self.zeros.withUnsafeBytes { try put(UnsafeRawBufferPointer(rebasing: $0[..<part])) }
          rest -= part
        }
      }
    }
  }

  private static let step = 4 << 20
  private static let zeros = [UInt8](repeating: 0, count: 64 << 10)
}
