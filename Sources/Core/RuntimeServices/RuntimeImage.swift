// SPDX-License-Identifier: Apache-2.0 OR GPL-2.0-only

/// The image that provides the runtime services once the emulator is gone: loaded into runtime services memory
/// beforehand, since nothing may be allocated at ExitBootServices.
final class RuntimeImage {
  private let base: UInt64
  private let fill: UInt64

  /// Bits of `EFI_RT_PROPERTIES_TABLE.RuntimeServicesSupported` (UEFI 2.10, 4.6.2): what runtime.c fills in.
  ///
  /// SetVariable is not among them: after ExitBootServices a variable that is not non-volatile can only be read (8.2.3).
  static let supported: UInt32 =
    supportsGetVariable | supportsGetNextVariableName | supportsSetVirtualAddressMap
    | supportsConvertPointer | supportsQueryVariableInfo
  static let supportsGetVariable: UInt32 = 0x10
  static let supportsGetNextVariableName: UInt32 = 0x20
  static let supportsSetVirtualAddressMap: UInt32 = 0x80
  static let supportsConvertPointer: UInt32 = 0x100
  static let supportsResetSystem: UInt32 = 0x400
  static let supportsQueryVariableInfo: UInt32 = 0x2000

  /// Copies the image into runtime services memory, relocates and protects it.
  ///
  /// - Throws: LOAD_ERROR for a file that is no runtime image, OUT_OF_RESOURCES.
  init(file: ByteView, pages: PageAllocator, platform: any Platform) throws(Status) {
    guard file.count >= MemoryLayout<virgil_runtime_header>.size else { throw .loadError }
    let header = file.base.loadUnaligned(as: virgil_runtime_header.self)
    guard header.magic == VIRGIL_RUNTIME_MAGIC, header.version == VIRGIL_RUNTIME_VERSION,
      header.file_size <= UInt64(file.count), header.memory_size >= header.file_size,
      header.memory_size < 1 << 24, header.memory_size.isPageAligned, header.data.isPageAligned,
      header.data > 0, header.data < header.memory_size, header.fill < header.data,
      header.relocations <= header.relocations_end,
      let table = file.slice(
        Int(clamping: header.relocations), count: Int(clamping: header.relocations_end - header.relocations))
    else { throw .loadError }

    let count = header.memory_size / pageSize
    base = try pages.allocate(.anyPages, type: .runtimeServicesCode, pages: count, owner: .emulator)
    fill = base + header.fill
    do throws(Status) {
      try RuntimeImage.layOut(file, header, table, at: base, pages, platform)
    } catch {
      try? pages.free(base, pages: count, owner: .emulator)
      throw error
    }
  }

  private static func layOut(
    _ file: ByteView, _ header: virgil_runtime_header, _ table: ByteView, at base: UInt64, _ pages: PageAllocator,
    _ platform: any Platform
  ) throws(Status) {
    let memory = UnsafeMutableRawBufferPointer(
      start: UnsafeMutableRawPointer(bitPattern: UInt(base)), count: Int(header.memory_size))
    memory.initializeMemory(as: UInt8.self, repeating: 0)
    memory.copyMemory(from: UnsafeRawBufferPointer(rebasing: file.buffer[..<Int(header.file_size)]))
    guard RELR.apply(table, to: memory, displacement: base) else { throw .loadError }
    platform.synchronizeInstructions(address: base, size: header.data)
    // To the end of the allocation, so that no granule has pages of two kinds (2.3.6).
    guard let size = header.memory_size.alignedUp(pages.runtimeGranularity),
      pages.protect(base, base + header.data, .readOnly),
      pages.protect(base + header.data, base + size, .executeProtect)
    else { throw .outOfResources }
  }

  /// Puts its services into the runtime services table.
  func takeOver(_ parameters: UnsafeMutablePointer<virgil_runtime_parameters>) {
    efi_call_runtime_fill(fill, parameters)
  }
}

extension Firmware {
  /// Loads the runtime image, and says in EFI_RT_PROPERTIES_TABLE what it offers.
  ///
  /// - Parameter reset: how it resets the machine; nil: it cannot.
  public func loadRuntimeImage(_ file: ByteView, reset: virgil_reset_record? = nil) throws(Status) {
    if let reset { runtime.parameters.pointee.reset = reset }
    runtimeImage = try RuntimeImage(file: file, pages: pages, platform: platform)
    var properties: [UInt8] = []
    properties.appendLittleEndian(UInt16(1))  // Version
    properties.appendLittleEndian(UInt16(8))  // Length
    properties.appendLittleEndian(RuntimeImage.supported | (reset == nil ? 0 : RuntimeImage.supportsResetSystem))
    let table = try pool.copy(properties, .runtimeServicesData)
    try systemTable.install(.runtimePropertiesTable, UInt(bitPattern: table))
  }
}
