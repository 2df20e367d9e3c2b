// SPDX-License-Identifier: Apache-2.0 OR GPL-2.0-only

/// What has to be known of a kind of serial port to write to it and read from it, and no more.
struct UARTModel: Sendable {
  /// Bytes from the base, with registers next to each other.
  var dataOffset: UInt32
  var statusOffset: UInt32
  /// The transmitter takes a byte when `(status & readyMask) == readyValue`.
  var readyMask: UInt32
  var readyValue: UInt32
  /// A byte has arrived when `(status & receiveMask) == receiveValue`.
  var receiveMask: UInt32
  var receiveValue: UInt32
  /// Bytes of an access where nobody says otherwise.
  var width: UInt32
  /// log2 of the bytes from one register to the next where nobody says otherwise. Only the 16550's registers move;
  /// the others' offsets are fixed.
  var shift: UInt32 = 0
  var isShiftable = false

  /// This model at a place.
  ///
  /// - Parameters:
  ///   - width: bytes of an access; nil for the model's own
  ///   - shift: nil for the model's own
  /// - Returns: nil when a console record cannot say it (accesses of 2 bytes), when registers would not be aligned
  ///   to their accesses, or when they would lie outside the address space. Only a 16550 has ports.
  func description(
    base: UInt64, space: ConsoleDescription.Space, width: UInt32? = nil, shift: UInt32? = nil
  ) -> ConsoleDescription? {
    let width = width ?? self.width
    let shift = isShiftable ? shift ?? self.shift : 0
    guard base != 0, width == 1 || width == 4, shift <= 4 else { return nil }
    let data = dataOffset << shift
    let status = statusOffset << shift
    guard let registers = PhysicalRange(address: base, size: UInt64(max(data, status) + width)) else { return nil }
    switch space {
    case .mmio: guard (base | UInt64(data | status)) % UInt64(width) == 0 else { return nil }
    case .port: guard isShiftable, width == 1, registers.end <= 0x1_0000 else { return nil }
    }
    return ConsoleDescription(
      base: base, space: space, width: width, dataOffset: data, statusOffset: status, readyMask: readyMask,
      readyValue: readyValue, receiveMask: receiveMask, receiveValue: receiveValue)
  }
}

extension UARTModel {
  /// Arm PrimeCell PL011 (DDI 0183, 3.3), the PL010 and the SBSA generic UART: UARTDR at 0, UARTFR at 0x18 with TXFF
  /// in bit 5 and RXFE in bit 4. Always by words: some SBSA UARTs take nothing else, and the PL011 does not mind.
  static let pl011 = UARTModel(
    dataOffset: 0x00, statusOffset: 0x18, readyMask: 1 << 5, readyValue: 0, receiveMask: 1 << 4, receiveValue: 0,
    width: 4)

  /// NS16550 and all that are like it: THR and RBR at 0, LSR at 5 with THRE in bit 5 and DR in bit 0.
  static let ns16550 = UARTModel(
    dataOffset: 0, statusOffset: 5, readyMask: 1 << 5, readyValue: 1 << 5, receiveMask: 1, receiveValue: 1,
    width: 1, isShiftable: true)

  /// The same core on a 32-bit bus, where its binding says nothing of it.
  static let ns16550Words = UARTModel(
    dataOffset: 0, statusOffset: 5, readyMask: 1 << 5, readyValue: 1 << 5, receiveMask: 1, receiveValue: 1,
    width: 4, shift: 2, isShiftable: true)

  /// Cadence UART (Zynq TRM UG585, B.33): FIFO at 0x30, SR at 0x2c with TXFULL in bit 4 and RXEMPTY in bit 1.
  static let cadence = UARTModel(
    dataOffset: 0x30, statusOffset: 0x2c, readyMask: 1 << 4, readyValue: 0, receiveMask: 1 << 1, receiveValue: 0,
    width: 4)

  /// Amlogic Meson: WFIFO at 0, STATUS at 0x0c with TX_FULL in bit 21. It receives elsewhere, so here never.
  static let meson = UARTModel(
    dataOffset: 0x00, statusOffset: 0x0c, readyMask: 1 << 21, readyValue: 0, receiveMask: 0, receiveValue: 1,
    width: 4)

  /// i.MX UART from i.MX21 on: UTXD at 0x40, UTS at 0xb4 with TXFULL in bit 4. It receives elsewhere, so here never.
  static let imx = UARTModel(
    dataOffset: 0x40, statusOffset: 0xb4, readyMask: 1 << 4, readyValue: 0, receiveMask: 0, receiveValue: 1,
    width: 4)

  /// i.MX LPUART (i.MX 7ULP, 8): DATA at 0x1c, STAT at 0x14 with TDRE in bit 23 and RDRF in bit 21.
  static let lpuart = UARTModel(
    dataOffset: 0x1c, statusOffset: 0x14, readyMask: 1 << 23, readyValue: 1 << 23, receiveMask: 1 << 21,
    receiveValue: 1 << 21, width: 4)
}
