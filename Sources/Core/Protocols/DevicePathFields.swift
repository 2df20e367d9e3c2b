// SPDX-License-Identifier: Apache-2.0 OR GPL-2.0-only

// The kinds of fields that the grammar has codes for.
extension DevicePathText {
  @inline(never) mutating func field(_ code: UInt8) {
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
    case 0x50: type = UInt8(truncatingIfNeeded: plain(UInt64(type)))
    default: subType = UInt8(truncatingIfNeeded: plain(UInt64(subType)))
    }
  }

  /// A decimal number that stands for no byte of the data.
  mutating func plain(_ value: UInt64) -> UInt64 {
    guard isParsing else {
      put(number: value, hex: 0)
      return value
    }
    findComma()
    return number()
  }

  mutating func integer(_ count: Int, _ code: UInt8) {
    var (shift, bits) = (UInt64(0), UInt64(64))
    if grammar[g] == 0x5e {  // ^
      g &+= 1
      shift = UInt64(hex(1))
      bits = UInt64(hex(1))
    }
    var bias: UInt64 = 0
    if grammar[g] == 0x2b {  // +
      g &+= 1
      bias = 1
    }
    let names = g
    if grammar[g] == 0x5b {  // [
      while grammar[g] != 0x5d { g &+= 1 }
      g &+= 1
    }
    let behind = g
    if isParsing {
      findStop()
      let value = (named(names) ?? number()) &- bias
      store(value << shift, count)
    } else {
      let value = (fetch(count) >> shift & (bits == 64 ? .max : 1 << bits &- 1)) &+ bias
      if !putName(names, value) {
        if code >= 0x60 { putHexPrefix() }
        put(number: value, hex: code >= 0x60 ? 1 : 0)
      }
    }
    g = behind
  }

  /// Prints the name of `value` in a list of the grammar, if it has one.
  mutating func putName(_ list: Int, _ value: UInt64) -> Bool {
    guard grammar[list] == 0x5b else { return false }
    g = list &+ 1
    var index: UInt64 = 0
    while index < value, grammar[g] != 0x5d {
      if grammar[g] == 0x7c { index &+= 1 }
      g &+= 1
    }
    guard index == value, grammar[g] != 0x7c, grammar[g] != 0x5d else { return false }
    while grammar[g] != 0x7c, grammar[g] != 0x5d { putGrammar() }
    return true
  }

  /// The value whose name in a list of the grammar is the current field's text.
  mutating func named(_ list: Int) -> UInt64? {
    guard grammar[list] == 0x5b, at < stop else { return nil }
    g = list &+ 1
    var index: UInt64 = 0
    while true {
      if matches(at, stop, 0x7c) || matches(at, stop, 0x5d) {
        at = stop
        return index
      }
      while grammar[g] != 0x7c, grammar[g] != 0x5d { g &+= 1 }
      if grammar[g] == 0x5d { return nil }
      g &+= 1
      index &+= 1
    }
  }

  /// Bytes as pairs of digits. `kind` is a code that has another order, or separators.
  @inline(never) mutating func bytes(_ count: Int, _ kind: UInt8) {
    findStop()
    if kind == 0, isParsing { skipHexPrefix() }
    let start = position
    let order: StaticString = "3210547689abcdef"
    for index in 0..<count where !failed {
      switch kind {
      case 0x67: position = start &+ Int(truncatingIfNeeded: DevicePathText.digit(UInt16(order.utf8Start[index])))
      case 0x72, 0x6e: position = start &+ count &- 1 &- index
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
          at &+= 1
        }
        store(byteOfText(), 1)
      }
    }
    position = start
    advance(count)
  }

  mutating func byteOfText() -> UInt64 {
    let (high, low) = (DevicePathText.digit(unit(at)), DevicePathText.digit(unit(at &+ 1)))
    if at &+ 1 >= stop || high > 15 || low > 15 { failed = true }
    at &+= 2
    return high << 4 | low
  }

  mutating func restOfBytes() {
    if isParsing {
      guard at < limit else { return }
      comma()
      stop = limit
      bytes((limit &- at) / 2, 0)
    } else if position < size {
      put(0x2c)
      bytes(size &- position, 0)
    }
  }

  /// A field of 32 bytes, of which Ethernet (interface types 0 and 1, the byte behind) uses 6.
  mutating func hardwareAddress() {
    let start = position
    var count = 32
    if !isParsing {
      position = start &+ 32
      if fetch(1) < 2 { count = 6 }
      position = start
    }
    bytes(count, 0)
    position = start &+ 32
  }

  mutating func addressV4() {
    findStop()
    for index in 0..<4 {
      if isParsing {
        store(number(until: 0x2e), 1)
        if index < 3, at < stop { at &+= 1 }
      } else {
        if index > 0 { put(0x2e) }
        put(number: fetch(1), hex: 0)
      }
    }
  }

  @inline(never) mutating func string(_ code: UInt8) {
    let start = position
    let room = code == 0x74 ? hex(2) : Int.max
    let width = code == 0x53 ? 2 : 1
    if code == 0x53 { put(0x22) }
    if isParsing {
      findStop()
      while at < stop, position &- start < room {
        let character = unit(at)
        at &+= 1
        if width == 2, character == 0x22 { continue }
        if width == 1, character > 0x7f { failed = true }
        store(UInt64(character), width)
      }
      if code == 0x61 { store(0, 1) }
    } else {
      while position <= size &- width, position &- start < room {
        let character = UInt16(truncatingIfNeeded: fetch(width))
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
  mutating func twoStrings() {
    let start = position
    if isParsing {
      let first = at
      findComma()
      let separator = stop
      at = separator
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

  /// Code 0: a plain number of eight digits.
  mutating func eisa(_ code: UInt8) {
    guard isParsing else {
      let value = fetch(4)
      if code == 0x65 || code == 0x45 && value & 0xffff == 0x41d0 {
        var shift: UInt64 = 15
        while shift > 0 {
          shift &-= 5
          put(UInt16(truncatingIfNeeded: value >> shift & 0x1f) &+ 0x40)
        }
        return put(number: value >> 16, hex: 4)
      }
      putHexPrefix()
      return put(number: value, hex: 8)
    }
    findStop()
    guard at &+ 3 < stop, unit(at) >= 0x40 else { return store(number(radix: 10), 4) }
    var letters: UInt64 = 0
    for _ in 0..<3 {
      letters = letters << 5 | UInt64(unit(at) & 0x1f)
      at &+= 1
    }
    store(letters | number(radix: 16) << 16, 4)
  }
}
