// SPDX-License-Identifier: Apache-2.0 OR GPL-2.0-only
import Bytes
import Testing

@testable import UKI

@Suite("zboot kernels")
struct ZbootKernelTests {
  /// A kernel's banner, in the last of `size` bytes that hold nothing else.
  private static func kernel(_ size: Int) -> [UInt8] {
    let banner = Array("Linux version 6.12.0-test (me@here) #1\n\0".utf8)
    return [UInt8](repeating: 0x55, count: size - banner.count) + banner
  }

  /// RFC 1952, with blocks that are stored (RFC 1951, 3.2.4).
  private static func gzip(_ bytes: [UInt8]) -> [UInt8] {
    var file: [UInt8] = [0x1f, 0x8b, 8, 0, 0, 0, 0, 0, 0, 3]
    var rest = bytes[...]
    while !rest.isEmpty {
      let part = rest.prefix(0xffff)
      rest = rest.dropFirst(part.count)
      let size = UInt16(part.count)
      file +=
        [rest.isEmpty ? 1 : 0, UInt8(size & 0xff), UInt8(size >> 8), UInt8(~size & 0xff), UInt8(~size >> 8)] + part
    }
    return file + little(crc32(bytes)) + little(UInt32(bytes.count))
  }

  /// RFC 8878, one segment of raw blocks.
  private static func zstd(_ bytes: [UInt8]) -> [UInt8] {
    var file: [UInt8] = [0x28, 0xb5, 0x2f, 0xfd, 0xa0] + little(UInt32(bytes.count))
    var rest = bytes[...]
    while !rest.isEmpty {
      let part = rest.prefix(0x10000)
      rest = rest.dropFirst(part.count)
      file += little(UInt32(part.count << 3) | (rest.isEmpty ? 1 : 0)).prefix(3) + part
    }
    return file
  }

  private static func crc32(_ bytes: [UInt8]) -> UInt32 {
    ~bytes.reduce(UInt32.max) { crc, byte in
      (0..<8).reduce(crc ^ UInt32(byte)) { value, _ in value & 1 == 0 ? value >> 1 : value >> 1 ^ 0xedb8_8320 }
    }
  }

  private static func little(_ value: UInt32) -> [UInt8] {
    (0..<4).map { UInt8(truncatingIfNeeded: value >> (8 * $0)) }
  }

  /// A header of zboot-header.S and what was compressed.
  private static func zboot(_ payload: [UInt8], offset: UInt32 = 0x100, size: UInt32? = nil) -> [UInt8] {
    var file = Array("MZ\0\0zimg".utf8) + little(offset) + little(size ?? UInt32(payload.count))
    file += [UInt8](repeating: 0, count: 0x100 - file.count)
    return file + payload
  }

  private func release(_ bytes: [UInt8], header: [UInt8]? = nil) -> String? {
    bytes.withUnsafeBytes { bytes in
      (header ?? []).withUnsafeBytes { other in
        KernelRelease.find(in: ByteView(bytes), header: header == nil ? nil : ByteView(other))
      }
    }
  }

  @Test(arguments: [100, 1 << 20, 1 << 20 + 60, 3 << 20 + 10])
  func `The release is found in what is unpacked, wherever the parts of it end`(size: Int) {
    let kernel = Self.kernel(size)
    #expect(release(Self.zboot(Self.gzip(kernel))) == "6.12.0-test")
    #expect(release(Self.zboot(Self.zstd(kernel))) == "6.12.0-test")
  }

  @Test func `What is no longer a zboot kernel by its header still has its payload`() {
    let file = Self.zboot(Self.gzip(Self.kernel(5000)))
    let other = Array("MZ".utf8) + [UInt8](repeating: 7, count: 0xfe) + file[0x100...]
    #expect(release(other) == nil)
    #expect(release(other, header: Array(file[..<0x40])) == "6.12.0-test")
  }

  @Test func `A payload that lies outside of the file, is cut or is damaged has no release`() {
    let packed = Self.gzip(Self.kernel(100_000))
    #expect(release(Self.zboot(packed, offset: 0xffff_ff00)) == nil)
    #expect(release(Self.zboot(packed, size: UInt32(packed.count + 1))) == nil)
    #expect(release(Self.zboot(packed, size: 0)) == nil)
    #expect(release(Self.zboot(packed, size: 50_000)) == nil)
    #expect(release(Array(Self.zboot(packed).prefix(10))) == nil)
    #expect(release(Self.zboot(Array("no archive at all".utf8))) == nil)
    var damaged = packed
    damaged[12] ^= 0xff
    #expect(release(Self.zboot(damaged)) == nil)
  }

  @Test func `No more is unpacked than the limit says`() {
    let file = Self.zboot(Self.gzip(Self.kernel(3 << 20)))
    file.withUnsafeBytes { bytes in
      var largest = 0
      var parts = 0
      let result: Bool? = ZbootKernel(of: ByteView(bytes))?.unpack(overlap: 64, limit: 1 << 20) {
        largest = max(largest, $0.count)
        parts += 1
        return nil
      }
      #expect(result == nil)
      #expect(largest <= 1 << 20 + 64)
      #expect(parts > 0 && parts < 40)
    }
  }
}
