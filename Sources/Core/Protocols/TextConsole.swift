// SPDX-License-Identifier: Apache-2.0 OR GPL-2.0-only

/// Simple Text Output and Simple Text Input (UEFI 2.10, 12.4 and 12.3) on the described serial console.
///
/// One mode, 80 columns by 25 rows, as 12.4.5 demands. Colours and positions go out as ANSI (ECMA-48) sequences.
/// Without a console, output goes nowhere and no key is ever pressed.
final class TextConsole {
  private let platform: any Platform
  private let output: UnsafeMutablePointer<EFI_SIMPLE_TEXT_OUTPUT_PROTOCOL>
  private let input: UnsafeMutablePointer<EFI_SIMPLE_TEXT_INPUT_PROTOCOL>
  private let mode: UnsafeMutablePointer<SIMPLE_TEXT_OUTPUT_MODE>
  /// A byte that was looked at and not yet read.
  private var pending: UInt8?

  static let columns = 80
  static let rows = 25

  init(platform: any Platform, pool: Pool) throws(Status) {
    self.platform = platform
    func make<T>(_ type: T.Type) throws(Status) -> UnsafeMutablePointer<T> {
      let size = MemoryLayout<T>.size
      let memory = try pool.allocate(.bootServicesData, size: UInt64(size))
      memory.initializeMemory(as: UInt8.self, repeating: 0, count: size)
      return memory.assumingMemoryBound(to: T.self)
    }
    output = try make(EFI_SIMPLE_TEXT_OUTPUT_PROTOCOL.self)
    input = try make(EFI_SIMPLE_TEXT_INPUT_PROTOCOL.self)
    mode = try make(SIMPLE_TEXT_OUTPUT_MODE.self)
    efi_fill_text_output(output)
    efi_fill_text_input(input)
    mode.pointee.MaxMode = 1
    mode.pointee.Attribute = 0x07  // EFI_LIGHTGRAY on EFI_BLACK
    mode.pointee.CursorVisible = 1
    output.pointee.Mode = mode
  }

  var outputAddress: UInt { UInt(bitPattern: output) }

  /// Hangs the console into the system table.
  func install(on handle: Handle, _ firmware: Firmware) {
    // 12.3.1: WaitForKey is signaled while a key waits; who checks it makes us look.
    let event = Event(type: EventType.notifyWait, notifyTPL: TPL.callback, function: 0, context: nil, group: nil)
    event.poll = { [self] in hasKey }
    firmware.events.add(event)
    input.pointee.WaitForKey = Events.pointer(event)
    firmware.handles.install(.simpleTextInput, UInt(bitPattern: input), on: handle, events: firmware.events)
    let table = firmware.systemTable.pointer
    table.pointee.ConsoleInHandle = handle
    table.pointee.ConIn = input
    table.pointee.ConsoleOutHandle = handle
    table.pointee.ConOut = output
    table.pointee.StandardErrorHandle = handle
    table.pointee.StdErr = output
    firmware.systemTable.updateChecksums()
  }

  // MARK: Output

  /// 12.4.3: UCS-2 in, UTF-8 out. A lone surrogate has no glyph.
  func write(_ string: UnsafePointer<efi_char16>) -> Status {
    var status = Status.success
    var index = 0
    while true {
      let unit = UnsafeRawPointer(string).loadUnaligned(fromByteOffset: index * 2, as: UInt16.self)
      index += 1
      switch unit {
      case 0: return status
      case 0xd800...0xdfff:
        status = .warnUnknownGlyph
        put(0xfffd)
      default: put(unit)
      }
    }
  }

  private func put(_ unit: UInt16) {
    if unit < 0x80 {
      platform.consoleWrite(UInt8(unit))
    } else if unit < 0x800 {
      platform.consoleWrite(0xc0 | UInt8(unit >> 6))
      platform.consoleWrite(0x80 | UInt8(unit & 0x3f))
    } else {
      platform.consoleWrite(0xe0 | UInt8(unit >> 12))
      platform.consoleWrite(0x80 | UInt8(unit >> 6 & 0x3f))
      platform.consoleWrite(0x80 | UInt8(unit & 0x3f))
    }
    advance(unit)
  }

  private func advance(_ unit: UInt16) {
    switch unit {
    case 0x08: mode.pointee.CursorColumn = max(0, mode.pointee.CursorColumn - 1)
    case 0x0a: mode.pointee.CursorRow = min(Int32(TextConsole.rows - 1), mode.pointee.CursorRow + 1)
    case 0x0d: mode.pointee.CursorColumn = 0
    default:
      mode.pointee.CursorColumn += 1
      if mode.pointee.CursorColumn >= Int32(TextConsole.columns) {
        mode.pointee.CursorColumn = 0
        mode.pointee.CursorRow = min(Int32(TextConsole.rows - 1), mode.pointee.CursorRow + 1)
      }
    }
  }

  private func escape(_ parameters: [UInt64], _ final: UInt8) {
    platform.consoleWrite(0x1b)
    platform.consoleWrite(0x5b)
    for (index, parameter) in parameters.enumerated() {
      if index > 0 { platform.consoleWrite(0x3b) }
      LogLine(platform: platform).decimal(parameter)
    }
    platform.consoleWrite(final)
  }

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
      let ansi: [UInt64] = [0, 4, 2, 6, 1, 5, 3, 7]
      let foreground = ansi[Int(first & 7)] + 30
      escape([0, first & 8 != 0 ? 1 : 22, foreground, ansi[Int(first >> 4 & 7)] + 40], 0x6d)
    case 3:  // ClearScreen (12.4.8)
      escape([2], 0x4a)
      try set(4, 0, 0)
    case 4:  // SetCursorPosition (12.4.9)
      guard first < UInt64(TextConsole.columns), second < UInt64(TextConsole.rows) else { throw .unsupported }
      mode.pointee.CursorColumn = Int32(first)
      mode.pointee.CursorRow = Int32(second)
      escape([second + 1, first + 1], 0x48)
    case 5:  // EnableCursor (12.4.10): a terminal's cursor cannot be seen to be hidden, so it always shows
      guard first != 0 else { throw .unsupported }
      mode.pointee.CursorVisible = 1
    default: throw .invalidParameter
    }
  }

  // MARK: Input

  private var hasKey: Bool {
    if pending == nil { pending = platform.consoleRead() }
    return pending != nil
  }

  /// 12.3.3.
  func readKey() throws(Status) -> EFI_INPUT_KEY {
    guard hasKey, let byte = pending else { throw .notReady }
    pending = nil
    switch byte {
    case 0x7f: return EFI_INPUT_KEY(ScanCode: 0, UnicodeChar: 8)
    case 0x1b: return EFI_INPUT_KEY(ScanCode: 0x17, UnicodeChar: 0)
    default: return EFI_INPUT_KEY(ScanCode: 0, UnicodeChar: UInt16(byte))
    }
  }

  func discardInput() {
    pending = nil
    while platform.consoleRead() != nil {}
  }
}

@c @implementation public func virgil_text_output_string(
  _ this: UnsafeMutableRawPointer!, _ string: UnsafePointer<efi_char16>!, _ testOnly: UInt8
) -> efi_status {
  guard let string else { return Status.invalidParameter.rawValue }
  if testOnly == 0 { return firmware.console.write(string).rawValue }
  var index = 0
  while true {
    let unit = UnsafeRawPointer(string).loadUnaligned(fromByteOffset: index * 2, as: UInt16.self)
    if unit == 0 { return Status.success.rawValue }
    if (0xd800...0xdfff).contains(unit) { return Status.unsupported.rawValue }
    index += 1
  }
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

@c @implementation public func virgil_text_read_key(
  _ this: UnsafeMutableRawPointer!, _ key: UnsafeMutablePointer<EFI_INPUT_KEY>!
) -> efi_status {
  service {
    () throws(Status) in
    guard let key else { throw .invalidParameter }
    key.pointee = try firmware.console.readKey()
  }
}

@c @implementation public func virgil_text_input_reset(_ this: UnsafeMutableRawPointer!) -> efi_status {
  service { () throws(Status) in firmware.console.discardInput() }
}
