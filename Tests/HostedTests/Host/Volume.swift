// SPDX-License-Identifier: Apache-2.0 OR GPL-2.0-only
import Testing

/// The file system on offer, as a payload works with it.
final class Volume {
  let machine: HostMachine
  let archive: GuardedFile
  private let back: GuardedFile?
  let handle: UnsafeMutableRawPointer
  let root: File

  /// - Parameter seals: the first archive is the sealed one
  init(_ bytes: [UInt8], behind: [UInt8]? = nil, seals: Bool = false) throws {
    machine = try HostMachine()
    archive = GuardedFile(bytes)
    back = behind.map { GuardedFile($0) }
    let front = ByteView(UnsafeRawBufferPointer(archive.bytes))
    try machine.firmware.publishFileSystem(
      front, back.map { ByteView(UnsafeRawBufferPointer($0.bytes)) }, sealed: seals ? front : nil)
    let count = Out<UInt64>(0)
    let list = Out<UnsafeMutablePointer<UnsafeMutableRawPointer?>?>(nil)
    #expect(efi(machine.boot.LocateHandleBuffer, 2, GUID.simpleFileSystem.buffer, nil, count, list) == .success)
    #expect(count.value == 1)
    handle = try #require(list.value?.pointee)
    #expect(efi(machine.boot.FreePool, list.value) == .success)
    let table = Out<UnsafeMutablePointer<EFI_SIMPLE_FILE_SYSTEM_PROTOCOL>?>(nil)
    #expect(efi(machine.boot.HandleProtocol, handle, GUID.simpleFileSystem.buffer, table) == .success)
    let system = try #require(table.value)
    #expect(system.pointee.Revision == 0x10000)
    let file = Out<UnsafeMutablePointer<EFI_FILE_PROTOCOL>?>(nil)
    #expect(efi(system.pointee.OpenVolume, system, file) == .success)
    root = File(try #require(file.value))
  }

  /// An open file.
  struct File: Word {
    let table: UnsafeMutablePointer<EFI_FILE_PROTOCOL>
    init(_ table: UnsafeMutablePointer<EFI_FILE_PROTOCOL>) { self.table = table }
    var word: UInt64 { table.word }
    var members: EFI_FILE_PROTOCOL { table.pointee }

    func open(_ name: String, mode: UInt64 = 1) -> (status: Status, file: File?) {
      let out = Out<UnsafeMutablePointer<EFI_FILE_PROTOCOL>?>(nil)
      let status = efi(members.Open, self, out, ucs2(name), mode, 0)
      return (status, out.value.map { File($0) })
    }

    func close() -> Status { efi(members.Close, self) }

    /// At most `count` bytes.
    func read(_ count: Int) -> (status: Status, bytes: [UInt8]) {
      let size = Out(UInt64(count))
      let buffer = Buffer(count: count + 8)
      let status = efi(members.Read, self, size, buffer)
      // Nothing behind what was asked for has been touched.
      #expect(buffer.content[count...].allSatisfy { $0 == 0xa5 })
      return (status, status == .success ? Array(buffer.content[..<Int(size.value)]) : [])
    }

    /// The next file of a folder; nil at its end.
    func next() throws -> Info? {
      let size = Out<UInt64>(0)
      let first = efi(members.Read, self, size, nil)
      if first == .success {
        #expect(size.value == 0)
        return nil
      }
      try #require(first == .bufferTooSmall)
      let buffer = Buffer(count: Int(size.value))
      try #require(efi(members.Read, self, size, buffer) == .success)
      return Info(buffer)
    }

    /// All of a folder, from its start.
    func list() throws -> [Info] {
      #expect(efi(members.SetPosition, self, 0) == .success)
      var all: [Info] = []
      while let info = try next() { all.append(info) }
      return all
    }

    func info(_ type: GUID = .fileInfo) throws -> Buffer {
      let size = Out<UInt64>(0)
      try #require(efi(members.GetInfo, self, type.buffer, size, nil) == .bufferTooSmall)
      let buffer = Buffer(count: Int(size.value))
      try #require(efi(members.GetInfo, self, type.buffer, size, buffer) == .success)
      return buffer
    }
  }

  /// EFI_FILE_INFO.
  struct Info: Equatable {
    let name: String
    let size: UInt64
    let attribute: UInt64
    let modified: [UInt8]

    init(_ buffer: Buffer) {
      let view = buffer.view
      #expect(view.littleEndian(0, as: UInt64.self) == UInt64(view.count))
      #expect(view.littleEndian(8, as: UInt64.self) == view.littleEndian(16, as: UInt64.self))
      size = view.littleEndian(8, as: UInt64.self)!
      attribute = view.littleEndian(72, as: UInt64.self)!
      modified = Array(view.slice(56, count: 16)!.buffer)
      var units: [UInt16] = []
      for offset in stride(from: 80, to: view.count, by: 2) {
        units.append(view.littleEndian(offset, as: UInt16.self)!)
      }
      #expect(units.last == 0)
      name = String(decoding: units.dropLast(), as: UTF16.self)
    }
  }
}
