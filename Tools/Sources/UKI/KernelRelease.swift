// SPDX-License-Identifier: Apache-2.0 OR GPL-2.0-only
import Bytes
import Foundation
import LinuxBoot

/// The release of a Linux kernel, such as `6.12.0-1-amd64`, as its image tells it.
public enum KernelRelease {
  /// - Parameters:
  ///   - kernel: a bzImage, an uncompressed image, or an EFI zboot kernel
  ///   - header: the start of the kernel as it was built, when `kernel` begins otherwise now
  /// - Returns: nil when the image does not say: one that is compressed in another way
  public static func find(in kernel: ByteView, header: ByteView? = nil) -> String? {
    if let header = SetupHeader(kernel) {
      return header.kernelVersion.flatMap { text(upTo: UInt8(ascii: " "), in: $0) }
    }
    if ZbootKernel.isThere(header ?? kernel) {
      // A release has 64 characters at most; its banner has them behind the prefix, in front of " (".
      return ZbootKernel(header: header, of: kernel)?.unpack(overlap: 128) { banner(in: $0) }
    }
    return banner(in: kernel)
  }

  /// Linux's banner: `Linux version RELEASE (builder) …`.
  private static func banner(in kernel: ByteView) -> String? {
    let prefix = Array("Linux version ".utf8)
    var offset = 0
    while let found = place(of: prefix, in: kernel, from: offset) {
      // There are format strings with the same words; a release starts with a digit and a dot.
      if let rest = kernel.slice(found + prefix.count, count: min(128, kernel.count - found - prefix.count)),
        let first = rest.byte(0), (UInt8(ascii: "0")...UInt8(ascii: "9")).contains(first),
        let release = text(upTo: UInt8(ascii: " "), in: rest), release.contains("."),
        rest.matches("(", at: release.utf8.count + 1)
      {
        return release
      }
      offset = found + 1
    }
    return nil
  }

  private static func place(of pattern: [UInt8], in view: ByteView, from start: Int) -> Int? {
    var offset = start
    let last = view.count - pattern.count
    while offset <= last {
      guard let hit = memchr(view.base + offset, Int32(pattern[0]), view.count - offset) else { return nil }
      let next = UnsafeRawPointer(hit) - view.base
      guard next <= last else { return nil }
      if view.slice(next, count: pattern.count)!.buffer.elementsEqual(pattern) { return next }
      offset = next + 1
    }
    return nil
  }

  /// Printable ASCII without blanks, ended by `end`.
  private static func text(upTo end: UInt8, in view: ByteView) -> String? {
    guard let length = view.firstOffset(of: end), length > 0, let bytes = view.slice(0, count: length),
      bytes.buffer.allSatisfy({ (0x21...0x7e).contains($0) })
    else { return nil }
    return String(decoding: bytes.buffer, as: UTF8.self)
  }
}
