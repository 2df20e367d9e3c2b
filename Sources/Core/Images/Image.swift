// SPDX-License-Identifier: Apache-2.0 OR GPL-2.0-only

/// A loaded image: one handle, one `EFI_LOADED_IMAGE_PROTOCOL`, one range of memory.
final class Image {
  let handle: Handle
  /// First byte and size of the image in memory.
  let base: UInt64
  let size: UInt64
  /// Pages that go when the image is unloaded; 0 for the payload that runs where it was put.
  let allocatedPages: UInt64
  let entryPoint: UInt64
  let subsystem: Subsystem
  let parent: Image?
  /// The protocol, in pool memory: payloads read and write it.
  let loadedImage: UnsafeMutablePointer<EFI_LOADED_IMAGE_PROTOCOL>

  var isStarted = false
  /// Where StartImage waits for the entry point to return or for Exit().
  var context: UnsafeMutablePointer<efi_image_context>?
  var exitDataSize: UInt64 = 0
  var exitData: UnsafeMutablePointer<efi_char16>?

  init(
    handle: Handle, base: UInt64, size: UInt64, allocatedPages: UInt64, entryPoint: UInt64, subsystem: Subsystem,
    parent: Image?, loadedImage: UnsafeMutablePointer<EFI_LOADED_IMAGE_PROTOCOL>
  ) {
    self.handle = handle
    self.base = base
    self.size = size
    self.allocatedPages = allocatedPages
    self.entryPoint = entryPoint
    self.subsystem = subsystem
    self.parent = parent
    self.loadedImage = loadedImage
  }
}

/// The subsystems that UEFI knows (UEFI 2.10, 2.1.1), and the memory types that go with them (7.2.1, table 7.5).
enum Subsystem: UInt16 {
  case application = 10
  case bootServiceDriver = 11
  case runtimeDriver = 12

  var codeType: MemoryType {
    switch self {
    case .application: .loaderCode
    case .bootServiceDriver: .bootServicesCode
    case .runtimeDriver: .runtimeServicesCode
    }
  }
  var dataType: MemoryType {
    switch self {
    case .application: .loaderData
    case .bootServiceDriver: .bootServicesData
    case .runtimeDriver: .runtimeServicesData
    }
  }
}
