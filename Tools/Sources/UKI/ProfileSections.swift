// SPDX-License-Identifier: Apache-2.0 OR GPL-2.0-only
import Bytes
import PE

/// A profile that is to be joined to a UKI: an add-on-like image of the sections that differ (UAPI.5, "Multi-Profile UKIs").
public enum ProfileSections {
  public enum Failure: Error, CustomStringConvertible {
    case notPE(PEError)
    case none
    case firstIsNotProfile(String)
    case several
    case sbat

    public var description: String {
      switch self {
      case .notPE(let error): "\(error)"
      case .none: "it has no section that belongs to a profile; make it with --profile, and --cmdline or others"
      case .firstIsNotProfile(let name):
        "its first section that belongs to a profile is \(name), not .profile; make it with --profile"
      case .sbat:
        "its section .sbat would take the place of the whole image's; build the profile on an add-on's stub, which has none"
      case .several: "it has more than one .profile; join the images of single profiles"
      }
    }
  }

  /// What a profile may have of its own.
  private static let names: Set<String> = [
    ".linux", ".osrel", ".cmdline", ".initrd", ".efifw", ".ucode", ".splash", ".dtb", ".uname", ".sbat", ".profile",
  ]

  /// The sections of the image that go into the UKI, in their order.
  ///
  /// - Parameters:
  ///   - image: lives as long as the parts
  ///   - withRelease: whether `.osrel` is one of them; it is not where the main profile has none
  public static func parts(of image: ByteView, withRelease: Bool) throws(Failure) -> [UnifiedKernelImage.Part] {
    let headers: PEHeaders
    do { headers = try PEHeaders(image) } catch { throw .notPE(error) }
    let sections = headers.sections.filter {
      names.contains($0.nameText) && (withRelease || !$0.isNamed(".osrel"))
    }
    guard let first = sections.first else { throw .none }
    guard first.isNamed(".profile") else { throw .firstIsNotProfile(first.nameText) }
    guard sections.filter({ $0.isNamed(".profile") }).count == 1 else { throw .several }
    guard !sections.contains(where: { $0.isNamed(".sbat") }) else { throw .sbat }
    return sections.compactMap { section in
      image.slice(Int(section.pointerToRawData), count: Int(section.sizeInFile))
        .map { UnifiedKernelImage.Part(SectionName(section), .view($0)) }
    }
  }
}
