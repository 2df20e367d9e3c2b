// SPDX-License-Identifier: Apache-2.0 OR GPL-2.0-only

/// What the emulator has to say: on the described console, and in the ring that the next kernel reads.
public final class Log {
  public enum Level: UInt8, Sendable {
    case error, warning, notice, debug
  }

  /// Lines above these levels are dropped, on the console and in the ring.
  public var threshold = Level.notice
  public var ringThreshold = Level.debug
  let platform: any Platform
  private var ring = LogRing()

  public init(platform: any Platform) { self.platform = platform }

  /// Writes one line: `virgil: ` and what `body` composes.
  @inline(never) public func write(_ level: Level, _ body: (LogLine) -> Void) {
    var places: UInt8 = 0
    if level.rawValue <= threshold.rawValue { places = LogLine.console }
    if level.rawValue <= ringThreshold.rawValue { places |= LogLine.ring }
    guard places != 0 else { return }
    let line = LogLine(log: self, places: places)
    line.text(level == .error ? "virgil: error: " : level == .warning ? "virgil: warning: " : "virgil: ")
    body(line)
    line.text("\r\n")
  }

  /// The ring's first line, which stays: who wrote it.
  public func begin(buildID: UInt64) {
    LogLine(log: self, places: LogLine.ring).text("Virgil ").decimal(UInt64(SystemTable.firmwareRevision >> 16)).text(
      "."
    )
    .decimal(UInt64(SystemTable.firmwareRevision & 0xffff)).text(", build ").hex(buildID).text("\n")
  }

  /// One byte of a line for the ring. Its lines end in a newline alone.
  public func keep(_ byte: UInt8) { if byte != 0x0d { ring.put(byte) } }

  /// From now on the ring is a variable, with what has been written before.
  func move(to store: VariableStore) { ring.move(to: store) }
}

/// Composes a line without `String`, whose comparison would pull the Unicode tables into the blob.
public struct LogLine {
  let log: Log
  /// Where it goes.
  let places: UInt8
  static let console: UInt8 = 1
  static let ring: UInt8 = 2

  init(log: Log, places: UInt8) {
    self.log = log
    self.places = places
  }

  /// A part of a line that is nobody's message, for the console alone.
  static var onConsole: LogLine { LogLine(log: firmware.log, places: console) }

  @inline(never) private func put(_ byte: UInt8) {
    if places & LogLine.console != 0 { log.platform.consoleWrite(byte) }
    if places & LogLine.ring != 0 { log.keep(byte) }
  }

  @inline(never) @discardableResult public func text(_ text: StaticString) -> LogLine {
    for index in 0..<text.utf8CodeUnitCount { put(text.utf8Start[index]) }
    return self
  }

  /// Bytes that came from outside: anything but printable ASCII is shown as `.`.
  @inline(never) @discardableResult public func bytes(_ bytes: ByteView) -> LogLine {
    for byte in bytes.buffer { put(byte >= 0x20 && byte < 0x7f ? byte : 0x2e) }
    return self
  }

  /// `0x` and lowercase hexadecimal digits.
  @inline(never) @discardableResult public func hex(_ value: UInt64) -> LogLine {
    text("0x")
    return digits(value, radix: 16)
  }

  @inline(never) @discardableResult public func decimal(_ value: UInt64) -> LogLine { digits(value, radix: 10) }

  @inline(never) @discardableResult private func digits(_ value: UInt64, radix: UInt64) -> LogLine {
    var divisor: UInt64 = 1
    while value / divisor >= radix { divisor *= radix }
    while divisor > 0 {
      let digit = UInt8(value / divisor % radix)
      put(digit < 10 ? 0x30 + digit : 0x57 + digit)
      divisor /= radix
    }
    return self
  }

  /// A GUID in the registry format.
  @inline(never) @discardableResult public func guid(_ guid: GUID) -> LogLine {
    func byte(_ index: Int) -> UInt64 {
      (index < 8 ? guid.low >> UInt64(8 * index) : guid.high >> UInt64(8 * (index - 8))) & 0xff
    }
    for index in [3, 2, 1, 0, 5, 4, 7, 6, 8, 9, 10, 11, 12, 13, 14, 15] {
      if index == 5 || index == 7 || index == 8 || index == 10 { text("-") }
      let value = byte(index)
      if value < 16 { text("0") }
      _ = digits(value, radix: 16)
    }
    return self
  }

  /// The names of the errors (UEFI 2.10, Appendix D), the first one's number being 1. A gap is a number without a name.
  private static let errors: StaticString =
    """
    LOAD_ERROR|INVALID_PARAMETER|UNSUPPORTED|BAD_BUFFER_SIZE|BUFFER_TOO_SMALL|NOT_READY|DEVICE_ERROR|WRITE_PROTECTED|\
    OUT_OF_RESOURCES|VOLUME_CORRUPTED|VOLUME_FULL|NO_MEDIA|MEDIA_CHANGED|NOT_FOUND|ACCESS_DENIED|NO_RESPONSE|NO_MAPPING|\
    TIMEOUT|NOT_STARTED|ALREADY_STARTED|ABORTED|||PROTOCOL_ERROR|INCOMPATIBLE_VERSION|SECURITY_VIOLATION|CRC_ERROR|\
    END_OF_MEDIA|||END_OF_FILE|INVALID_LANGUAGE|COMPROMISED_DATA|
    """

  /// The specification's name of a status, or its number.
  @inline(never) @discardableResult public func status(_ status: Status) -> LogLine {
    if status == .success { return text("SUCCESS") }
    let number = status.rawValue & ~(1 << 63)
    var current: UInt64 = 1
    var isNamed = false
    for index in 0..<LogLine.errors.utf8CodeUnitCount where status.isError {
      let byte = LogLine.errors.utf8Start[index]
      if byte == UInt8(ascii: "|") {
        current += 1
      } else if current == number {
        put(byte)
        isNamed = true
      }
    }
    return isNamed ? self : hex(status.rawValue)
  }
}

/// The last failure that was noted: a payload that asks again and again is one line.
nonisolated(unsafe) private var lastFailure: (name: UnsafePointer<CChar>?, status: efi_status) = (nil, 0)

@c @implementation public func virgil_failed(_ name: UnsafePointer<CChar>!, _ status: efi_status) {
  // Asking for a size, and looking whether something has happened, are no failures.
  let status = Status(rawValue: status)
  guard status != .bufferTooSmall, status != .notReady, lastFailure != (name, status.rawValue) else { return }
  lastFailure = (name, status.rawValue)
  var length = 0
  while name[length] != 0 { length += 1 }
  firmware.log.write(.debug) {
    $0.bytes(ByteView(UnsafeRawPointer(name), count: length)).text(": ").status(status)
  }
}
