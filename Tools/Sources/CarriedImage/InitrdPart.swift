// SPDX-License-Identifier: Apache-2.0 OR GPL-2.0-only
import Bytes
import PE
import UKI

/// One of the initrds that the kernel gets joined. Files of a later one replace those of an earlier one; of microcode, the
/// first counts (systemd-stub(7)).
public struct InitrdPart: Codable, Sendable, Equatable {
  public enum Source: String, Codable, Sendable {
    /// The section `.ucode`.
    case microcode
    /// What is given when the image is loaded, by `kexec --initrd`.
    case given
    /// What the image carries beside the payload.
    case carried
    /// The section `.initrd`.
    case section
    /// What systemd-stub packs: credentials, extensions, PCR signatures, os-release, the profile.
    case packed
  }

  public var source: Source
  /// In bytes; nil: it is not known before it is loaded.
  public var size: Int?
  /// Of a section: the number of the profile that it belongs to; nil: all that have none of their own.
  public var profile: Int?

  /// The initrds of an image, in the order in which the kernel sees them.
  ///
  /// - Parameters:
  ///   - headers: the payload's, or those of the image that carries it
  ///   - kind: the payload's
  ///   - carried: bytes of what goes with it; nil: it is no carried image; 0: nothing goes with it
  ///   - merges: whether the payload's stub takes what a boot loader gives
  public static func all(
    of headers: PEHeaders, kind: ImageKind, carried: Int?, merges: Bool = true
  ) -> [InitrdPart] {
    let isKernel = [.uki, .zboot, .arm64Image, .bzImage].contains(kind)
    guard isKernel || carried ?? 0 > 0 else { return [] }
    var parts = sections(".ucode", .microcode, headers)
    if carried != nil || merges { parts.append(InitrdPart(source: .given)) }
    if let carried, carried > 0 { parts.append(InitrdPart(source: .carried, size: carried)) }
    parts += sections(".initrd", .section, headers)
    if kind == .uki { parts.append(InitrdPart(source: .packed)) }
    return parts
  }

  /// The sections of a name. What follows a `.profile` is that profile's (UAPI.5).
  private static func sections(_ name: StaticString, _ source: Source, _ headers: PEHeaders) -> [InitrdPart] {
    var profile: Int?
    var parts: [InitrdPart] = []
    for section in headers.sections {
      if section.isNamed(".profile") { profile = (profile ?? -1) + 1 }
      if section.isNamed(name) {
        parts.append(InitrdPart(source: source, size: Int(section.sizeInMemory), profile: profile))
      }
    }
    return parts
  }
}

extension InitrdPart: CustomStringConvertible {
  public var description: String {
    let bytes = size.map { ", \($0) bytes" } ?? ""
    let owner = profile.map { " of profile @\($0)" } ?? ""
    switch source {
    case .microcode: return ".ucode\(owner)\(bytes)"
    case .given: return "what is given when it is loaded (kexec --initrd)"
    case .carried: return "what it carries along\(bytes)"
    case .section: return ".initrd\(owner)\(bytes)"
    case .packed: return "what systemd-stub packs: credentials, extensions, os-release and the like"
    }
  }
}
