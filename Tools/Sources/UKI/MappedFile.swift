// SPDX-License-Identifier: Apache-2.0 OR GPL-2.0-only
import Bytes
import Foundation

/// A file as bytes, mapped: an image of any size costs no memory of its own.
///
/// The file must not shrink while it is mapped.
public final class MappedFile {
  /// Why a file cannot be read: a matter of the machine, not of what is in the file.
  public struct Failure: Error, CustomStringConvertible {
    public let path: String
    public let reason: String
    public var description: String { "\(path): cannot read: \(reason)" }
  }

  public let path: String
  /// The bytes, without anything that keeps them there: they are gone with this object, which the optimiser lets go
  /// after its last use. Prefer `withBytes`; else hold on with `withExtendedLifetime`.
  public let unsafeBytes: ByteView
  /// What is to be given back: nothing, a mapping, or memory of this object's own.
  private enum Memory { case none, mapped, allocated }
  private let memory: Memory

  /// Bytes of this program in a file's stead.
  ///
  /// - Parameter name: what errors call it
  public init(named name: String, bytes: [UInt8]) {
    path = name
    let copy = UnsafeMutableRawBufferPointer.allocate(byteCount: bytes.count, alignment: 16)
    copy.copyBytes(from: bytes)
    unsafeBytes = ByteView(UnsafeRawBufferPointer(copy))
    memory = .allocated
  }

  /// Maps the file at `path`. Throws `Failure`.
  public convenience init(path: String) throws(Failure) {
    let file = open(path, O_RDONLY | O_CLOEXEC)
    guard file >= 0 else { throw Failure(path: path, reason: String(cString: strerror(errno))) }
    defer { close(file) }
    try self.init(descriptor: file, path: path)
  }

  /// Maps what an open file holds now.
  ///
  /// - Parameters:
  ///   - descriptor: stays the caller's to close
  ///   - path: what errors call it
  public init(descriptor: Int32, path: String) throws(Failure) {
    self.path = path
    var status = stat()
    guard fstat(descriptor, &status) == 0 else {
      throw Failure(path: path, reason: String(cString: strerror(errno)))
    }
    guard status.st_mode & S_IFMT == S_IFREG else { throw Failure(path: path, reason: "not a regular file") }
    let count = Int(status.st_size)
    guard count > 0 else {
      memory = .none
      unsafeBytes = ByteView(UnsafeRawBufferPointer(start: nil, count: 0))
      return
    }
    guard let address = mmap(nil, count, PROT_READ, MAP_PRIVATE, descriptor, 0), address != MAP_FAILED else {
      throw Failure(path: path, reason: String(cString: strerror(errno)))
    }
    memory = .mapped
    unsafeBytes = ByteView(UnsafeRawPointer(address), count: count)
  }

  /// Calls `body` with the bytes, which are good until it returns.
  public func withBytes<Result>(_ body: (ByteView) throws -> Result) rethrows -> Result {
    try withExtendedLifetime(self) { try body(unsafeBytes) }
  }

  deinit {
    let start = UnsafeMutableRawPointer(mutating: unsafeBytes.base)
    switch memory {
    case .none: break
    case .mapped: munmap(start, unsafeBytes.count)
    case .allocated: start.deallocate()
    }
  }
}
