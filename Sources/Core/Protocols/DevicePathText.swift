// SPDX-License-Identifier: Apache-2.0 OR GPL-2.0-only

/// Prints and parses device path nodes as `DevicePathGrammar` has them: one walk over a line's fields, in either
/// direction.
///
/// Text and nodes are made in two rounds: the first, without memory to write to, counts.
struct DevicePathText {
  let grammar = DevicePathGrammar.lines.utf8Start
  /// Where the grammar is read.
  var g = 0
  let isParsing: Bool
  let displayOnly: Bool
  let shortcuts: Bool

  /// UCS-2 text: read when parsing, else written unless nil.
  let text: UnsafeMutableRawPointer?
  /// The next character.
  var at = 0
  /// Ends of the node's fields in the text and of the current field.
  var limit = 0
  var stop = 0

  var type: UInt8 = 0
  var subType: UInt8 = 0
  /// The node behind its header: written when parsing unless nil, else read.
  var node: UnsafeMutableRawPointer?
  /// Bytes to read.
  var size = 0
  var position = 0
  /// Behind the last byte that was used.
  var end = 0
  var failed = false

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
  @inline(never) mutating func print(_ printed: DevicePathNode) {
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
  mutating func fits(_ flag: UInt8, _ start: Int) -> Bool {
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

  mutating func printFilePath() {
    position = 0
    while position &+ 1 < size {
      let unit = UInt16(truncatingIfNeeded: fetch(2))
      if unit == 0 { return }
      put(unit)
    }
  }

  /// Parses one node's text.
  ///
  /// - Parameter output: where its data goes: zeros; nil: it is measured
  /// - Returns: false when no line fits: what is no node is a file path (10.6.1.5).
  @inline(never) mutating func parse(from start: Int, to last: Int, _ output: UnsafeMutableRawPointer?) -> Bool {
    var open = start
    while open < last, unit(open) != 0x28 { open &+= 1 }
    guard open < last, unit(last &- 1) == 0x29 else { return false }
    g = 0
    while let flag = nextLine() {
      type = UInt8(truncatingIfNeeded: hex(1))
      subType = UInt8(truncatingIfNeeded: hex(2))
      guard flag != 0x7e, matches(start, open, 0x28) else { continue }
      let fields = g
      node = nil
      limit = last &- 1
      at = open &+ 1
      walk()
      guard !failed, at == limit else { continue }
      if let output {
        g = fields
        node = output
        at = open &+ 1
        walk()
      }
      return true
    }
    return false
  }

  /// Goes to the next line, or to the first.
  ///
  /// - Returns: the mark before it, or something else; nil behind the last line.
  @inline(never) mutating func nextLine() -> UInt8? {
    if g > 0 {
      while grammar[g] != 0x0a { g &+= 1 }
      g &+= 1
    }
    guard g < DevicePathGrammar.lines.utf8CodeUnitCount else { return nil }
    let flag = grammar[g]
    if flag == 0x7e || flag == 0x2b { g &+= 1 }
    return flag
  }

  // MARK: Grammar

  @inline(never) mutating func hex(_ digits: Int) -> Int {
    var value = 0
    for _ in 0..<digits {
      value = value << 4 | Int(truncatingIfNeeded: DevicePathText.digit(UInt16(grammar[g])))
      g &+= 1
    }
    return value
  }

  /// The value of a hexadecimal digit; 16 for what is none.
  @inline(never) static func digit(_ unit: UInt16) -> UInt64 {
    if unit >= 0x30, unit <= 0x39 { return UInt64(unit &- 0x30) }
    let letter = unit | 0x20
    return letter >= 0x61 && letter <= 0x66 ? UInt64(letter &- 0x57) : 16
  }

  @inline(never) mutating func putGrammar() {
    put(UInt16(grammar[g]))
    g &+= 1
  }

  /// Whether the text between the places is the grammar's up to `final`. Goes there if it is, and stays if not.
  @inline(never) mutating func matches(_ from: Int, _ to: Int, _ final: UInt8) -> Bool {
    var (place, index) = (from, g)
    while place < to, grammar[index] != final, unit(place) == UInt16(grammar[index]) {
      place &+= 1
      index &+= 1
    }
    guard place == to, grammar[index] == final else { return false }
    g = index
    return true
  }

  /// Goes over the fields of a line, from its parenthesis on.
  @inline(never) mutating func walk() {
    position = 0
    end = 0
    failed = false
    while !failed {
      let code = grammar[g]
      g &+= 1
      switch code {
      case 0x28: put(0x28)  // (
      case 0x29: return put(0x29)  // )
      case 0x2c: comma()
      case 0x27: constantText()
      case 0x3d: constantBytes()
      case 0x23: constantBits()
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
  mutating func close() {
    end = size
    put(0x29)
  }

  @inline(never) mutating func comma() {
    put(0x2c)
    guard isParsing, at < limit else { return }
    if unit(at) != 0x2c { failed = true }
    at &+= 1
  }

  mutating func constantText() {
    findStop()
    if isParsing {
      if matches(at, stop, 0x27) { at = stop } else { failed = true }
    } else {
      while grammar[g] != 0x27 { putGrammar() }
    }
    g &+= 1
  }

  mutating func constantBytes() {
    while grammar[g] != 0x3b {
      let byte = UInt64(hex(2))
      if isParsing { store(byte, 1) } else if fetch(1) != byte { failed = true }
    }
    g &+= 1
  }

  mutating func constantBits() {
    let (shift, bits, value) = (UInt64(hex(1)), UInt64(hex(1)), UInt64(hex(1)))
    let start = position
    if isParsing {
      store(value << shift, 2)
    } else if fetch(2) >> shift & (1 << bits &- 1) != value {
      failed = true
    }
    position = start
  }

  mutating func repeatCodes() {
    let mark = g &- 1
    let back = hex(1)
    guard isParsing ? at < limit : position < size else { return }
    comma()
    g = mark &- back
  }

  // MARK: The node's bytes

  @inline(never) mutating func advance(_ count: Int) {
    position &+= count
    if position > end { end = position }
    // A field that the node has no room for: another line must do.
    if !isParsing, end > size { failed = true }
  }

  /// A little-endian integer; 0 where the node has ended.
  @inline(never) mutating func fetch(_ count: Int) -> UInt64 {
    var value: UInt64 = 0
    let start = position
    advance(count)
    guard !failed, let node else { return 0 }
    for index in 0..<count {
      value |=
        UInt64(node.load(fromByteOffset: start &+ index, as: UInt8.self)) << UInt64(truncatingIfNeeded: 8 &* index)
    }
    return value
  }

  /// Adds the bits of an integer to bytes that were zero.
  @inline(never) mutating func store(_ value: UInt64, _ count: Int) {
    if let node {
      for index in 0..<count {
        let old = node.load(fromByteOffset: position &+ index, as: UInt8.self)
        let byte = old | UInt8(truncatingIfNeeded: value >> UInt64(truncatingIfNeeded: 8 &* index))
        node.storeBytes(of: byte, toByteOffset: position &+ index, as: UInt8.self)
      }
    }
    advance(count)
  }

  // MARK: The text

  @inline(never) func unit(_ place: Int) -> UInt16 {
    text?.loadUnaligned(fromByteOffset: 2 &* place, as: UInt16.self) ?? 0
  }

  @inline(never) mutating func put(_ unit: UInt16) {
    if isParsing { return }
    text?.storeBytes(of: unit, toByteOffset: 2 &* at, as: UInt16.self)
    at &+= 1
  }

  @inline(never) mutating func put(_ text: StaticString) {
    for index in 0..<text.utf8CodeUnitCount { put(UInt16(text.utf8Start[index])) }
  }

  @inline(never) mutating func putHexPrefix() { put("0x") }

  /// In hexadecimal with at least so many digits; 0: in decimal.
  @inline(never) mutating func put(number: UInt64, hex digits: Int) {
    let radix: UInt64 = digits == 0 ? 10 : 16
    var count = 1
    var divisor: UInt64 = 1
    while number / divisor >= radix || count < digits {
      divisor *= radix
      count &+= 1
    }
    while divisor > 0 {
      let digit = UInt16(truncatingIfNeeded: number / divisor % radix)
      put(digit < 10 ? 0x30 &+ digit : 0x37 &+ digit)
      divisor /= radix
    }
  }

  /// Finds the end of the current field: the next comma, or for a last field the end of all.
  @inline(never) mutating func findStop() {
    stop = limit
    if isParsing, grammar[g] != 0x29 { findComma() }
  }

  @inline(never) mutating func findComma() {
    stop = at
    while stop < limit, unit(stop) != 0x2c { stop &+= 1 }
  }

  @inline(never) mutating func skipHexPrefix() {
    if at &+ 1 < stop, unit(at) == 0x30, unit(at &+ 1) | 0x20 == 0x78 { at &+= 2 }
  }

  /// Parses an integer up to `stop`, or to `final` before it. An absent one is 0.
  ///
  /// - Parameter radix: where no `0x` says 16
  @inline(never) mutating func number(until final: UInt16 = 0, radix plain: UInt64 = 10) -> UInt64 {
    let start = at
    skipHexPrefix()
    let radix = at > start ? 16 : plain
    var value: UInt64 = 0
    while at < stop, unit(at) != final {
      let digit = DevicePathText.digit(unit(at))
      if digit >= radix {
        failed = true
        return 0
      }
      value = value &* radix &+ digit
      at &+= 1
    }
    return value
  }
}
