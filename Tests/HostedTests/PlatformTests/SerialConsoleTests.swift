// SPDX-License-Identifier: Apache-2.0 OR GPL-2.0-only
import Testing

/// A UART whose transmitter is ready again only after its status was read a number of times.
private final class ModelUART: ConsoleRegisters {
  var sent: [UInt8] = []
  var reads = 0
  var delay = 0
  var waited = 0
  var received: [UInt8] = []

  func read(_ offset: UInt32, of console: ConsoleDescription) -> UInt32 {
    if offset == console.dataOffset { return UInt32(received.removeFirst()) }
    reads += 1
    waited += 1
    return (waited > delay ? 0x20 : 0) | (received.isEmpty ? 0 : 1)
  }

  func write(_ value: UInt32, at offset: UInt32, of console: ConsoleDescription) {
    sent.append(UInt8(value))
    waited = 0
  }
}

@Suite struct SerialConsoleTests {
  static func description(
    base: UInt64 = 0x3f8, space: ConsoleDescription.Space = .port, width: UInt32 = 1
  ) -> ConsoleDescription {
    ConsoleDescription(
      base: base, space: space, width: width, dataOffset: 0, statusOffset: 5 * width, readyMask: 0x20, readyValue: 0x20,
      receiveMask: 1, receiveValue: 1)
  }

  @Test func bytesAreSentWhenTheDeviceIsReady() throws {
    let uart = ModelUART()
    uart.delay = 1000
    var console = try #require(SerialConsole(Self.description(), registers: uart))
    for byte in [UInt8(0x56), 0x47] { console.write(byte) }
    #expect(uart.sent == [0x56, 0x47])
  }

  @Test func aDeadDeviceIsWaitedForOnce() throws {
    let uart = ModelUART()
    uart.delay = .max
    var console = try #require(SerialConsole(Self.description(), registers: uart))
    for _ in 0..<100 { console.write(0x41) }
    #expect(uart.sent == [])
    #expect(uart.reads == SerialConsole<ModelUART>.patience + 99)
    uart.delay = 0
    console.write(0x42)
    uart.delay = 1000
    console.write(0x43)
    #expect(uart.sent == [0x42, 0x43])
  }

  @Test func bytesAreReadWhenTheyAreThere() throws {
    let uart = ModelUART()
    let console = try #require(SerialConsole(Self.description(), registers: uart))
    #expect(console.read() == nil)
    uart.received = [0x0d]
    #expect(console.read() == 0x0d)
    #expect(console.read() == nil)
  }

  @Test(arguments: [
    description(width: 2), description(width: 0), description(base: 0xfffc), description(base: 0x1_0000),
    description(base: 0x900_0002, space: .mmio, width: 4), description(base: .max, space: .mmio),
    description(base: 1 << 52, space: .mmio),
  ])
  func descriptionsOfNoConsoleAreRefused(description: ConsoleDescription) {
    #expect(SerialConsole(description, registers: ModelUART()) == nil)
  }
}
