// SPDX-License-Identifier: Apache-2.0 OR GPL-2.0-only
//
// What LoadImage lets become an image while Secure Boot is on (UEFI 2.10, 7.4.1 and 32.5), or the first kernel is in
// lockdown.

extension Firmware {
  /// Refuses bytes that nobody has verified.
  ///
  /// There are no certificates here to check a signature with: who started the emulator has verified the payload as a
  /// whole, and that is what counts. Verified are
  /// - bytes inside an image that is loaded: it was verified itself, and only its own code, or that of another such image,
  ///   can have changed it since. systemd-stub's kernel is a section of the stub; firmware it has to talk into this, by a
  ///   hook in the Security2 protocol;
  /// - files that are sealed in the carried image, read from our own file system;
  /// - files among the sidecars whose own signature the first kernel has verified, read from there, or bytes inside of them
  ///   where they lie.
  ///
  /// The status is that of firmware which denies rather than defers: the image is not loaded.
  public func authenticate(_ file: ByteView, isSealed: Bool) throws(Status) {
    guard takesOnlyVerified, !isSealed else { return }
    let start = UInt64(UInt(bitPattern: file.base))
    let size = UInt64(file.count)
    for image in images where start >= image.base && size <= image.size && start - image.base <= image.size - size {
      return
    }
    for file in verifiedFiles
    where start >= file.address && size <= file.size && start - file.address <= file.size - size {
      return
    }
    log.write(.warning) { $0.text("nobody has verified the image at ").hex(start).text(": not loaded") }
    throw .accessDenied
  }
}
