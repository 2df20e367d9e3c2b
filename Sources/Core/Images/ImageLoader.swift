// SPDX-License-Identifier: Apache-2.0 OR GPL-2.0-only

/// Where an image ended up in memory.
struct LaidOutImage {
  let base: UInt64
  let size: UInt64
  /// Pages that were allocated for it; 0 when it runs where it was.
  let allocatedPages: UInt64
  let entryPoint: UInt64
  let subsystem: Subsystem
}

/// Turns PE files into running memory: checks, lays out, relocates, protects.
struct ImageLoader {
  let pages: PageAllocator
  let platform: any Platform
  let log: Log
  /// The PE machine type that this CPU runs.
  let machine: UInt16

  /// Loads a file.
  ///
  /// - Throws: UNSUPPORTED for another machine or subsystem, LOAD_ERROR for a malformed file, OUT_OF_RESOURCES.
  ///   Nothing is leaked.
  func load(file: ByteView) throws(Status) -> LaidOutImage {
    let headers = try parse(file, layout: .file)
    let subsystem = try check(headers)
    let size = try imageSize(headers)
    let base = try place(headers, size: size, subsystem: subsystem)
    do {
      try fill(base, size, from: file, headers)
      try relocate(base, headers)
      try protect(base, size, headers)
    } catch {
      try? pages.free(base, pages: size / pageSize, owner: .emulator)
      throw error
    }
    return LaidOutImage(
      base: base, size: UInt64(headers.sizeOfImage), allocatedPages: size / pageSize,
      entryPoint: base + UInt64(headers.addressOfEntryPoint), subsystem: subsystem)
  }

  /// Makes an image run that lies at its RVAs already. Costs relocations, no copy.
  ///
  /// - Parameters:
  ///   - base: its first byte, on a page boundary
  ///   - size: how many bytes from `base` on are the image's
  func adopt(base: UInt64, size: UInt64) throws(Status) -> LaidOutImage {
    guard base.isPageAligned, let start = UnsafeRawPointer(bitPattern: UInt(base)), let count = Int(exactly: size),
      !base.addingReportingOverflow(size).overflow
    else {
      log.write(.error) { $0.text("no image can lie at ").hex(base).text(": it starts on a page and ends in memory") }
      throw .loadError
    }
    let view = ByteView(start, count: count)
    let headers = try parse(view, layout: .mapped)
    let subsystem = try check(headers)
    guard UInt64(headers.sizeOfImage) <= size else {
      log.write(.error) {
        $0.text("the image says it has ").decimal(UInt64(headers.sizeOfImage)).text(" bytes, but ").decimal(size)
          .text(" were handed over")
      }
      throw .loadError
    }
    try relocate(base, headers)
    let whole = try imageSize(headers)
    let imagePages = whole / pageSize
    pages.map.set(MemoryRegion(start: base, pages: imagePages, type: subsystem.codeType, owner: .emulator))
    try protect(base, whole, headers)
    return LaidOutImage(
      base: base, size: UInt64(headers.sizeOfImage), allocatedPages: 0,
      entryPoint: base + UInt64(headers.addressOfEntryPoint), subsystem: subsystem)
  }

  private func parse(_ bytes: ByteView, layout: PELayout) throws(Status) -> PEHeaders {
    do {
      return try PEHeaders(bytes, layout: layout)
    } catch {
      log.write(.error) { $0.text("not an EFI image: ").text(error.reason) }
      throw .loadError
    }
  }

  private func check(_ headers: PEHeaders) throws(Status) -> Subsystem {
    guard headers.machine == machine else {
      log.write(.error) {
        $0.text("the image is for machine ").hex(UInt64(headers.machine)).text(", this one is ").hex(UInt64(machine))
      }
      throw .unsupported
    }
    guard let subsystem = Subsystem(rawValue: headers.subsystem) else {
      log.write(.error) {
        $0.text("the image has subsystem ").decimal(UInt64(headers.subsystem))
          .text("; an EFI image has 10 (application), 11 or 12 (drivers)")
      }
      throw .unsupported
    }
    return subsystem
  }

  private func imageSize(_ headers: PEHeaders) throws(Status) -> UInt64 {
    guard headers.sizeOfImage > 0, let size = UInt64(headers.sizeOfImage).alignedUp(pageSize) else { throw .loadError }
    return size
  }

  private func place(_ headers: PEHeaders, size: UInt64, subsystem: Subsystem) throws(Status) -> UInt64 {
    if headers.relocationsStripped {
      // It runs at its ImageBase or nowhere. To LoadImage, a place that is taken is a lack of resources (7.4.1).
      do throws(Status) {
        return try pages.allocate(
          .address, type: subsystem.codeType, pages: size / pageSize, address: headers.imageBase, owner: .emulator)
      } catch {
        log.write(.error) { $0.text("the image runs only at ").hex(headers.imageBase).text(", which is not free") }
        throw .outOfResources
      }
    }
    return try pages.allocate(
      .anyPages, type: subsystem.codeType, pages: size / pageSize, owner: .emulator,
      alignment: max(UInt64(headers.sectionAlignment), pageSize))
  }

  /// Copies headers and sections, and clears everything between them.
  private func fill(_ base: UInt64, _ size: UInt64, from file: ByteView, _ headers: PEHeaders) throws(Status) {
    let memory = UnsafeMutableRawPointer(bitPattern: UInt(base))!
    var filled = 0
    func put(_ source: ByteView, at offset: Int) {
      if offset > filled { (memory + filled).initializeMemory(as: UInt8.self, repeating: 0, count: offset - filled) }
      (memory + offset).copyMemory(from: source.base, byteCount: source.count)
      filled = offset + source.count
    }
    guard let head = file.slice(0, count: Int(headers.sizeOfHeaders)) else { throw .loadError }
    put(head, at: 0)
    for section in headers.sections {
      let count = Int(
        min(section.sizeOfRawData, section.virtualSize == 0 ? section.sizeOfRawData : section.virtualSize))
      guard count > 0 else { continue }
      let offset = Int(section.virtualAddress)
      guard let bytes = file.slice(Int(section.pointerToRawData), count: count), offset >= filled,
        UInt64(offset + count) <= size
      else { throw .loadError }
      put(bytes, at: offset)
    }
    let end = Int(size)
    if end > filled { (memory + filled).initializeMemory(as: UInt8.self, repeating: 0, count: end - filled) }
  }

  private func relocate(_ base: UInt64, _ headers: PEHeaders) throws(Status) {
    let memory = UnsafeMutableRawBufferPointer(
      start: UnsafeMutableRawPointer(bitPattern: UInt(base)), count: Int(headers.sizeOfImage))
    do {
      _ = try BaseRelocations.apply(to: memory, headers: headers, delta: base &- headers.imageBase)
    } catch {
      log.write(.error) { $0.text("the image cannot be relocated: ").text(error.reason) }
      throw .loadError
    }
  }

  /// Gives every section its rights.
  ///
  /// Firmware gives none to an image whose sections may share pages, and such an image may count on that: it stays lazy
  /// as a whole, so that each page is what it is used for, and code begins as code.
  private func protect(_ base: UInt64, _ size: UInt64, _ headers: PEHeaders) throws(Status) {
    defer { platform.synchronizeInstructions(address: base, size: size) }
    let sharesPages = headers.sectionAlignment < UInt32(pageSize)
    var position: UInt64 = 0
    // An empty section may have any address: it has no page to protect.
    for section in headers.sections where section.sizeInMemory > 0 {
      let start = UInt64(section.virtualAddress).alignedDown(pageSize)
      let extent = UInt64(section.sizeInMemory)
      guard let end = (UInt64(section.virtualAddress) + extent).alignedUp(pageSize) else { throw .loadError }
      if sharesPages {
        if protection(section.characteristics) == .readOnly,
          !platform.map(address: base + start, size: end - start, access: .readExecute, cache: .writeBack)
        {
          throw .outOfResources
        }
        continue
      }
      if start > position { try protect(base + position, base + start, .constant) }
      try protect(base + start, base + min(end, size), protection(section.characteristics))
      position = min(end, size)
    }
    if position < size, !sharesPages { try protect(base + position, base + size, .executeProtect) }
  }

  private func protect(_ start: UInt64, _ end: UInt64, _ protection: Protection) throws(Status) {
    guard end > start else { return }
    guard pages.protect(start, end, protection) else { throw .outOfResources }
  }

  private func protection(_ characteristics: UInt32) -> Protection {
    let writable = characteristics & 0x8000_0000 != 0  // IMAGE_SCN_MEM_WRITE
    let executable = characteristics & 0x2000_0000 != 0  // IMAGE_SCN_MEM_EXECUTE
    switch (writable, executable) {
    case (true, true): return .lazy
    case (true, false): return .executeProtect
    case (false, true): return .readOnly
    case (false, false): return .constant
    }
  }
}
