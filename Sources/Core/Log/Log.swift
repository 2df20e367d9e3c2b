// SPDX-License-Identifier: Apache-2.0 OR GPL-2.0-only

/// What the emulator has to say: on the described console, and in the ring that the next kernel reads.
public final class Log {
  public enum Level: UInt8, Sendable {
    case error, warning, notice, debug
  }

  /// Lines above these levels are dropped, on the console and in the ring.
  public var threshold = Level.notice
  public var ringThreshold = Level.debug
  private let platform: any Platform
  private var ring = LogRing()

  public init(platform: any Platform) { self.platform = platform }

  /// Writes one line: `virgil: ` and what `body` composes.
  public func write(_ level: Level, _ body: (LogLine) -> Void) {
    var line = LogLine(platform: platform)
    line.isShown = level.rawValue <= threshold.rawValue
    if level.rawValue <= ringThreshold.rawValue { line.log = self }
    guard line.isShown || line.log != nil else { return }
    line.text(level == .error ? "virgil: error: " : level == .warning ? "virgil: warning: " : "virgil: ")
    body(line)
    line.text("\r\n")
  }

  /// The ring's first line, which stays: who wrote it.
  public func begin(buildID: UInt64) {
    var line = LogLine(platform: platform)
    line.isShown = false
    line.log = self
    line.text("Virgil ").decimal(UInt64(SystemTable.firmwareRevision >> 16)).text(".")
      .decimal(UInt64(SystemTable.firmwareRevision & 0xffff)).text(", build ").hex(buildID).text("\n")
  }

  /// One byte of a line for the ring. Its lines end in a newline alone.
  public func keep(_ byte: UInt8) { if byte != 0x0d { ring.put(byte) } }

  /// From now on the ring is a variable, with what has been written before.
  func move(to store: VariableStore) { ring.move(to: store) }
}

/// Composes a line without `String`, whose comparison would pull the Unicode tables into the blob.
public struct LogLine {
  let platform: any Platform
  /// Where it is kept as well.
  var log: Log?
  /// Whether it goes to the console.
  var isShown = true

  init(platform: any Platform) { self.platform = platform }

  private func put(_ byte: UInt8) {
    if isShown { platform.consoleWrite(byte) }
    log?.keep(byte)
  }

  @discardableResult public func text(_ text: StaticString) -> LogLine {
    for index in 0..<text.utf8CodeUnitCount { put(text.utf8Start[index]) }
    return self
  }

  /// Bytes that came from outside: anything but printable ASCII is shown as `.`.
  @discardableResult public func bytes(_ bytes: ByteView) -> LogLine {
    for byte in bytes.buffer { put(byte >= 0x20 && byte < 0x7f ? byte : 0x2e) }
    return self
  }

  /// `0x` and lowercase hexadecimal digits.
  @discardableResult public func hex(_ value: UInt64) -> LogLine {
    text("0x")
    return digits(value, radix: 16)
  }

  @discardableResult public func decimal(_ value: UInt64) -> LogLine { digits(value, radix: 10) }

  @discardableResult private func digits(_ value: UInt64, radix: UInt64) -> LogLine {
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
  @discardableResult public func guid(_ guid: GUID) -> LogLine {
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

  /// The specification's name of a status, or its number.
  @discardableResult public func status(_ status: Status) -> LogLine {
    switch status {
    case .success: text("SUCCESS")
    case .loadError: text("LOAD_ERROR")
    case .invalidParameter: text("INVALID_PARAMETER")
    case .unsupported: text("UNSUPPORTED")
    case .bufferTooSmall: text("BUFFER_TOO_SMALL")
    case .notReady: text("NOT_READY")
    case .deviceError: text("DEVICE_ERROR")
    case .writeProtected: text("WRITE_PROTECTED")
    case .outOfResources: text("OUT_OF_RESOURCES")
    case .notFound: text("NOT_FOUND")
    case .accessDenied: text("ACCESS_DENIED")
    case .timeout: text("TIMEOUT")
    case .alreadyStarted: text("ALREADY_STARTED")
    case .aborted: text("ABORTED")
    case .securityViolation: text("SECURITY_VIOLATION")
    default: hex(status.rawValue)
    }
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
