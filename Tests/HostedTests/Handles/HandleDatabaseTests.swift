// SPDX-License-Identifier: Apache-2.0 OR GPL-2.0-only
import Testing

/// The handle database against dictionaries.
struct HandleDatabaseTests {
  private static let guids = (0..<24).map { GUID(low: UInt64($0 * 7919 % 24), high: UInt64($0 % 3)) }

  @Test func followsTheModelUnderRandomChanges() {
    let database = HandleDatabase()
    var random = SeededGenerator(seed: 0x6861_6e64)
    /// For each handle value, the protocols by number of their GUID.
    var model: [UInt: [Int: UInt]] = [:]
    var live: [Handle] = []
    var seen = Set<UInt>()
    for step in 0..<150_000 {
      var fine = true
      let number = random.below(Self.guids.count)
      let guid = Self.guids[number]
      switch random.below(8) {
      case 0..<2 where live.count < 400:
        let handle = database.install(guid, UInt(step), on: nil, events: nil)
        fine = seen.insert(handle.value).inserted && model[handle.value] == nil
        model[handle.value] = [number: UInt(step)]
        live.append(handle)
      case 2..<4 where !live.isEmpty:
        let handle = live[random.below(live.count)]
        guard handle.interface(guid) == nil else { continue }
        fine = database.install(guid, UInt(step), on: handle, events: nil) === handle
        model[handle.value]![number] = UInt(step)
      case 4..<7 where !live.isEmpty:
        let place = random.below(live.count)
        let handle = live[place]
        let interface = handle.interfaces[random.below(handle.interfaces.count)]
        database.remove(interface, from: handle)
        model[handle.value]![Self.guids.firstIndex(of: interface.guid)!] = nil
        if model[handle.value]!.isEmpty {
          model[handle.value] = nil
          _ = live.swapRemove(place)
          fine = database.handle(handle.value) == nil
        }
      default:
        fine = agrees(database, model, number, &random)
      }
      guard fine else {
        Issue.record("database and model differ after step \(step)")
        return
      }
    }
    #expect(Set(database.handles.map(\.value)) == Set(model.keys))
  }

  private func agrees(
    _ database: HandleDatabase, _ model: [UInt: [Int: UInt]], _ number: Int, _ random: inout SeededGenerator
  ) -> Bool {
    let values = database.handles(with: Self.guids[number]).map(\.value)
    guard values == model.filter({ $0.value[number] != nil }).keys.sorted() else { return false }
    for value in values where database.handle(value)?.interface(Self.guids[number])?.address != model[value]![number] {
      return false
    }
    let stranger = UInt(truncatingIfNeeded: random.next())
    guard model[stranger] != nil || database.handle(stranger) == nil else { return false }
    return database.handles.count == model.count
  }
}
