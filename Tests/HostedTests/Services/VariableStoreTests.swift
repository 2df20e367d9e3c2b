// SPDX-License-Identifier: Apache-2.0 OR GPL-2.0-only
import Testing

/// The variables against a dictionary (UEFI 2.10, 8.2).
struct VariableStoreTests {
  private struct Key: Hashable {
    let name: [UInt16]
    let guid: UInt64
  }
  private struct Value {
    let attributes: UInt32
    var data: [UInt8]
  }

  @Test func followsTheModelUnderRandomChanges() {
    let store = VariableStore()
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
      var status = Status.success
      let buffer = Buffer(data)
      do throws(Status) {
        try store.set(
          key.name, guid, attributes: attributes,
          data: UnsafeRawBufferPointer(start: buffer.bytes.baseAddress, count: buffer.count))
      } catch { status = error }
      if status == .outOfResources { refusedForRoom += 1 }
      if status == .success { apply(&model, key, attributes, data) }
      let found = try? store.variable(key.name, guid)
      guard status == expected, found?.data == model[key]?.data, found?.attributes == model[key]?.attributes,
        step % 256 != 0 || walks(store, model)
      else {
        Issue.record("store and model differ after step \(step): \(status), expected \(expected)")
        return
      }
    }
    #expect(refusedForRoom > 100 && walks(store, model))
  }

  private func expectedStatus(_ model: [Key: Value], _ key: Key, _ attributes: UInt32, _ data: [UInt8]) -> Status {
    let append = attributes & VariableAttributes.appendWrite != 0
    let kept = attributes & ~VariableAttributes.appendWrite
    let old = model[key]
    if kept == 0 || data.isEmpty && !append {
      guard let old else { return .notFound }
      return kept == 0 || kept == old.attributes ? .success : .invalidParameter
    }
    if let old, old.attributes != kept { return .invalidParameter }
    let size = (append ? old?.data.count ?? 0 : 0) + data.count
    let others = model.filter { $0.key != key }.reduce(0) { $0 + $1.value.data.count + $1.key.name.count * 2 }
    let whole = others + key.name.count * 2 + size
    return size <= VariableStore.maximumSize && whole <= VariableStore.capacity ? .success : .outOfResources
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
  private func walks(_ store: VariableStore, _ model: [Key: Value]) -> Bool {
    var seen = Set<Key>()
    var name: [UInt16] = []
    var guid = GUID(low: 0, high: 0)
    while let next = try? store.next(after: name, guid) {
      guard seen.insert(Key(name: next.name, guid: next.guid.low)).inserted else { return false }
      (name, guid) = (next.name, next.guid)
    }
    return seen == Set(model.keys)
  }
}
