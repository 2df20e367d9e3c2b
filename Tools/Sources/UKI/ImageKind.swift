// SPDX-License-Identifier: Apache-2.0 OR GPL-2.0-only
import Bytes
import LinuxBoot
import PE

/// What an image is for, as far as its headers and sections tell.
public enum ImageKind: String, Codable, Sendable {
  case carriedImage = "carried-image"
  case uki
  case ukiAddon = "uki-addon"
  case ukiStub = "uki-stub"
  case zboot = "zboot"
  case arm64Image = "arm64-image"
  case bzImage = "bzimage"
  case efiApplication = "efi-application"
  case efiBootServiceDriver = "efi-boot-service-driver"
  case efiRuntimeDriver = "efi-runtime-driver"
  case pe

  /// - Parameters:
  ///   - headers: of `file`
  ///   - file: the bytes; for boot headers and `.sdmagic`
  public init(_ headers: PEHeaders, of file: ByteView) {
    self =
      headers.section(named: ".virgil") != nil
      ? .carriedImage : ImageKind(payloadOf: headers, of: file, originalHeaders: file)
  }

  /// What a carried image carries.
  ///
  /// - Parameter originalHeaders: the start of the payload as it was, with its own boot header
  public init(payloadOf headers: PEHeaders, of file: ByteView, originalHeaders: ByteView?) {
    func has(_ name: StaticString) -> Bool { headers.section(named: name) != nil }
    let magic = LoaderInfo.find(headers, of: file)
    if has(".linux") {
      self = .uki
    } else if magic?.hasPrefix("systemd-addon") == true
      || magic == nil && (has(".cmdline") || has(".dtb") || has(".ucode") || has(".initrd"))
    {
      self = .ukiAddon
    } else if magic?.hasPrefix("systemd-stub") == true {
      self = .ukiStub
    } else if let boot = originalHeaders.flatMap({ ImageKind(bootHeader: $0, machine: headers.machine) }) {
      self = boot
    } else {
      switch headers.subsystem {
      case 10: self = .efiApplication
      case 11: self = .efiBootServiceDriver
      case 12: self = .efiRuntimeDriver
      default: self = .pe
      }
    }
  }

  private init?(bootHeader: ByteView, machine: UInt16) {
    if ZbootKernel.isThere(bootHeader) {
      self = .zboot
    } else if machine == PEMachine.arm64, ImageHeader(bootHeader) != nil {
      self = .arm64Image
    } else if SetupHeader(bootHeader) != nil {
      self = .bzImage
    } else {
      return nil
    }
  }

  /// For people.
  public var title: String {
    switch self {
    case .carriedImage: "carried image: a PE file that kexec boots too"
    case .uki: "Unified Kernel Image"
    case .ukiAddon: "UKI add-on"
    case .ukiStub: "UKI stub"
    case .zboot: "compressed kernel with an EFI stub (zboot)"
    case .arm64Image: "arm64 kernel Image with an EFI stub"
    case .bzImage: "x86 bzImage with an EFI stub"
    case .efiApplication: "EFI application"
    case .efiBootServiceDriver: "EFI boot service driver"
    case .efiRuntimeDriver: "EFI runtime driver"
    case .pe: "PE image that is not for EFI"
    }
  }
}

/// What systemd's images say of themselves in `.sdmagic`: `#### LoaderInfo: systemd-stub 257 ####`.
public enum LoaderInfo {
  /// The name and version; nil when there are none.
  public static func find(_ headers: PEHeaders, of file: ByteView) -> String? {
    guard let section = headers.section(named: ".sdmagic"),
      let bytes = file.slice(Int(section.pointerToRawData), count: Int(section.sizeInFile)), bytes.count <= 4096
    else { return nil }
    let text = String(decoding: bytes.buffer.prefix { (0x20...0x7e).contains($0) }, as: UTF8.self)
    let prefix = "#### LoaderInfo: "
    guard text.hasPrefix(prefix), text.hasSuffix(" ####") else { return nil }
    return String(text.dropFirst(prefix.count).dropLast(5))
  }
}
