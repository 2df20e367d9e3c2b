// SPDX-License-Identifier: Apache-2.0 OR GPL-2.0-only
//
// EFI_DEVICE_PATH_TO_TEXT_PROTOCOL and EFI_DEVICE_PATH_FROM_TEXT_PROTOCOL (UEFI 2.10, 10.6.2 and 10.6.4).

/// Prints a path, or a node, and its NUL.
///
/// - Returns: the length in characters.
@inline(never) private func print(
  _ path: UnsafeRawPointer, size: Int, to text: UnsafeMutableRawPointer?, _ displayOnly: Bool, _ shortcuts: Bool
) -> Int {
  var printer = DevicePathText(printingTo: text, displayOnly: displayOnly, shortcuts: shortcuts)
  var offset = 0
  var isFirst = true
  while offset < size {
    let length = Int(path.loadUnaligned(fromByteOffset: offset + 2, as: UInt16.self))
    let node = DevicePathNode(bytes: ByteView(path + offset, count: length))
    let isSeparator = node.isEnd && node.subType == 1
    if !isFirst, !isSeparator { printer.put(0x2f) }
    isFirst = isSeparator
    printer.print(node)
    offset &+= length
  }
  printer.put(0)
  return printer.at
}

/// 10.6.2.2 and 10.6.2.3.
@c @implementation public func virgil_path_to_text(
  _ path: UnsafeRawPointer!, _ isNode: UInt8, _ displayOnly: UInt8, _ shortcuts: UInt8
) -> UnsafeMutablePointer<efi_char16>! {
  guard let path else { return nil }
  let size: Int
  if isNode != 0 {
    size = Int(path.loadUnaligned(fromByteOffset: 2, as: UInt16.self))
    guard size >= 4 else { return nil }
  } else {
    size = pathSize(path) - 4
    guard size >= 0 else { return nil }
  }
  let count = print(path, size: size, to: nil, displayOnly != 0, shortcuts != 0)
  guard let memory = pathMemory(2 * count) else { return nil }
  _ = print(path, size: size, to: memory, displayOnly != 0, shortcuts != 0)
  return memory.assumingMemoryBound(to: efi_char16.self)
}

@inline(never) private func unit(_ text: UnsafeMutableRawPointer, _ place: Int) -> UInt16 {
  text.loadUnaligned(fromByteOffset: 2 &* place, as: UInt16.self)
}

/// The longest text that is parsed, in characters.
private let textLimit = 1 << 16

/// Parses a path's text up to its NUL.
///
/// - Parameters:
///   - isNode: stops behind the first node, and makes no end node
///   - output: where the path goes: zeros; nil: it is measured
/// - Returns: its size; nil for text that no path can hold.
@inline(never) private func parse(_ text: UnsafeMutableRawPointer, isNode: Bool, _ output: UnsafeMutableRawPointer?)
  -> Int?
{
  var size = 0
  func finish(_ type: UInt8, _ subType: UInt8, _ length: Int) -> Bool {
    guard length <= 0xffff else { return false }
    let word = UInt32(type) | UInt32(subType) << 8 | UInt32(length) << 16
    output?.storeBytes(of: word, toByteOffset: size, as: UInt32.self)
    size &+= length
    return true
  }
  var place = 0
  while unit(text, place) != 0 {
    let start = place
    var depth = 0
    while unit(text, place) != 0, depth > 0 || unit(text, place) != 0x2f && unit(text, place) != 0x2c {
      if unit(text, place) == 0x28 { depth &+= 1 }
      if unit(text, place) == 0x29, depth > 0 { depth &-= 1 }
      place &+= 1
      guard place < textLimit else { return nil }
    }
    if place > start {
      var parser = DevicePathText(parsing: text)
      let data = output.map { $0 + (size &+ 4) }
      if parser.parse(from: start, to: place, data) {
        guard finish(parser.type, parser.subType, parser.end &+ 4) else { return nil }
      } else {
        if let data { data.copyMemory(from: text + 2 &* start, byteCount: 2 &* (place &- start)) }
        guard finish(DevicePathType.media, 4, 4 &+ 2 &* (place &- start &+ 1)) else { return nil }
      }
      if isNode { return size }
    }
    if unit(text, place) == 0x2c { _ = finish(DevicePathType.end, 1, 4) }
    if unit(text, place) != 0 { place &+= 1 }
  }
  if !isNode { _ = finish(DevicePathType.end, 0xff, 4) }
  return size
}

/// 10.6.4.2 and 10.6.4.3.
@c @implementation public func virgil_path_from_text(
  _ text: UnsafePointer<efi_char16>!, _ isNode: UInt8
) -> UnsafeMutableRawPointer! {
  guard let text else { return nil }
  let start = UnsafeMutableRawPointer(mutating: text)
  guard let size = parse(start, isNode: isNode != 0, nil), size > 0, let memory = pathMemory(size) else { return nil }
  _ = parse(start, isNode: isNode != 0, memory)
  return memory
}
