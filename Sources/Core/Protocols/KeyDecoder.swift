// SPDX-License-Identifier: Apache-2.0 OR GPL-2.0-only

/// From a terminal's bytes to UEFI's keys (UEFI 2.10, Appendix B): UTF-8, and the escape sequences of ANSI, VT100+ and
/// VT-UTF8 terminals, xterm and the Linux console.
struct KeyDecoder {
  private enum State: UInt8 { case text, escape, control, single, linux }
  private var state = State.text
  /// Parameters of a control sequence: `ESC [ number ; modifier`.
  private var number: UInt32 = 0
  /// One more than the parameter; 0: there was none.
  private var modifier: UInt32 = 0
  /// The scalar that UTF-8 bytes have given so far, and how many are still to come.
  private var scalar: UInt32 = 0
  private var missing = 0
  /// Keys that are complete: at most two.
  private var ready: (EFI_KEY_DATA, EFI_KEY_DATA) = (EFI_KEY_DATA(), EFI_KEY_DATA())
  private var readyCount = 0

  /// Scan codes are letters in these tables: `@` is none, `A` is 1; `h` and up are themselves.
  /// A byte, and its scan code: after `ESC [`, `ESC O`, `ESC [ [` and `ESC`.
  private static let controls: StaticString = "AABBCCDDHEFFKFLG@GPHXHVI?IUJ/J"
  private static let singles: StaticString = "AABBCCDDHEFFPKQLRMSN"
  private static let linux: StaticString = "AKBLCMDNEO"
  private static let escapes: StaticString = "hEkF+G-H?I/J1K2L3M4N5O6P7Q8R9S0T!U@V"
  /// The scan codes of `ESC [ 1 ~` to `ESC [ 34 ~`.
  private static let numbered: StaticString = "EGHFIJEF@@KLMNO@PQRST@UVhi@jk@lmno"

  /// Whether a sequence has begun and not ended.
  var isWaiting: Bool { state != .text }

  /// The next complete key.
  mutating func next() -> EFI_KEY_DATA? {
    guard readyCount > 0 else { return nil }
    let key = ready.0
    ready.0 = ready.1
    readyCount -= 1
    return key
  }

  private mutating func emit(scan: UInt16, unicode: UInt16, shift: UInt32) {
    let key = EFI_KEY_DATA(
      Key: EFI_INPUT_KEY(ScanCode: scan, UnicodeChar: unicode), KeyShiftState: shift, KeyToggleState: 0)
    if readyCount == 0 { ready.0 = key } else { ready.1 = key }
    readyCount += 1
  }

  private mutating func emit(letter: UInt8) {
    state = .text
    guard letter != 0x40 else { return }
    var shift: UInt32 = 0
    if modifier > 2 {
      // xterm: 1 and the sum of 1 for shift, 2 for alt, 4 for control. Which of two keys it was it does not say.
      let bits = modifier - 2
      shift = 0x8000_0000 | (bits & 1) << 1 | (bits & 2) << 4 | (bits & 4) << 1
    }
    emit(scan: UInt16(letter < 0x60 ? letter - 0x40 : letter), unicode: 0, shift: shift)
  }

  /// What was taken for a sequence's start was the key ESC, and perhaps a character.
  mutating func giveUp() {
    emit(scan: 0x17, unicode: 0, shift: 0)
    if state == .control || state == .linux { emit(scan: 0, unicode: 0x5b, shift: 0) }
    if state == .single { emit(scan: 0, unicode: 0x4f, shift: 0) }
    state = .text
  }

  mutating func take(_ byte: UInt8) {
    switch state {
    case .text: takeText(byte)
    case .escape:
      number = 0
      modifier = 0
      switch byte {
      case 0x5b: state = .control
      case 0x4f: state = .single
      default:
        if let letter = KeyDecoder.letter(byte, KeyDecoder.escapes) {
          emit(letter: letter)
        } else {
          giveUp()
          takeText(byte)
        }
      }
    case .control: takeControl(byte)
    case .single: emit(letter: KeyDecoder.letter(byte, KeyDecoder.singles) ?? 0x40)
    case .linux: emit(letter: KeyDecoder.letter(byte, KeyDecoder.linux) ?? 0x40)
    }
  }

  private static func letter(_ byte: UInt8, _ table: StaticString) -> UInt8? {
    var index = 0
    while index < table.utf8CodeUnitCount {
      if table.utf8Start[index] == byte { return table.utf8Start[index + 1] }
      index += 2
    }
    return nil
  }

  private mutating func takeControl(_ byte: UInt8) {
    switch byte {
    case 0x30...0x39:
      // The last parameter is the one that counts; what no terminal sends need not be right.
      let digit = UInt32(byte - 0x30)
      if modifier > 0 { modifier = 1 + digit } else { number = (number * 10 + digit) & 0xff }
    case 0x3b: modifier = 1
    case 0x5b where number == 0: state = .linux
    case 0x7e:
      let table = KeyDecoder.numbered
      emit(letter: number > 0 && number <= table.utf8CodeUnitCount ? table.utf8Start[Int(number) - 1] : 0x40)
    case 0x1b: state = .escape
    default:
      // `ESC [ 1 ; 2 P` is a modified F1, `ESC [ P` the key that deletes.
      let table = number > 0 ? KeyDecoder.singles : KeyDecoder.controls
      emit(letter: KeyDecoder.letter(byte, table) ?? 0x40)
    }
  }

  private mutating func takeText(_ byte: UInt8) {
    if missing > 0 {
      if byte & 0xc0 == 0x80 {
        scalar = scalar << 6 | UInt32(byte & 0x3f)
        missing -= 1
        if missing == 0 { emit(scan: 0, unicode: unit, shift: 0) }
        return
      }
      missing = 0
      emit(scan: 0, unicode: 0xfffd, shift: 0)
    }
    switch byte {
    case 0x1b: state = .escape
    case 0x7f: emit(scan: 0, unicode: 8, shift: 0)
    case 0x00...0x1f:
      // Control and a letter, except where a key of its own sends the same: BS, TAB, LF and CR.
      let isKey = byte == 8 || byte == 9 || byte == 10 || byte == 13
      emit(scan: 0, unicode: UInt16(byte), shift: isKey ? 0 : 0x8000_0008)
    case 0x20...0x7e: emit(scan: 0, unicode: UInt16(byte), shift: 0)
    case 0xc2...0xdf: begin(byte & 0x1f, 1)
    case 0xe0...0xef: begin(byte & 0x0f, 2)
    case 0xf0...0xf4: begin(byte & 0x07, 3)
    default: emit(scan: 0, unicode: 0xfffd, shift: 0)
    }
  }

  private mutating func begin(_ bits: UInt8, _ more: Int) {
    scalar = UInt32(bits)
    missing = more
  }

  /// The scalar as UCS-2 has it; U+FFFD where that has none.
  private var unit: UInt16 {
    scalar > 0xffff || (0xd800...0xdfff).contains(scalar) ? 0xfffd : UInt16(scalar)
  }
}
