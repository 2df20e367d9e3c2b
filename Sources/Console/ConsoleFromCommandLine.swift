// SPDX-License-Identifier: Apache-2.0 OR GPL-2.0-only

/// What a command line says of the console, as Linux reads it (Documentation/admin-guide/kernel-parameters.txt).
///
/// | parameter | which one counts |
/// |---|---|
/// | `earlycon=NAME,io\|mmio\|mmio32,ADDRESS`, `earlycon=NAME,0xADDRESS`, the same after `console=` | the first |
/// | `earlyprintk=serial[,ttyS0\|,0x3f8]`, `ttyS0`, `mmio32,0xADDRESS` (x86) | the first |
/// | `console=ttyS0` to `ttyS3` (x86: the standard ports) | the last |
/// | `earlycon` alone | the firmware's console |
///
/// What cannot be described is passed over, so that `console=ttyAMA0` says nothing.
struct CommandLineConsole {
  var earlycon: ConsoleDescription?
  var earlyprintk: ConsoleDescription?
  var console: ConsoleDescription?
  /// `earlycon` without a value: use what stdout-path or SPCR name.
  var asksForFirmware = false

  /// - Parameter legacyPorts: `ttyS0` stands for a port that every PC has at the same place
  init(_ commandLine: KernelCommandLine, legacyPorts: Bool) {
    for parameter in commandLine {
      let value = parameter.value ?? ByteView(UnsafeRawBufferPointer(start: nil, count: 0))
      if parameter.isNamed("earlycon") {
        if value.count == 0 { asksForFirmware = true }
        earlycon = earlycon ?? Self.parseEarlycon(value)
      } else if parameter.isNamed("console") {
        earlycon = earlycon ?? Self.parseEarlycon(value)
        if legacyPorts { console = Self.parseStandardPort(value) ?? console }
      } else if parameter.isNamed("earlyprintk"), legacyPorts {
        earlyprintk = earlyprintk ?? Self.parseEarlyprintk(value)
      }
    }
  }

  /// `NAME,io|mmio|mmio32|mmio32native,ADDRESS[,OPTIONS]` or `NAME,0xADDRESS[,OPTIONS]`.
  private static func parseEarlycon(_ value: ByteView) -> ConsoleDescription? {
    let (name, rest) = value.split(at: comma)
    guard let model = UARTModel.earlycon(name), let rest else { return nil }
    let (first, tail) = rest.split(at: comma)
    if first.matches("0x") {
      return first.kernelNumber().flatMap { model.description(base: $0, space: .mmio) }
    }
    guard let tail, let address = tail.split(at: comma).head.kernelNumber() else { return nil }
    if first.equals("io") { return model.description(base: address, space: .port) }
    if first.equals("mmio") { return model.description(base: address, space: .mmio) }
    if first.equals("mmio32") || first.equals("mmio32native") {
      return model.description(base: address, space: .mmio, width: 4, shift: 2)
    }
    return nil
  }

  /// `ttyS0` to `ttyS3`, with options after a comma.
  private static func parseStandardPort(_ value: ByteView) -> ConsoleDescription? {
    let name = value.split(at: comma).head
    guard name.count == 5, name.matches("ttyS"), let digit = name.byte(4) else { return nil }
    return standardPort(digit)
  }

  private static func standardPort(_ digit: UInt8) -> ConsoleDescription? {
    let base: UInt64
    switch digit {
    case UInt8(ascii: "0"): base = 0x3f8
    case UInt8(ascii: "1"): base = 0x2f8
    case UInt8(ascii: "2"): base = 0x3e8
    case UInt8(ascii: "3"): base = 0x2e8
    default: return nil
    }
    return UARTModel.ns16550.description(base: base, space: .port)
  }

  /// x86's `setup_early_printk` looks for its words at every place of the value.
  private static func parseEarlyprintk(_ value: ByteView) -> ConsoleDescription? {
    for offset in 0..<value.count {
      // A PCI device, named by its slot: nothing that can be described without a bus driver.
      if value.matches("pciserial", at: offset) { return nil }
      if value.matches("serial", at: offset) { return earlySerial(value.suffix(from: offset + 6)) }
      if value.matches("ttyS", at: offset) { return earlySerial(value.suffix(from: offset)) }
      if value.matches("mmio", at: offset), let rest = value.suffix(from: offset + 4) {
        let place = rest.matches("32") ? rest.suffix(from: 2) : rest
        guard let address = place?.afterComma.split(at: comma).head, address.matches("0x") else { return nil }
        return address.kernelNumber().flatMap { UARTModel.ns16550Words.description(base: $0, space: .mmio) }
      }
    }
    return nil
  }

  /// `[,]0xPORT`, `[,]ttyS0`, `[,]ttyS1`; anything else is the first port, as Linux has it.
  private static func earlySerial(_ text: ByteView?) -> ConsoleDescription? {
    let place = text?.afterComma.split(at: comma).head
    if let place, place.matches("0x") {
      return place.kernelNumber().flatMap { UARTModel.ns16550.description(base: $0, space: .port) }
    }
    let digits = place?.matches("ttyS") == true ? place?.suffix(from: 4) : place
    return standardPort(digits?.equals("1") == true ? UInt8(ascii: "1") : UInt8(ascii: "0"))
  }

  private static var comma: UInt8 { UInt8(ascii: ",") }
}

extension ByteView {
  /// The text behind a leading comma, if there is one.
  fileprivate var afterComma: ByteView { byte(0) == UInt8(ascii: ",") ? suffix(from: 1) ?? self : self }

  /// The whole text as a number in C's notation: `0x` for hexadecimal, `0` for octal.
  ///
  /// - Returns: nil when it is empty, holds anything else, or does not fit. (Linux reads as far as it can.)
  fileprivate func kernelNumber() -> UInt64? {
    var radix: UInt64 = 10
    var offset = 0
    if matches("0x") || matches("0X") {
      radix = 16
      offset = 2
    } else if byte(0) == UInt8(ascii: "0"), count > 1 {
      radix = 8
      offset = 1
    }
    guard offset < count else { return nil }
    var value: UInt64 = 0
    while let byte = byte(offset) {
      guard let digit = Self.digit(byte), digit < radix else { return nil }
      let (product, tooLarge) = value.multipliedReportingOverflow(by: radix)
      let (sum, carried) = product.addingReportingOverflow(digit)
      guard !tooLarge, !carried else { return nil }
      value = sum
      offset += 1
    }
    return value
  }

  private static func digit(_ byte: UInt8) -> UInt64? {
    switch byte {
    case UInt8(ascii: "0")...UInt8(ascii: "9"): UInt64(byte - UInt8(ascii: "0"))
    case UInt8(ascii: "a")...UInt8(ascii: "f"): UInt64(byte - UInt8(ascii: "a")) + 10
    case UInt8(ascii: "A")...UInt8(ascii: "F"): UInt64(byte - UInt8(ascii: "A")) + 10
    default: nil
    }
  }
}
