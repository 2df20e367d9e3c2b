// SPDX-License-Identifier: Apache-2.0 OR GPL-2.0-only

/// Console registers on the machine: device memory, or I/O ports where the architecture has them.
struct MachineRegisters: ConsoleRegisters {
  func read(_ offset: UInt32, of console: ConsoleDescription) -> UInt32 {
    let place = console.base + UInt64(offset)
    switch (console.space, console.width) {
    case (.mmio, 1): return UInt32(virgil_read8(place))
    case (.mmio, _): return virgil_read32(place)
    case (.port, 1): return UInt32(portRead8(place))
    case (.port, _): return portRead32(place)
    }
  }

  func write(_ value: UInt32, at offset: UInt32, of console: ConsoleDescription) {
    let place = console.base + UInt64(offset)
    switch (console.space, console.width) {
    case (.mmio, 1): virgil_write8(place, UInt8(truncatingIfNeeded: value))
    case (.mmio, _): virgil_write32(place, value)
    case (.port, 1): portWrite8(place, UInt8(truncatingIfNeeded: value))
    case (.port, _): portWrite32(place, value)
    }
  }

  #if arch(x86_64)
    private func portRead8(_ port: UInt64) -> UInt8 { virgil_in8(UInt16(truncatingIfNeeded: port)) }
    private func portRead32(_ port: UInt64) -> UInt32 { virgil_in32(UInt16(truncatingIfNeeded: port)) }
    private func portWrite8(_ port: UInt64, _ value: UInt8) { virgil_out8(UInt16(truncatingIfNeeded: port), value) }
    private func portWrite32(_ port: UInt64, _ value: UInt32) { virgil_out32(UInt16(truncatingIfNeeded: port), value) }
  #else
    // No ports: `MachinePlatform.useConsole` refuses such a description.
    private func portRead8(_ port: UInt64) -> UInt8 { 0 }
    private func portRead32(_ port: UInt64) -> UInt32 { 0 }
    private func portWrite8(_ port: UInt64, _ value: UInt8) {}
    private func portWrite32(_ port: UInt64, _ value: UInt32) {}
  #endif
}
