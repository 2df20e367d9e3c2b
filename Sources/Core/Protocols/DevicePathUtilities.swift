// SPDX-License-Identifier: Apache-2.0 OR GPL-2.0-only
//
// EFI_DEVICE_PATH_UTILITIES_PROTOCOL (UEFI 2.10, 10.5). Its functions return a path in pool memory, which the caller
// frees, or NULL: for arguments that are none, and where there is no memory.

/// Pool memory for a path, filled with zeros.
@inline(never) func pathMemory(_ size: Int) -> UnsafeMutableRawPointer? {
  guard let memory = try? firmware.pool.allocate(.bootServicesData, size: UInt64(size)) else { return nil }
  memory.initializeMemory(as: UInt8.self, repeating: 0, count: size)
  return memory
}

private func storeNode(_ place: UnsafeMutableRawPointer, _ type: UInt8, _ subType: UInt8, _ length: Int) {
  let word = UInt32(type) | UInt32(subType) << 8 | UInt32(truncatingIfNeeded: length) << 16
  place.storeBytes(of: word, as: UInt32.self)
}

/// Bytes of a path up to and with its end node; 0 for what is none.
@inline(never) func pathSize(_ path: UnsafeRawPointer) -> Int { DevicePath(path)?.size ?? 0 }

/// One block of `first`, a separator of `separator` bytes, and `second`.
@inline(never) private func join(
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
  guard let path else { return 0 }
  return UInt64(pathSize(path))
}

/// 10.5.4, and with one path only 10.5.3.
@c @implementation public func virgil_path_append(
  _ first: UnsafeRawPointer!, _ second: UnsafeRawPointer!
) -> UnsafeMutableRawPointer! {
  guard let first else { return nil }
  let (front, back) = (pathSize(first), second.map { pathSize($0) })
  guard front > 0, back != 0 else { return nil }
  guard let second, let back else { return join(first, 0, separator: 0, first, front, end: 0) }
  return join(first, front - 4, separator: 0, second, back, end: 0)
}

/// 10.5.5: without a path the node alone, without a node the path alone.
@c @implementation public func virgil_path_append_node(
  _ path: UnsafeRawPointer!, _ node: UnsafeRawPointer!
) -> UnsafeMutableRawPointer! {
  let length = node.map { Int($0.loadUnaligned(fromByteOffset: 2, as: UInt16.self)) }
  let front = path.map { pathSize($0) }
  if let length, length < 4 { return nil }
  if front == 0 { return nil }
  // Of what is absent no byte is read.
  let nothing = UnsafeRawPointer(bitPattern: 8)!
  return join(path ?? nothing, (front ?? 4) - 4, separator: 0, node ?? nothing, length ?? 0, end: 4)
}

/// 10.5.6.
@c @implementation public func virgil_path_append_instance(
  _ path: UnsafeRawPointer!, _ instance: UnsafeRawPointer!
) -> UnsafeMutableRawPointer! {
  guard let instance else { return nil }
  let (front, back) = (path.map { pathSize($0) }, pathSize(instance))
  guard back > 0, front != 0 else { return nil }
  guard let path, let front else { return join(instance, 0, separator: 0, instance, back, end: 0) }
  return join(path, front - 4, separator: 4, instance, back, end: 0)
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
