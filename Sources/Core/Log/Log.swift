// SPDX-License-Identifier: Apache-2.0 OR GPL-2.0-only

/// What the emulator has to say, on the described console.
public final class Log {
  public enum Level: UInt8, Sendable {
    case error, warning, notice, debug
  }

  /// Lines above this level are dropped.
  public var threshold = Level.notice
  private let platform: any Platform

  public init(platform: any Platform) { self.platform = platform }

  /// Writes one line: `virgil: ` and what `body` composes.
  public func write(_ level: Level, _ body: (LogLine) -> Void) {
    guard level.rawValue <= threshold.rawValue else { return }
    let line = LogLine(platform: platform)
    line.text(level == .error ? "virgil: error: " : level == .warning ? "virgil: warning: " : "virgil: ")
    body(line)
    line.text("\r\n")
  }
}

/// Composes a line without `String`, whose comparison would pull the Unicode tables into the blob.
public struct LogLine {
  let platform: any Platform

  @inline(never) @discardableResult public func text(_ text: StaticString) -> LogLine {
    for index in 0..<text.utf8CodeUnitCount { platform.consoleWrite(text.utf8Start[index]) }
    return self
  }

  /// Bytes that came from outside: anything but printable ASCII is shown as `.`.
  @inline(never) @discardableResult public func bytes(_ bytes: ByteView) -> LogLine {
    for byte in bytes.buffer { platform.consoleWrite(byte >= 0x20 && byte < 0x7f ? byte : 0x2e) }
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
      platform.consoleWrite(digit < 10 ? 0x30 + digit : 0x57 + digit)
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

  /// The specification's name of a status, or its number.
  @inline(never) @discardableResult public func status(_ status: Status) -> LogLine {
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
