// SPDX-License-Identifier: Apache-2.0 OR GPL-2.0-only

/// The two registers of a serial console.
public protocol ConsoleRegisters {
  func read(_ offset: UInt32, of console: ConsoleDescription) -> UInt32
  func write(_ value: UInt32, at offset: UInt32, of console: ConsoleDescription)
}

/// Sends and receives bytes by a description instead of a driver.
///
/// A device that never gets ready costs a bounded wait, once: after that, each byte gets a single try until the
/// device is ready again, so a dead UART slows the boot down by a fraction of a second and no more.
public struct SerialConsole<Registers: ConsoleRegisters> {
  public let description: ConsoleDescription
  private let registers: Registers
  private var answers = true

  /// How often the status is read for one byte. A read takes about a microsecond, and at 9600 baud a byte a
  /// thousand of them; a FIFO of 64 bytes must be able to drain.
  public static var patience: Int { 200_000 }

  /// - Returns: nil when the description is not one of a console: an access width other than 1 and 4, registers that
  ///   are not aligned to it or lie outside the address space.
  public init?(_ description: ConsoleDescription, registers: Registers) {
    guard description.width == 1 || description.width == 4 else { return nil }
    let limit: UInt64 = description.space == .port ? 0x1_0000 : 1 << 52
    for offset in [description.dataOffset, description.statusOffset] {
      let (place, overflow) = description.base.addingReportingOverflow(UInt64(offset))
      guard !overflow, place <= limit - UInt64(description.width) else { return nil }
      guard place % UInt64(description.width) == 0 else { return nil }
    }
    self.description = description
    self.registers = registers
  }

  /// Sends a byte, or drops it when the device does not get ready.
  public mutating func write(_ byte: UInt8) {
    for _ in 0..<(answers ? Self.patience : 1) {
      let status = registers.read(description.statusOffset, of: description)
      if status & description.readyMask == description.readyValue {
        registers.write(UInt32(byte), at: description.dataOffset, of: description)
        answers = true
        return
      }
    }
    answers = false
  }

  /// The byte that has arrived; nil when there is none.
  public func read() -> UInt8? {
    let status = registers.read(description.statusOffset, of: description)
    guard status & description.receiveMask == description.receiveValue else { return nil }
    return UInt8(truncatingIfNeeded: registers.read(description.dataOffset, of: description))
  }
}
