// SPDX-License-Identifier: Apache-2.0 OR GPL-2.0-only
import SystemPackage

/// What has to be known of an image to place it in a guest.
public struct BootImage: Sendable {
  public let path: FilePath
  /// Bytes of the file.
  public let fileSize: Int
  /// Bytes that it occupies when it starts: `image_size` of an arm64 Image header, `init_size` of an x86 setup
  /// header, at least the file's size.
  public let memorySize: Int
  /// `nil` when the header names neither of the two.
  public let architecture: Architecture?

  public enum Failure: Error, CustomStringConvertible {
    case unreadable(FilePath, Errno)
    case empty(FilePath)
    case tooLarge(FilePath, needs: Int, for: String, memory: Memory)

    public var description: String {
      switch self {
      case .unreadable(let path, let reason): "cannot read \(path): \(reason)"
      case .empty(let path): "\(path) is empty"
      case .tooLarge(let path, let needs, let purpose, let memory):
        "\(path) needs a guest of \(Memory(bytes: needs)) for \(purpose), this one has \(memory): give --memory"
      }
    }
  }

  /// Reads the file's size and header. Throws `Failure`.
  public init(path: FilePath) throws {
    let header: [UInt8]
    do {
      let file = try FileDescriptor.open(path, .readOnly)
      (fileSize, header) = try file.closeAfter {
        var bytes = [UInt8](repeating: 0, count: 64 << 10)
        let count = try bytes.withUnsafeMutableBytes { try file.read(fromAbsoluteOffset: 0, into: $0) }
        return (Int(try file.seek(offset: 0, from: .end)), Array(bytes[..<count]))
      }
    } catch let error as Errno {
      throw Failure.unreadable(path, error)
    }
    guard fileSize > 0 else { throw Failure.empty(path) }
    self.path = path
    architecture = Architecture(header: header)
    let stated: UInt64? =
      if header.has("ARM\u{64}", at: 56) {
        header.littleEndian(UInt64.self, at: 16)
      } else if header.has("HdrS", at: 0x202) {
        header.littleEndian(UInt32.self, at: 0x260).map(UInt64.init)
      } else {
        nil
      }
    memorySize = max(fileSize, stated.map { Int(clamping: $0) } ?? 0)
  }

  /// Checks that the image and `initrd` bytes of initrd can go through kexec in a guest of `memory`.
  ///
  /// At the moment of `kexec -l` they exist up to three times: as files in the initramfs, in the command's buffers and
  /// in the kernel's pages; where they go is a fourth range. The kernel and its initramfs need some themselves.
  public func checkFits(initrd: Int, memory: Memory) throws(Failure) {
    let (files, overflow) = fileSize.addingReportingOverflow(initrd)
    guard !overflow, files < Memory.limit.bytes, memorySize < Memory.limit.bytes else {
      throw .tooLarge(path, needs: Memory.limit.bytes, for: "kexec", memory: memory)
    }
    let needs = 192 << 20 + 3 * files + memorySize + initrd
    guard needs <= memory.bytes else { throw .tooLarge(path, needs: needs, for: "kexec", memory: memory) }
  }
}
