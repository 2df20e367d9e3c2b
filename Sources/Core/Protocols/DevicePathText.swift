// SPDX-License-Identifier: Apache-2.0 OR GPL-2.0-only

/// Prints and parses device path nodes as `DevicePathGrammar` has them: one walk over a line's fields, in either
/// direction.
///
/// Text and nodes are made in two rounds: the first, without memory to write to, counts.
struct DevicePathText {
  private let grammar = DevicePathGrammar.lines.utf8Start
  /// Where the grammar is read.
  private var g = 0
  private let isParsing: Bool
  let displayOnly: Bool
  let shortcuts: Bool

  /// UCS-2 text: read when parsing, else written unless nil.
  private let text: UnsafeMutableRawPointer?
  /// The next character.
  private(set) var at = 0
  /// Ends of the node's fields in the text and of the current field.
  private var limit = 0
  private var stop = 0

  var type: UInt8 = 0
  var subType: UInt8 = 0
  /// The node behind its header: written when parsing unless nil, else read.
  private var node: UnsafeMutableRawPointer?
  /// Bytes to read.
  private var size = 0
  private var position = 0
  /// Behind the last byte that was used.
  private(set) var end = 0
  private var failed = false

  /// - Parameter text: where the text goes; nil: it is counted.
  init(printingTo text: UnsafeMutableRawPointer?, displayOnly: Bool, shortcuts: Bool) {
    isParsing = false
    self.text = text
    self.displayOnly = displayOnly
    self.shortcuts = shortcuts
  }

  init(parsing text: UnsafeMutableRawPointer) {
    isParsing = true
    self.text = text
    displayOnly = false
    shortcuts = false
  }

  // MARK: Nodes

  /// Prints one node. `last` is what was printed last of a path; nil: nothing.
  mutating func print(_ printed: DevicePathNode) {
    type = printed.type
    subType = printed.subType
    size = printed.data.count
    node = UnsafeMutableRawPointer(mutating: printed.data.base)
    if type == DevicePathType.end, subType == 1 { return put(0x2c) }
    if type == DevicePathType.media, subType == 4 { return printFilePath() }
    let start = at
    g = 0
    while let flag = nextLine(), !fits(flag, start) {}
  }

  /// Whether the line is the node's form, printed.
  private mutating func fits(_ flag: UInt8, _ start: Int) -> Bool {
    let lineType = hex(1)
    let lineSubType = hex(2)
    guard lineType == 0 || lineType == Int(type), lineSubType == 0 || lineSubType == Int(subType),
      flag != 0x7e || displayOnly, flag != 0x2b || shortcuts
    else { return false }
    at = start
    while grammar[g] != 0x28 { putGrammar() }
    walk()
    return !failed && end == size
  }

  private mutating func printFilePath() {
    position = 0
    while position + 1 < size {
      let unit = UInt16(fetch(2))
      if unit == 0 { return }
      put(unit)
    }
  }

  /// Parses one node's text.
  ///
  /// - Parameter output: where its data goes: zeros; nil: it is measured
  /// - Returns: false when no line fits: what is no node is a file path (10.6.1.5).
  mutating func parse(from start: Int, to last: Int, _ output: UnsafeMutableRawPointer?) -> Bool {
    var open = start
    while open < last, unit(open) != 0x28 { open += 1 }
    guard open < last, unit(last - 1) == 0x29 else { return false }
    g = 0
    while let flag = nextLine() {
      type = UInt8(hex(1))
      subType = UInt8(hex(2))
      guard flag != 0x7e, matches(start, open, 0x28) else { continue }
      let fields = g
      node = nil
      limit = last - 1
      at = open + 1
      walk()
      guard !failed, at == limit else { continue }
      if let output {
        g = fields
        node = output
        at = open + 1
        walk()
      }
      return true
    }
    return false
  }

  /// Goes to the next line, or to the first.
  ///
  /// - Returns: the mark before it, or something else; nil behind the last line.
  private mutating func nextLine() -> UInt8? {
    if g > 0 {
      while grammar[g] != 0x0a { g += 1 }
      g += 1
    }
    guard g < DevicePathGrammar.lines.utf8CodeUnitCount else { return nil }
    let flag = grammar[g]
    if flag == 0x7e || flag == 0x2b { g += 1 }
    return flag
  }

  // MARK: Grammar

  private mutating func hex(_ digits: Int) -> Int {
    var value = 0
    for _ in 0..<digits {
      value = value << 4 | Int(DevicePathText.digit(UInt16(grammar[g])) ?? 0)
      g += 1
    }
    return value
  }

  private static func digit(_ unit: UInt16) -> UInt64? {
    switch unit {
    case 0x30...0x39: UInt64(unit - 0x30)
    case 0x41...0x46: UInt64(unit - 0x37)
    case 0x61...0x66: UInt64(unit - 0x57)
    default: nil
    }
  }

  private mutating func putGrammar() {
    put(UInt16(grammar[g]))
    g += 1
  }

  /// Whether the text between the places is the grammar's up to `final`. Goes there if it is, and stays if not.
  private mutating func matches(_ from: Int, _ to: Int, _ final: UInt8) -> Bool {
    var (place, index) = (from, g)
    while place < to, grammar[index] != final, unit(place) == UInt16(grammar[index]) {
      place += 1
      index += 1
    }
    guard place == to, grammar[index] == final else { return false }
    g = index
    return true
  }

  /// Goes over the fields of a line, from its parenthesis on.
  private mutating func walk() {
    position = 0
    end = 0
    failed = false
    while !failed {
      let code = grammar[g]
      g += 1
      switch code {
      case 0x28: put(0x28)  // (
      case 0x29: return put(0x29)  // )
      case 0x2c: comma()
      case 0x27: constantText()
      case 0x3d: constantBytes()
      case 0x40: position = hex(2)
      case 0x2e: advance(hex(1))
      case 0x21: if displayOnly { return close() }
      case 0x3f: if hex(2) == size, !isParsing { return close() }
      case 0x2a: repeatCodes()
      default: field(code)
      }
    }
  }

  /// Ends the text before the node's end.
  private mutating func close() {
    end = size
    put(0x29)
  }

  private mutating func comma() {
    put(0x2c)
    guard isParsing, at < limit else { return }
    if unit(at) != 0x2c { failed = true }
    at += 1
  }

  private mutating func constantText() {
    findStop()
    if isParsing {
      if matches(at, stop, 0x27) { at = stop } else { failed = true }
    } else {
      while grammar[g] != 0x27 { putGrammar() }
    }
    g += 1
  }

  private mutating func constantBytes() {
    while grammar[g] != 0x3b {
      let byte = UInt64(hex(2))
      if isParsing { store(byte, 1) } else if fetch(1) != byte { failed = true }
    }
    g += 1
  }

  private mutating func repeatCodes() {
    let mark = g - 1
    let back = hex(1)
    guard isParsing ? at < limit : position < size else { return }
    comma()
    g = mark - back
  }

  private mutating func field(_ code: UInt8) {
    switch code {
    case 0x62, 0x42: integer(1, code)
    case 0x77, 0x57: integer(2, code)
    case 0x64, 0x44: integer(4, code)
    case 0x71, 0x51: integer(8, code)
    case 0x67: bytes(16, 0x67)  // g
    case 0x36: bytes(16, 0x36)  // 6
    case 0x72, 0x6e: bytes(8, code)  // r, n
    case 0x78: bytes(hex(2), 0)  // x
    case 0x58:  // X
      let count = hex(2)
      putHexPrefix()
      bytes(count, 0)
    case 0x6d: hardwareAddress()
    case 0x68: restOfBytes()
    case 0x34: addressV4()
    case 0x61, 0x73, 0x74, 0x53: string(code)
    case 0x65, 0x45: eisa(code)
    case 0x79: eisa(0)
    case 0x6b: twoStrings()
    case 0x7a: topology()
    case 0x50: type = UInt8(truncatingIfNeeded: plain(UInt64(type)))
    default: subType = UInt8(truncatingIfNeeded: plain(UInt64(subType)))
    }
  }

  // MARK: The node's bytes

  private mutating func advance(_ count: Int) {
    position += count
    if position > end { end = position }
    // A field that the node has no room for: another line must do.
    if !isParsing, end > size { failed = true }
  }

  /// A little-endian integer; 0 where the node has ended.
  private mutating func fetch(_ count: Int) -> UInt64 {
    var value: UInt64 = 0
    let start = position
    advance(count)
    guard !failed, let node else { return 0 }
    for index in 0..<count {
      value |= UInt64(node.load(fromByteOffset: start + index, as: UInt8.self)) << UInt64(8 * index)
    }
    return value
  }

  /// Adds the bits of an integer to bytes that were zero.
  private mutating func store(_ value: UInt64, _ count: Int) {
    if let node {
      for index in 0..<count {
        let old = node.load(fromByteOffset: position + index, as: UInt8.self)
        let byte = old | UInt8(truncatingIfNeeded: value >> UInt64(8 * index))
        node.storeBytes(of: byte, toByteOffset: position + index, as: UInt8.self)
      }
    }
    advance(count)
  }

  // MARK: The text

  private func unit(_ place: Int) -> UInt16 {
    text?.loadUnaligned(fromByteOffset: 2 * place, as: UInt16.self) ?? 0
  }

  mutating func put(_ unit: UInt16) {
    if isParsing { return }
    text?.storeBytes(of: unit, toByteOffset: 2 * at, as: UInt16.self)
    at += 1
  }

  private mutating func put(_ text: StaticString) {
    for index in 0..<text.utf8CodeUnitCount { put(UInt16(text.utf8Start[index])) }
  }

  private mutating func putHexPrefix() { put("0x") }

  /// In hexadecimal with at least so many digits; 0: in decimal.
  private mutating func put(number: UInt64, hex digits: Int) {
    let radix: UInt64 = digits == 0 ? 10 : 16
    var count = 1
    var divisor: UInt64 = 1
    while number / divisor >= radix || count < digits {
      divisor *= radix
      count += 1
    }
    while divisor > 0 {
      let digit = UInt16(number / divisor % radix)
      put(digit < 10 ? 0x30 + digit : 0x37 + digit)
      divisor /= radix
    }
  }

  /// Finds the end of the current field: the next comma, or for a last field the end of all.
  private mutating func findStop() {
    stop = limit
    guard isParsing, grammar[g] != 0x29 else { return }
    stop = at
    while stop < limit, unit(stop) != 0x2c { stop += 1 }
  }

  private mutating func skipHexPrefix() {
    if at + 1 < stop, unit(at) == 0x30, unit(at + 1) | 0x20 == 0x78 { at += 2 }
  }

  /// Parses an integer up to `stop`, or to `final` before it. An absent one is 0.
  private mutating func number(until final: UInt16 = 0) -> UInt64 {
    let start = at
    skipHexPrefix()
    let radix: UInt64 = at > start ? 16 : 10
    var value: UInt64 = 0
    while at < stop, unit(at) != final {
      guard let digit = DevicePathText.digit(unit(at)), digit < radix else {
        failed = true
        return 0
      }
      value = value &* radix &+ digit
      at += 1
    }
    return value
  }

  // MARK: Fields

  /// A decimal number that stands for no byte of the data.
  private mutating func plain(_ value: UInt64) -> UInt64 {
    guard isParsing else {
      put(number: value, hex: 0)
      return value
    }
    stop = at
    while stop < limit, unit(stop) != 0x2c { stop += 1 }
    return number()
  }

  private mutating func integer(_ count: Int, _ code: UInt8) {
    var (shift, bits) = (UInt64(0), UInt64(64))
    if grammar[g] == 0x5e {  // ^
      g += 1
      shift = UInt64(hex(1))
      bits = UInt64(hex(1))
    }
    let names = g
    if grammar[g] == 0x5b {  // [
      while grammar[g] != 0x5d { g += 1 }
      g += 1
    }
    let behind = g
    if isParsing {
      findStop()
      let value = named(names) ?? number()
      store(value << shift, count)
    } else {
      let value = fetch(count) >> shift & (bits == 64 ? .max : 1 << bits - 1)
      if !putName(names, value) {
        if code >= 0x60 { putHexPrefix() }
        put(number: value, hex: code >= 0x60 ? 1 : 0)
      }
    }
    g = behind
  }

  /// Prints the name of `value` in a list of the grammar, if it has one.
  private mutating func putName(_ list: Int, _ value: UInt64) -> Bool {
    guard grammar[list] == 0x5b else { return false }
    g = list + 1
    var index: UInt64 = 0
    while index < value, grammar[g] != 0x5d {
      if grammar[g] == 0x7c { index += 1 }
      g += 1
    }
    guard index == value, grammar[g] != 0x7c, grammar[g] != 0x5d else { return false }
    while grammar[g] != 0x7c, grammar[g] != 0x5d { putGrammar() }
    return true
  }

  /// The value whose name in a list of the grammar is the current field's text.
  private mutating func named(_ list: Int) -> UInt64? {
    guard grammar[list] == 0x5b, at < stop else { return nil }
    g = list + 1
    var index: UInt64 = 0
    while true {
      if matches(at, stop, 0x7c) || matches(at, stop, 0x5d) {
        at = stop
        return index
      }
      while grammar[g] != 0x7c, grammar[g] != 0x5d { g += 1 }
      if grammar[g] == 0x5d { return nil }
      g += 1
      index += 1
    }
  }

  /// Bytes as pairs of digits. `kind` is a code that has another order, or separators.
  private mutating func bytes(_ count: Int, _ kind: UInt8) {
    findStop()
    if kind == 0, isParsing { skipHexPrefix() }
    let start = position
    let order: StaticString = "3210547689abcdef"
    for index in 0..<count where !failed {
      switch kind {
      case 0x67: position = start + Int(DevicePathText.digit(UInt16(order.utf8Start[index])) ?? 0)
      case 0x72, 0x6e: position = start + count - 1 - index
      default: break
      }
      let dash =
        kind == 0x6e && index > 0 || kind == 0x67 && (index == 4 || index == 6 || index == 8 || index == 10)
      let separator: UInt16 = dash ? 0x2d : kind == 0x36 && index > 0 && index & 1 == 0 ? 0x3a : 0
      if !isParsing {
        let byte = fetch(1)
        if separator != 0 { put(separator) }
        put(number: byte, hex: 2)
      } else if at < stop {
        if separator != 0 {
          if unit(at) != separator { failed = true }
          at += 1
        }
        store(byteOfText(), 1)
      }
    }
    position = start
    advance(count)
  }

  private mutating func byteOfText() -> UInt64 {
    guard at + 1 < stop, let high = DevicePathText.digit(unit(at)), let low = DevicePathText.digit(unit(at + 1)) else {
      failed = true
      return 0
    }
    at += 2
    return high << 4 | low
  }

  private mutating func restOfBytes() {
    if isParsing {
      guard at < limit else { return }
      comma()
      stop = limit
      bytes((limit - at) / 2, 0)
    } else if position < size {
      put(0x2c)
      bytes(size - position, 0)
    }
  }

  /// A field of 32 bytes, of which Ethernet (interface types 0 and 1, the byte behind) uses 6.
  private mutating func hardwareAddress() {
    let start = position
    var count = 32
    if !isParsing {
      position = start + 32
      if fetch(1) < 2 { count = 6 }
      position = start
    }
    bytes(count, 0)
    position = start + 32
  }

  private mutating func addressV4() {
    findStop()
    for index in 0..<4 {
      if isParsing {
        store(number(until: 0x2e), 1)
        if index < 3, at < stop { at += 1 }
      } else {
        if index > 0 { put(0x2e) }
        put(number: fetch(1), hex: 0)
      }
    }
  }

  private mutating func string(_ code: UInt8) {
    let start = position
    let room = code == 0x74 ? hex(2) : Int.max
    let width = code == 0x53 ? 2 : 1
    if code == 0x53 { put(0x22) }
    if isParsing {
      findStop()
      while at < stop, position - start < room {
        let character = unit(at)
        at += 1
        if width == 2, character == 0x22 { continue }
        if width == 1, character > 0x7f { failed = true }
        store(UInt64(character), width)
      }
      if code == 0x61 { store(0, 1) }
    } else {
      while position <= size - width, position - start < room {
        let character = UInt16(fetch(width))
        if character == 0 { break }
        put(character)
      }
    }
    if code == 0x53 { put(0x22) }
    if code == 0x74 {
      position = start
      advance(room)
    }
  }

  /// Printed as CIDSTR, UIDSTR; in the node UIDSTR comes first (10.3.3.2).
  private mutating func twoStrings() {
    let start = position
    if isParsing {
      let first = at
      findSeparator()
      let separator = at
      comma()
      string(0x61)
      let behind = at
      at = first
      let whole = limit
      limit = separator
      string(0x61)
      limit = whole
      at = behind
    } else {
      while position < size, fetch(1) != 0 {}
      let second = position
      string(0x61)
      put(0x2c)
      let behind = position
      position = start
      string(0x61)
      position = max(behind, second)
    }
  }

  private mutating func findSeparator() {
    while at < limit, unit(at) != 0x2c { at += 1 }
  }

  /// Code 0: a plain number of eight digits.
  private mutating func eisa(_ code: UInt8) {
    guard isParsing else {
      let value = fetch(4)
      if code == 0x65 || code == 0x45 && value & 0xffff == 0x41d0 {
        for shift in [UInt64(10), 5, 0] { put(UInt16(value >> shift & 0x1f) + 0x40) }
        return put(number: value >> 16, hex: 4)
      }
      putHexPrefix()
      return put(number: value, hex: 8)
    }
    findStop()
    guard at + 3 < stop, unit(at) >= 0x40 else { return store(number(), 4) }
    var letters: UInt64 = 0
    for _ in 0..<3 {
      letters = letters << 5 | UInt64(unit(at) & 0x1f)
      at += 1
    }
    var value: UInt64 = 0
    while at < stop {
      guard let digit = DevicePathText.digit(unit(at)) else { return failed = true }
      value = value << 4 | digit
      at += 1
    }
    store(letters | value << 16, 4)
  }

  /// 10.3.4.18: four fields of one 16-bit word.
  private mutating func topology() {
    guard !isParsing else { return parseTopology() }
    let word = fetch(2)
    if word & 0x8f == 0 { return put("NoTopology,0,0,0") }
    guard word & 0x80 == 0, word & 0xf <= 2 else {
      putHexPrefix()
      put(number: word, hex: 1)
      return put(",0,0,0")
    }
    put(word & 0x10 != 0 ? "SATA," : "SAS,")
    put(word & 0x20 != 0 ? "External," : "Internal,")
    put(word & 0x40 != 0 ? "Expanded," : "Direct,")
    if word & 0xf == 1 { return put(0x30) }
    putHexPrefix()
    put(number: (word >> 8 & 0xff) + 1, hex: 1)
  }

  private mutating func parseTopology() {
    var word: UInt64 = 0
    for index in 0..<4 {
      if index > 0 { comma() }
      stop = at
      while stop < limit, unit(stop) != 0x2c { stop += 1 }
      let (first, second) = (at < stop ? unit(at) : 0, at + 1 < stop ? unit(at + 1) : 0)
      if index < 3, first > 0x39 {
        // NoTopology; SAS, SATA; Internal, External; Direct, Expanded.
        if first == 0x53 { word |= at + 3 < stop ? 0x10 : 0 }
        if first == 0x53 { word |= 1 }
        if first == 0x45 { word |= second == 0x78 ? (index == 1 ? 0x20 : 0x40) : 0 }
        at = stop
      } else {
        let value = number()
        if index == 0 { word = value }
        if index == 3, value > 0 { word = word & 0xf0 | 2 | (value - 1) << 8 }
      }
    }
    store(word, 2)
  }
}
