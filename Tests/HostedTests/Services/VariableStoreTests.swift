// SPDX-License-Identifier: Apache-2.0 OR GPL-2.0-only
import Testing

/// The variables against a dictionary (UEFI 2.10, 8.2), in the bytes that the runtime image reads after the emulator.
struct VariableStoreTests {
  private struct Key: Hashable {
    let name: [UInt16]
    let guid: UInt64
  }
  private struct Value {
    let attributes: UInt32
    var data: [UInt8]
  }

  /// A store between two guards of 64 bytes.
  private final class Storage {
    static let size: UInt32 = 100 << 10
    static let reserve: UInt32 = 20 << 10
    let memory = UnsafeMutableRawPointer.allocate(byteCount: Int(size) + 128, alignment: 16)
    let store: VariableStore

    init() {
      memory.initializeMemory(as: UInt8.self, repeating: 0xa5, count: Int(Storage.size) + 128)
      store = VariableStore(formatting: memory + 64, size: Storage.size, reserve: Storage.reserve)
    }
    deinit { memory.deallocate() }

    var guardsAreWhole: Bool {
      let bytes = UnsafeRawBufferPointer(start: memory, count: Int(Storage.size) + 128)
      return bytes.prefix(64).allSatisfy { $0 == 0xa5 } && bytes.suffix(64).allSatisfy { $0 == 0xa5 }
    }

    func set(_ name: [UInt16], _ guid: GUID, _ attributes: UInt32, _ data: [UInt8]) -> Status {
      with(name, guid) { store.set($0, $1, attributes, UInt64(data.count), data) }
    }
    func get(_ name: [UInt16], _ guid: GUID) -> (attributes: UInt32, data: [UInt8])? {
      var attributes: UInt32 = 0
      var size = UInt64(VariableStore.maximumSize)
      var data = [UInt8](repeating: 0, count: Int(size))
      let status = with(name, guid) { store.get($0, $1, &attributes, &size, &data) }
      return status == .success ? (attributes, Array(data.prefix(Int(size)))) : nil
    }
    func next(_ name: [UInt16], _ guid: GUID) -> (name: [UInt16], guid: GUID)? {
      var units = name + [0] + [UInt16](repeating: 0, count: 256)
      var bytes = [guid.low, guid.high]
      var size = UInt64(units.count * 2)
      guard store.next(&size, &units, &bytes) == .success else { return nil }
      return (Array(units.prefix(Int(size) / 2 - 1)), GUID(low: bytes[0], high: bytes[1]))
    }
    private func with(
      _ name: [UInt16], _ guid: GUID, _ body: (UnsafeRawPointer, UnsafeRawPointer) -> Status
    ) -> Status {
      (name + [0]).withUnsafeBytes { name in
        [guid.low, guid.high].withUnsafeBytes { body(name.baseAddress!, $0.baseAddress!) }
      }
    }
  }

  @Test func followsTheModelUnderRandomChanges() {
    let storage = Storage()
    var random = SeededGenerator(seed: 0x7661_7269)
    var model: [Key: Value] = [:]
    var refusedForRoom = 0
    for step in 0..<100_000 {
      let key = Key(name: Array("Variable\(random.below(40))".utf16), guid: UInt64(random.below(2)))
      let guid = GUID(low: key.guid, high: 0)
      let access: UInt32 = [2, 6][random.below(2)]
      let append = random.below(3) == 0
      let count = random.below(8) == 0 ? 0 : random.below(random.below(16) == 0 ? 70_000 : 200)
      let data = [UInt8](repeating: UInt8(truncatingIfNeeded: step), count: count)
      let attributes = random.below(16) == 0 ? 0 : append ? access | VariableAttributes.appendWrite : access
      let expected = expectedStatus(model, key, attributes, data)
      let status = storage.set(key.name, guid, attributes, data)
      if status == .outOfResources { refusedForRoom += 1 }
      if status == .success { apply(&model, key, attributes, data) }
      let found = step % 16 == 0 ? storage.get(key.name, guid) : model[key].map { ($0.attributes, $0.data) }
      guard status == expected, found?.data == model[key]?.data, found?.attributes == model[key]?.attributes,
        step % 256 != 0 || walks(storage, model) && storage.guardsAreWhole
      else {
        Issue.record("store and model differ after step \(step): \(status), expected \(expected)")
        return
      }
    }
    #expect(refusedForRoom > 100 && walks(storage, model) && storage.guardsAreWhole)
  }

  private func size(_ key: Key, _ count: Int) -> Int { (32 + (key.name.count + 1) * 2 + count + 7) & ~7 }

  private func expectedStatus(_ model: [Key: Value], _ key: Key, _ attributes: UInt32, _ data: [UInt8]) -> Status {
    let append = attributes & VariableAttributes.appendWrite != 0
    let kept = attributes & ~VariableAttributes.appendWrite
    let old = model[key]
    if data.count > VariableStore.maximumSize { return .invalidParameter }
    if kept == 0 || data.isEmpty && !append {
      guard let old else { return .notFound }
      return kept == 0 || kept == old.attributes ? .success : .invalidParameter
    }
    if let old, old.attributes != kept { return .invalidParameter }
    if data.isEmpty { return .success }
    let count = (append ? old?.data.count ?? 0 : 0) + data.count
    let others = model.filter { $0.key != key }.reduce(0) { $0 + size($1.key, $1.value.data.count) }
    let fits = 16 + others + size(key, count) <= Int(Storage.size - Storage.reserve)
    return count <= VariableStore.maximumSize && fits ? .success : .outOfResources
  }

  private func apply(_ model: inout [Key: Value], _ key: Key, _ attributes: UInt32, _ data: [UInt8]) {
    let append = attributes & VariableAttributes.appendWrite != 0
    let kept = attributes & ~VariableAttributes.appendWrite
    if kept == 0 || data.isEmpty && !append {
      model[key] = nil
    } else if append, let old = model[key] {
      model[key]!.data = old.data + data
    } else if !data.isEmpty {
      model[key] = Value(attributes: kept, data: data)
    }
  }

  /// GetNextVariableName names each variable once.
  private func walks(_ storage: Storage, _ model: [Key: Value]) -> Bool {
    var seen = Set<Key>()
    var name: [UInt16] = []
    var guid = GUID(low: 0, high: 0)
    while let next = storage.next(name, guid) {
      guard seen.insert(Key(name: next.name, guid: next.guid.low)).inserted else { return false }
      (name, guid) = (next.name, next.guid)
    }
    return seen == Set(model.keys)
  }

  @Test func leavingBootServicesKeepsWhatHasRuntimeAccess() {
    let storage = Storage()
    let vendor = GUID(low: 1, high: 2)
    for index in 0..<20 {
      #expect(storage.set([0x41, UInt16(0x41 + index)], vendor, index % 3 == 0 ? 6 : 2, [UInt8(index)]) == .success)
    }
    let log = storage.store.publish("Log", vendor, room: 64)
    log?.data.storeBytes(of: 0x6c, as: UInt8.self)
    log?.count.pointee = 1
    storage.store.leaveBootServices()
    for index in 0..<20 {
      #expect(storage.get([0x41, UInt16(0x41 + index)], vendor)?.data == (index % 3 == 0 ? [UInt8(index)] : nil))
    }
    #expect(storage.get(Array("Log".utf16), vendor)?.data == [0x6c])
    var (total, remaining, maximum) = (UInt64(1), UInt64(1), UInt64(1))
    // 8.2.4: at runtime, attributes without runtime access are a mistake. Nothing can be added any more.
    #expect(storage.store.query(2, &total, &remaining, &maximum) == .invalidParameter)
    #expect(storage.store.query(6, &total, &remaining, &maximum) == .success && remaining == 0)
  }

  @Test func theEmulatorsOwnHaveRoomOfTheirOwn() {
    let storage = Storage()
    let vendor = GUID(low: 1, high: 2)
    var index: UInt16 = 0
    while storage.set([0x41, 0x100 + index], vendor, 6, [UInt8](repeating: 1, count: 4000)) == .success { index += 1 }
    #expect(storage.store.publish("Log", vendor, room: 16 << 10) != nil)
    #expect(storage.store.publish("Another", vendor, room: 16 << 10) == nil)
    #expect(storage.set(Array("Log".utf16), vendor, 6, [1]) == .writeProtected)
    #expect(storage.set(Array("Log".utf16), vendor, 0, []) == .writeProtected)
    #expect(storage.guardsAreWhole)
  }
}
