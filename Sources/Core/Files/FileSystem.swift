// SPDX-License-Identifier: Apache-2.0 OR GPL-2.0-only

/// A read-only file system over an archive that is in memory: Simple File System (UEFI 2.10, 13.4).
final class FileSystem {
  let tree: FileTree
  let handle: Handle
  let interface: UnsafeMutablePointer<EFI_SIMPLE_FILE_SYSTEM_PROTOCOL>
  /// The archive, of those on offer, that was verified with the payload.
  let sealed: ByteView?
  /// All that is open, in a chain: what a payload hands over must be among it.
  private var files: UnsafeMutablePointer<OpenFile>?

  /// An open file or folder, in pool memory: the payload sees its front.
  struct OpenFile {
    var file: EFI_FILE_PROTOCOL
    var next: UnsafeMutablePointer<OpenFile>?
    var node: FileTree.Node
    /// In bytes; of a folder, the archive's offset to go on at.
    var position: UInt64
  }

  init(
    tree: FileTree, handle: Handle, interface: UnsafeMutablePointer<EFI_SIMPLE_FILE_SYSTEM_PROTOCOL>, sealed: ByteView?
  ) {
    self.tree = tree
    self.sealed = sealed
    self.handle = handle
    self.interface = interface
  }

  /// The open file that a payload means.
  func file(_ this: UnsafeMutableRawPointer?) -> UnsafeMutablePointer<OpenFile>? {
    var next = files
    while let file = next {
      if UnsafeMutableRawPointer(file) == this { return file }
      next = file.pointee.next
    }
    return nil
  }

  /// Whether what a payload has opened is a file of the sealed archive, or just one of `verified`.
  func isSealed(_ this: UnsafeMutableRawPointer, or verified: [PhysicalRange]) -> Bool {
    guard let file = file(this), let data = tree.ownEntry(file.pointee.node)?.data else { return false }
    if let sealed, data.base >= sealed.base, data.base < sealed.base + sealed.count { return true }
    for range in verified where range.address == UInt64(UInt(bitPattern: data.base)) && range.size == UInt64(data.count)
    {
      return true
    }
    return false
  }

  func open(_ node: FileTree.Node, _ pool: Pool) throws(Status) -> UnsafeMutableRawPointer {
    let memory = try pool.allocate(.bootServicesData, size: UInt64(MemoryLayout<OpenFile>.size))
    let file = memory.assumingMemoryBound(to: OpenFile.self)
    efi_fill_file(&file.pointee.file)
    file.pointee.next = files
    file.pointee.node = node
    file.pointee.position = 0
    files = file
    return memory
  }

  func close(_ this: UnsafeMutablePointer<OpenFile>, _ pool: Pool) {
    if files == this {
      files = this.pointee.next
    } else {
      var before = files
      while let file = before, file.pointee.next != this { before = file.pointee.next }
      before?.pointee.next = this.pointee.next
    }
    try? pool.free(UnsafeMutableRawPointer(this))
  }

  /// 13.5.2: from a folder, or with a backslash in front from the root.
  func find(_ path: ByteView, from start: FileTree.Node) -> FileTree.Node? {
    var node = path.byte(0) == 0x5c ? .root : start
    var rest: ByteView? = path
    while let path = rest {
      let (name, tail) = path.split(at: 0x5c)
      rest = tail
      if name.count == 0 { continue }
      guard tree.isFolder(node), name.firstOffset(of: 0x2f) == nil else { return nil }
      if name.equals(".") { continue }
      let found = name.equals("..") ? tree.parent(of: node) : tree.find(name, in: node)?.node
      guard let found else { return nil }
      node = found
    }
    return node
  }

  /// 13.5.5: bytes of a file, or the next of a folder's files.
  func read(
    _ file: UnsafeMutablePointer<OpenFile>, _ size: UnsafeMutablePointer<UInt64>, _ buffer: UnsafeMutableRawPointer?
  )
    throws(Status)
  {
    let node = file.pointee.node
    let position = file.pointee.position
    guard tree.isFolder(node) else {
      let data = tree.ownEntry(node)?.data
      // The position may be beyond the end: then it is a device's error.
      guard let data, position <= UInt64(data.count) else { throw .deviceError }
      size.pointee = min(size.pointee, UInt64(data.count) - position)
      guard size.pointee > 0 else { return }
      guard let buffer else { throw .invalidParameter }
      buffer.copyMemory(from: data.base + Int(position), byteCount: Int(size.pointee))
      file.pointee.position += size.pointee
      return
    }
    var offset = Int(truncatingIfNeeded: position)
    guard let next = tree.next(in: node, from: &offset) else {
      size.pointee = 0
      return
    }
    try FileInformation.file.write(tree, next, size, buffer)
    file.pointee.position = UInt64(offset)
  }
}

extension GUID {
  /// The device path of the file system: a medium of Virgil's own (10.3.5.3).
  static let virgilFileSystem = GUID(0x7669_7267, 0x696c, 0x6669, 0x6c65_7379_7374_656d)
}

extension FileSystem {
  /// Where an image is among the files when nobody says.
  static var imagePath: ByteView {
    let path: StaticString = "EFI/Linux/image.efi"
    return ByteView(UnsafeRawPointer(path.utf8Start), count: path.utf8CodeUnitCount)
  }

  /// The device path of a file: the volume's node, and File Path Media (10.3.5.4) with the path from the root on.
  ///
  /// - Parameters:
  ///   - path: UTF-8 with slashes, the first of which may be absent; of more than 4 KiB nothing is made
  ///   - onVolume: false: there is no volume, and so no node of it
  static func devicePath(of path: ByteView, onVolume: Bool, _ pool: Pool) throws(Status) -> UnsafeMutableRawPointer {
    guard path.count <= 4096 else { throw .loadError }
    let nameSize = UTF8Decoder.writeUTF16(path, to: nil) + (path.byte(0) == 0x2f ? 0 : 2)
    var builder = DevicePathBuilder()
    if onVolume { builder.appendVendor(type: DevicePathType.media, .virgilFileSystem) }
    let start = builder.bytes.count + 4
    builder.append(type: DevicePathType.media, subType: 4, data: [UInt8](repeating: 0, count: nameSize))
    builder.appendEnd()
    let memory = try pool.copy(builder.bytes, .bootServicesData)
    UTF8Decoder.writeUTF16(path, to: memory + start + nameSize - UTF8Decoder.writeUTF16(path, to: nil))
    var offset = start
    while offset < start + nameSize {
      let unit = memory.loadUnaligned(fromByteOffset: offset, as: UInt16.self)
      if unit == 0x2f || offset == start { memory.storeBytes(of: 0x5c, toByteOffset: offset, as: UInt16.self) }
      offset += 2
    }
    return memory
  }
}

extension Firmware {
  /// The contents of a file on offer, where they lie.
  ///
  /// - Parameter path: from the root on, with slashes between the names
  public func contents(of path: ByteView) -> ByteView? {
    guard let tree = fileSystem?.tree, let (node, _) = tree.find(path, in: .root) else { return nil }
    return tree.ownEntry(node)?.data
  }

  /// Offers an archive, or two as one, as a file system. They stay where they are, and are read from there.
  ///
  /// - Parameters:
  ///   - front: whose files are seen where both have one of a name
  ///   - sealed: the one of them that was verified with the payload
  /// - Throws: VOLUME_CORRUPTED, OUT_OF_RESOURCES.
  public func publishFileSystem(_ front: ByteView, _ back: ByteView? = nil, sealed: ByteView? = nil) throws(Status) {
    let tree: FileTree
    do throws(CPIOError) {
      tree = try FileTree(CPIOArchive(front), back.map { CPIOArchive($0) })
    } catch {
      log.write(.error) { $0.text("the sidecar archive is damaged at offset ").hex(UInt64(error.offset)) }
      throw .volumeCorrupted
    }
    let memory = try pool.allocate(.bootServicesData, size: UInt64(MemoryLayout<EFI_SIMPLE_FILE_SYSTEM_PROTOCOL>.size))
    let interface = memory.assumingMemoryBound(to: EFI_SIMPLE_FILE_SYSTEM_PROTOCOL.self)
    efi_fill_simple_file_system(interface)
    var path = DevicePathBuilder()
    path.appendVendor(type: DevicePathType.media, .virgilFileSystem)
    path.appendEnd()
    let pathAddress = UInt(bitPattern: try pool.copy(path.bytes, .bootServicesData))
    let handle = handles.install(.devicePath, pathAddress, on: nil, events: events)
    handles.install(.simpleFileSystem, UInt(bitPattern: memory), on: handle, events: events)
    fileSystem = FileSystem(tree: tree, handle: handle, interface: interface, sealed: sealed)
  }
}
