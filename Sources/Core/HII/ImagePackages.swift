// SPDX-License-Identifier: Apache-2.0 OR GPL-2.0-only

extension Firmware {
  /// 7.4.1: an image whose resource directory has an entry named `HII` offers it as a package list on its handle.
  func installPackages(of layout: LaidOutImage, on handle: Handle) {
    guard let base = UnsafeRawPointer(bitPattern: UInt(layout.base)), let size = Int(exactly: layout.size) else {
      return
    }
    let image = ByteView(base, count: size)
    guard let headers = try? PEHeaders(image, layout: .mapped), let directory = headers.dataDirectory(.resource),
      let resources = image.slice(Int(directory.rva), count: Int(directory.size)),
      let packages = hiiResource(resources, image), HIIPackages(at: packages) != nil
    else { return }
    handles.install(.hiiPackageList, UInt(bitPattern: packages), on: handle, events: events)
  }

  /// Three directories (type, name, language), of which the first must name its entry `HII` and the others' first
  /// entries count (PE/COFF specification, "The .rsrc Section").
  private func hiiResource(_ resources: ByteView, _ image: ByteView) -> UnsafeRawPointer? {
    guard var place = named(resources) else { return nil }
    // A directory has 16 bytes of header, then entries of a name and a place; the top bit says: of a directory.
    var isDirectory = true
    for _ in 0..<2 where isDirectory {
      guard let entry = resources.littleEndian(place + 20, as: UInt32.self) else { return nil }
      isDirectory = entry >> 31 != 0
      place = Int(entry & 0x7fff_ffff)
    }
    guard !isDirectory else { return nil }
    guard let rva = resources.littleEndian(place, as: UInt32.self),
      let size = resources.littleEndian(place + 4, as: UInt32.self), size >= 24,
      let data = image.slice(Int(rva), count: Int(size)), let length = data.littleEndian(16, as: UInt32.self),
      length <= size
    else { return nil }
    return data.base
  }

  /// What the root's entry `HII` leads to: a directory's place.
  private func named(_ resources: ByteView) -> Int? {
    guard let count = resources.littleEndian(12, as: UInt16.self) else { return nil }
    for index in 0..<Int(count) {
      guard let name = resources.littleEndian(16 + index * 8, as: UInt32.self),
        let entry = resources.littleEndian(20 + index * 8, as: UInt32.self)
      else { return nil }
      // A name's length in characters, then the name: here both as one number.
      let text = resources.littleEndian(Int(name & 0x7fff_ffff), as: UInt64.self)
      if name >> 31 != 0, entry >> 31 != 0, text == 0x0049_0049_0048_0003 { return Int(entry & 0x7fff_ffff) }
    }
    return nil
  }
}
