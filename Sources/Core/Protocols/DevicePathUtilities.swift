// SPDX-License-Identifier: Apache-2.0 OR GPL-2.0-only
//
// EFI_DEVICE_PATH_UTILITIES_PROTOCOL (UEFI 2.10, 10.5). Its functions return a path in pool memory, which the caller
// frees, or NULL: for arguments that are none, and where there is no memory.

/// Pool memory for a path, filled with zeros.
func pathMemory(_ size: Int) -> UnsafeMutableRawPointer? {
  guard let memory = try? firmware.pool.allocate(.bootServicesData, size: UInt64(size)) else { return nil }
  memory.initializeMemory(as: UInt8.self, repeating: 0, count: size)
  return memory
}

private func storeNode(_ place: UnsafeMutableRawPointer, _ type: UInt8, _ subType: UInt8, _ length: Int) {
  let word = UInt32(type) | UInt32(subType) << 8 | UInt32(truncatingIfNeeded: length) << 16
  place.storeBytes(of: word, as: UInt32.self)
}

/// One block of `first`, a separator of `separator` bytes, and `second`.
private func join(
  _ first: UnsafeRawPointer, _ firstSize: Int, separator: Int, _ second: UnsafeRawPointer, _ secondSize: Int,
  end: Int
) -> UnsafeMutableRawPointer? {
  let size = firstSize + separator + secondSize + end
  guard let memory = pathMemory(size) else { return nil }
  memory.copyMemory(from: first, byteCount: firstSize)
  if separator > 0 { storeNode(memory + firstSize, DevicePathType.end, 1, 4) }
  (memory + (firstSize + separator)).copyMemory(from: second, byteCount: secondSize)
  if end > 0 { storeNode(memory + (size - 4), DevicePathType.end, 0xff, 4) }
  return memory
}

/// 10.5.2.
@c @implementation public func virgil_path_size(_ path: UnsafeRawPointer!) -> UInt64 {
  guard let path, let parsed = DevicePath(path) else { return 0 }
  return UInt64(parsed.size)
}

/// 10.5.4, and with one path only 10.5.3.
@c @implementation public func virgil_path_append(
  _ first: UnsafeRawPointer!, _ second: UnsafeRawPointer!
) -> UnsafeMutableRawPointer! {
  guard let first, let front = DevicePath(first) else { return nil }
  guard let second else { return join(first, 0, separator: 0, first, front.size, end: 0) }
  guard let back = DevicePath(second) else { return nil }
  return join(first, front.sizeWithoutEnd, separator: 0, second, back.size, end: 0)
}

/// 10.5.5: without a path the node alone, without a node the path alone.
@c @implementation public func virgil_path_append_node(
  _ path: UnsafeRawPointer!, _ node: UnsafeRawPointer!
) -> UnsafeMutableRawPointer! {
  var length = 0
  if let node {
    length = Int(node.loadUnaligned(fromByteOffset: 2, as: UInt16.self))
    guard length >= 4 else { return nil }
  }
  var front = 0
  if let path {
    guard let parsed = DevicePath(path) else { return nil }
    front = parsed.sizeWithoutEnd
  }
  var nothing: UInt8 = 0
  return withUnsafePointer(to: &nothing) { join(path ?? UnsafeRawPointer($0), front, separator: 0, node ?? UnsafeRawPointer($0), length, end: 4) }
}

/// 10.5.6.
@c @implementation public func virgil_path_append_instance(
  _ path: UnsafeRawPointer!, _ instance: UnsafeRawPointer!
) -> UnsafeMutableRawPointer! {
  guard let instance, let back = DevicePath(instance) else { return nil }
  guard let path else { return join(instance, 0, separator: 0, instance, back.size, end: 0) }
  guard let front = DevicePath(path) else { return nil }
  return join(path, front.sizeWithoutEnd, separator: 4, instance, back.size, end: 0)
}

/// 10.5.7.
@c @implementation public func virgil_path_next_instance(
  _ instance: UnsafeMutablePointer<UnsafeMutableRawPointer?>!, _ size: UnsafeMutablePointer<UInt64>!
) -> UnsafeMutableRawPointer! {
  size?.pointee = 0
  guard let instance, let start = instance.pointee, let path = DevicePath(start) else { return nil }
  var offset = 0
  while !path.node(at: offset).isEnd { offset += path.node(at: offset).bytes.count }
  let isLast = path.node(at: offset).isEndOfPath
  guard let copy = join(start, 0, separator: 0, start, offset, end: 4) else { return nil }
  size?.pointee = UInt64(offset + 4)
  instance.pointee = isLast ? nil : start + (offset + path.node(at: offset).bytes.count)
  return copy
}

/// 10.5.8.
@c @implementation public func virgil_path_is_multi(_ path: UnsafeRawPointer!) -> UInt8 {
  guard let path, let parsed = DevicePath(path) else { return 0 }
  return parsed.isMultiInstance ? 1 : 0
}

/// 10.5.1.
@c @implementation public func virgil_path_create_node(
  _ type: UInt8, _ subType: UInt8, _ length: UInt16
) -> UnsafeMutableRawPointer! {
  guard length >= 4, let memory = pathMemory(Int(length)) else { return nil }
  storeNode(memory, type, subType, Int(length))
  return memory
}
