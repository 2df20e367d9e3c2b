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
        guard database.interface(guid, on: handle) == nil else { continue }
        fine = database.install(guid, UInt(step), on: handle, events: nil) == handle
        model[handle.value]![number] = UInt(step)
      case 4..<7 where !live.isEmpty:
        let place = random.below(live.count)
        let handle = live[place]
        let candidates = all(database).filter { $0.handle == handle }
        let interface = candidates[random.below(candidates.count)]
        database.remove(interface)
        model[handle.value]![Self.guids.firstIndex(of: interface.guid)!] = nil
        if model[handle.value]!.isEmpty {
          model[handle.value] = nil
          _ = live.swapRemove(place)
          fine = !database.contains(handle)
        }
      default:
        fine = agrees(database, model, number, &random)
      }
      guard fine else {
        Issue.record("database and model differ after step \(step)")
        return
      }
    }
    #expect(Set(all(database).map(\.handle.value)) == Set(model.keys))
  }

  private func agrees(
    _ database: HandleDatabase, _ model: [UInt: [Int: UInt]], _ number: Int, _ random: inout SeededGenerator
  ) -> Bool {
    let values = all(database, Self.guids[number]).map(\.handle.value)
    guard values == model.filter({ $0.value[number] != nil }).keys.sorted() else { return false }
    for value in values {
      let interface = database.interface(Self.guids[number], on: Handle(bitPattern: value))
      guard interface?.address == model[value]![number] else { return false }
    }
    let stranger = UInt(truncatingIfNeeded: random.next())
    guard model[stranger] != nil || !database.contains(Handle(bitPattern: stranger)) else { return false }
    var handles = 0
    var last: ProtocolInterface?
    while let next = database.next(nil, after: last) { (handles, last) = (handles + 1, next) }
    return handles == model.count
  }

  /// All interfaces of the database, or those of a protocol.
  private func all(_ database: HandleDatabase, _ guid: GUID? = nil) -> [ProtocolInterface] {
    var result: [ProtocolInterface] = []
    var next = database.first
    while let interface = next {
      if guid == nil || interface.guid == guid { result.append(interface) }
      next = interface.next(InterfaceOrder.byHandle)
    }
    return result
  }

  @Test func registrationsAreToldOfEachInterfaceOnce() {
    let database = HandleDatabase()
    let guid = Self.guids[0]
    let old = database.install(guid, 1, on: nil, events: nil)
    let event = Event(type: EventType.notifySignal, notifyTPL: TPL.callback, function: 0, context: nil, group: nil)
    let registration = database.register(guid, event: event)
    #expect(database.news(for: registration) == nil)
    func take() -> Handle? {
      let news = database.news(for: registration)
      if let news { registration.seen = news.serial }
      return news?.handle
    }
    let first = database.install(guid, 2, on: nil, events: nil)
    let second = database.install(guid, 3, on: nil, events: nil)
    database.install(Self.guids[1], 4, on: nil, events: nil)
    // An old handle's interface that is reinstalled comes after those that were new before.
    database.announce(database.interface(guid, on: old)!, nil)
    database.remove(database.interface(guid, on: second)!)
    #expect(take() == first && take() == old && take() == nil)
    database.forget(event)
    #expect(database.registration(Unmanaged.passUnretained(registration).toOpaque()) == nil)
  }

  /// As many handles as the costs are promised for. Were any of these searches a walk over all of them, this would take
  /// minutes: it is its own limit of time.
  @Test func aHundredThousandHandlesAreNoBurden() {
    let database = HandleDatabase()
    let count = 100_000
    let (common, rare, late) = (Self.guids[0], Self.guids[1], Self.guids[2])
    let event = Event(type: EventType.notifySignal, notifyTPL: TPL.callback, function: 0, context: nil, group: nil)
    let registration = database.register(late, event: event)
    var handles: [Handle] = []
    for number in 0..<count {
      let handle = database.install(common, UInt(number), on: nil, events: nil)
      if number % 1000 == 0 { database.install(rare, UInt(number), on: handle, events: nil) }
      handles.append(handle)
    }
    // Onto handles that are there: forwards, and against their order.
    for number in stride(from: count - 1, through: 0, by: -2) {
      database.install(late, UInt(number), on: handles[number], events: nil)
    }
    for number in stride(from: 0, to: count, by: 2) {
      database.install(late, UInt(number), on: handles[number], events: nil)
    }
    #expect(handles.allSatisfy { database.contains($0) && database.interface(late, on: $0) != nil })
    #expect(all(database, late).map(\.handle) == handles)
    func found(_ guid: GUID?) -> Int {
      var (found, last): (Int, ProtocolInterface?) = (0, nil)
      while let next = database.next(guid, after: last) { (found, last) = (found + 1, next) }
      return found
    }
    #expect(found(common) == count && found(nil) == count && found(rare) == count / 1000)
    var order: [Handle] = []
    while let news = database.news(for: registration) {
      registration.seen = news.serial
      order.append(news.handle)
    }
    #expect(order.count == count && order.first == handles.last && order.last == handles[count - 2])
    // Away again, every other one first.
    for number in (0..<count).map({ $0 * 2 % count + $0 * 2 / count }) {
      for guid in [common, rare, late] {
        if let interface = database.interface(guid, on: handles[number]) { database.remove(interface) }
      }
    }
    #expect(database.first == nil && !database.contains(handles[0]))
    // And one that goes with all that it has: no recursion over them.
    let other = HandleDatabase()
    for number in 0..<count { other.install(common, UInt(number), on: nil, events: nil) }
  }

  /// Whoever stands on an interface that goes, or whose neighbours go, goes on behind it.
  @Test func aSearchGoesOnWhereItsInterfaceWas() {
    let database = HandleDatabase()
    let guid = Self.guids[0]
    let handles = (0..<6).map { database.install(guid, UInt($0), on: nil, events: nil) }
    let second = database.next(guid, after: database.next(guid, after: nil))!
    #expect(second.handle == handles[1])
    for handle in handles[1...3] { database.remove(database.interface(guid, on: handle)!) }
    #expect(database.next(guid, after: second)?.handle == handles[4])
    #expect(database.next(nil, after: second)?.handle == handles[4])
    database.remove(second)
    #expect(database.next(guid, after: nil)?.handle == handles[0])
  }
}
