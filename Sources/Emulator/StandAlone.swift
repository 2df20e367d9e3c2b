// SPDX-License-Identifier: Apache-2.0 OR GPL-2.0-only

// An emulator that is an image of its own: what it starts is in what kexec loads as an initrd.
//
//     kexec -l virgil-aarch64.img --initrd=payload.efi
//     cat vmlinuz initrd.img > both; kexec -l virgil-aarch64.img --initrd=both
//
// The file is in front. Behind the end that its headers tell, and the zeros that may follow, comes the initrd proper, with or
// without an archive of sidecars. Such an archive can be in front of the file, too; or hold it, laid out like a removable
// medium: then the file is the one that firmware would start from there.
extension Start {
  var isStandAlone: Bool { block.image?.origin == VIRGIL_IMAGE_IN_INITRD.rawValue }

  /// What is left of the initrd when the file to start is taken from its front.
  func behindFile(_ initrd: ByteView?) -> ByteView? {
    guard isStandAlone, let initrd, let file = Self.file(in: initrd) else { return initrd }
    var end = file.count
    while initrd.byte(end) == 0 { end += 1 }
    return end < initrd.count ? initrd.suffix(from: end) : nil
  }

  /// The file to start.
  ///
  /// - Parameter path: where it is among the files on offer; changed when it is one of them
  func fileInInitrd(_ path: inout ByteView?) throws(Failure) -> ByteView {
    var found: ByteView?
    if let initrd = view(RecordType.initrd) {
      // Where there is an archive in front, it has been found whole.
      found = Self.file(in: initrd) ?? ((try? InitrdSidecars.split(initrd)) ?? nil).flatMap { Self.file(in: $0.initrd) }
    }
    if found == nil, let contents = firmware.contents(of: Self.bootFile) {
      found = contents
      path = Self.bootFile
    }
    guard let found else { throw .noFile }
    do throws(Status) {
      // It is not in the image that the first kernel may have verified.
      try firmware.authenticate(found, isSealed: false)
    } catch {
      throw .status(error)
    }
    return found
  }

  /// The PE file that an initrd begins with: all of the initrd when its headers are wrong, for the loader to say how.
  private static func file(in initrd: ByteView) -> ByteView? {
    guard initrd[PEFields.e_magic] == PEFields.dosMagic else { return nil }
    guard let headers = try? PEHeaders(initrd) else { return initrd }
    return initrd.slice(0, count: headers.fileEnd(in: initrd))
  }

  /// UEFI 2.10, 3.5.1.1: what is started from a removable medium.
  private static var bootFile: ByteView {
    #if arch(arm64)
      let path: StaticString = "EFI/BOOT/BOOTAA64.EFI"
    #else
      let path: StaticString = "EFI/BOOT/BOOTX64.EFI"
    #endif
    return ByteView(UnsafeRawPointer(path.utf8Start), count: path.utf8CodeUnitCount)
  }
}
