// SPDX-License-Identifier: Apache-2.0 OR GPL-2.0-only

/// Simple Text Output (UEFI 2.10, 12.4) on the described serial console.
///
/// One mode, 80 columns by 25 rows, as 12.4.5 demands. Colours and positions go out as ANSI (ECMA-48) sequences.
/// Without a console, output goes nowhere and no key is ever pressed.
final class TextConsole {
  private let platform: any Platform
  private let output: UnsafeMutablePointer<EFI_SIMPLE_TEXT_OUTPUT_PROTOCOL>
  let input: KeyInput
  private let mode: UnsafeMutablePointer<SIMPLE_TEXT_OUTPUT_MODE>

  static let columns = 80
  static let rows = 25

  init(platform: any Platform, events: Events, pool: Pool) throws(Status) {
    self.platform = platform
    input = try KeyInput(platform: platform, events: events, pool: pool)
    // The interface and its mode in one block.
    let memory = try pool.allocate(.bootServicesData, size: 128)
    memory.initializeMemory(as: UInt8.self, repeating: 0, count: 128)
    output = memory.assumingMemoryBound(to: EFI_SIMPLE_TEXT_OUTPUT_PROTOCOL.self)
    mode = (memory + 96).assumingMemoryBound(to: SIMPLE_TEXT_OUTPUT_MODE.self)
    efi_fill_text_output(output)
    mode.pointee.MaxMode = 1
    mode.pointee.Attribute = 0x07  // EFI_LIGHTGRAY on EFI_BLACK
    mode.pointee.CursorVisible = 1
    output.pointee.Mode = mode
  }

  var outputAddress: UInt { UInt(bitPattern: output) }

  /// Hangs the console into the system table.
  func install(on handle: Handle, _ firmware: Firmware) {
    input.install(on: handle, firmware)
    let table = firmware.systemTable.pointer
    table.pointee.ConsoleOutHandle = handle
    table.pointee.ConOut = output
    table.pointee.StandardErrorHandle = handle
    table.pointee.StdErr = output
    firmware.systemTable.updateChecksums()
  }

  // MARK: Output

  /// Whether 12.4.3 knows a character: a control character other than these has no effect, a surrogate no glyph.
  static func isKnown(_ unit: UInt16) -> Bool {
    unit >= 0x20 && unit != 0x7f && !(0xd800...0xdfff).contains(unit) || unit >= 0x08 && unit <= 0x0a || unit == 0x0d
  }

  /// 12.4.3 and 12.4.4: UCS-2 in, UTF-8 out.
  ///
  /// - Parameter testOnly: writes nothing
  /// - Returns: whether all of it could be shown as it is.
  func write(_ string: UnsafePointer<efi_char16>, testOnly: Bool) -> Bool {
    var isWhole = true
    var index = 0
    while true {
      let unit = UnsafeRawPointer(string).loadUnaligned(fromByteOffset: index, as: UInt16.self)
      index += 2
      if unit == 0 { return isWhole }
      let isKnown = TextConsole.isKnown(unit)
      if !isKnown { isWhole = false }
      if !testOnly { show(isKnown ? unit : 0xfffd) }
    }
  }

  /// Writes a character and moves the cursor as 12.4.3 has it.
  private func show(_ unit: UInt16) {
    let column = mode.pointee.CursorColumn
    switch unit {
    case 0x08:
      guard column > 0 else { return }
      mode.pointee.CursorColumn = column - 1
    case 0x09:
      repeat { show(0x20) } while mode.pointee.CursorColumn & 7 != 0
      return
    case 0x0a: nextRow()
    case 0x0d: mode.pointee.CursorColumn = 0
    default: mode.pointee.CursorColumn = column + 1
    }
    put(unit)
    if mode.pointee.CursorColumn >= Int32(TextConsole.columns) {
      // The terminal may be wider: it is told.
      mode.pointee.CursorColumn = 0
      nextRow()
      put(0x0d)
      put(0x0a)
    }
  }

  private func nextRow() {
    if mode.pointee.CursorRow < Int32(TextConsole.rows - 1) { mode.pointee.CursorRow += 1 }
  }

  private func put(_ unit: UInt16) {
    if unit < 0x80 {
      platform.consoleWrite(UInt8(unit))
      return
    }
    if unit < 0x800 {
      platform.consoleWrite(0xc0 | UInt8(unit >> 6))
    } else {
      platform.consoleWrite(0xe0 | UInt8(unit >> 12))
      platform.consoleWrite(0x80 | UInt8(unit >> 6 & 0x3f))
    }
    platform.consoleWrite(0x80 | UInt8(unit & 0x3f))
  }

  /// The start of a control sequence: its first parameter, and what follows.
  private func escape(_ parameter: UInt64, _ next: UInt8) {
    platform.consoleWrite(0x1b)
    platform.consoleWrite(0x5b)
    LogLine.onConsole.decimal(parameter)
    platform.consoleWrite(next)
  }

  /// UEFI's colours have blue and red the other way round.
  private static func ansiColor(_ color: UInt64) -> UInt64 { color & 2 | (color & 1) << 2 | (color & 4) >> 2 }

  /// What thunks.c's virgil_text_set() changes, in its order.
  func set(_ what: UInt32, _ first: UInt64, _ second: UInt64) throws(Status) {
    switch what {
    case 0:  // Reset (12.4.2)
      try set(2, 0x07, 0)
      try set(3, 0, 0)
      try set(5, 1, 0)
    case 1:  // SetMode (12.4.6)
      guard first == 0 else { throw .unsupported }
      try set(3, 0, 0)
    case 2:  // SetAttribute (12.4.7): bits 0-3 foreground, 4-6 background
      guard first <= 0x7f else { throw .unsupported }
      mode.pointee.Attribute = Int32(first)
      escape(first & 8 != 0 ? 1 : 22, 0x3b)
      LogLine.onConsole.decimal(30 + TextConsole.ansiColor(first))
      platform.consoleWrite(0x3b)
      LogLine.onConsole.decimal(40 + TextConsole.ansiColor(first >> 4))
      platform.consoleWrite(0x6d)
    case 3:  // ClearScreen (12.4.8)
      escape(2, 0x4a)
      try set(4, 0, 0)
    case 4:  // SetCursorPosition (12.4.9)
      guard first < UInt64(TextConsole.columns), second < UInt64(TextConsole.rows) else { throw .unsupported }
      mode.pointee.CursorColumn = Int32(first)
      mode.pointee.CursorRow = Int32(second)
      escape(second + 1, 0x3b)
      LogLine.onConsole.decimal(first + 1)
      platform.consoleWrite(0x48)
    case 5:  // EnableCursor (12.4.10): a terminal's cursor cannot be seen to be hidden, so it always shows
      guard first != 0 else { throw .unsupported }
      mode.pointee.CursorVisible = 1
    default: throw .invalidParameter
    }
  }
}

@c @implementation public func virgil_text_output_string(
  _ this: UnsafeMutableRawPointer!, _ string: UnsafePointer<efi_char16>!, _ testOnly: UInt8
) -> efi_status {
  guard let string else { return Status.invalidParameter.rawValue }
  let isWhole = firmware.console.write(string, testOnly: testOnly != 0)
  return (isWhole ? Status.success : testOnly != 0 ? .unsupported : .warnUnknownGlyph).rawValue
}

@c @implementation public func virgil_text_query_mode(
  _ this: UnsafeMutableRawPointer!, _ mode: UInt64, _ columns: UnsafeMutablePointer<UInt64>!,
  _ rows: UnsafeMutablePointer<UInt64>!
) -> efi_status {
  service {
    () throws(Status) in
    guard let columns, let rows else { throw .invalidParameter }
    guard mode == 0 else { throw .unsupported }
    columns.pointee = UInt64(TextConsole.columns)
    rows.pointee = UInt64(TextConsole.rows)
  }
}

@c @implementation public func virgil_text_set(
  _ this: UnsafeMutableRawPointer!, _ what: UInt32, _ first: UInt64, _ second: UInt64
) -> efi_status {
  service { () throws(Status) in try firmware.console.set(what, first, second) }
}
