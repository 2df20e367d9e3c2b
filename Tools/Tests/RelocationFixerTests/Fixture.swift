// SPDX-License-Identifier: Apache-2.0 OR GPL-2.0-only
import Bytes
import ELF
import Foundation
import RelocationFixer

/// Images linked once for all tests, with the checkout's own linker scripts and configuration.
struct Fixture: Sendable {
  let machine: Machine
  let emulator: [UInt8]
  let runtime: [UInt8]

  static let machines: [Machine] = [.aarch64, .x86_64]

  static func of(_ machine: Machine) throws -> Fixture { try built[machine]!.get() }

  private static let built: [Machine: Result<Fixture, any Error>] = Dictionary(
    uniqueKeysWithValues: machines.map { machine in (machine, Result { try build(machine) }) })

  private static func build(_ machine: Machine) throws -> Fixture {
    let toolchain = try Toolchain()
    defer { toolchain.remove() }
    let head = try toolchain.compile(toolchain.write(Sources.head, "head.S"), machine)
    let emulator = try toolchain.compile(toolchain.write(Sources.emulator, "emulator.c"), machine)
    let runtime = try toolchain.compile(toolchain.write(Sources.runtime, "runtime.c"), machine)
    let runtimeHead = try toolchain.compile(toolchain.write(Sources.runtimeHead, "runtime-head.S"), machine)
    try toolchain.link([head, emulator], machine, as: "emulator", to: "emulator")
    try toolchain.link([runtimeHead, runtime], machine, as: "runtime", to: "runtime")
    return Fixture(
      machine: machine, emulator: try toolchain.read("emulator"), runtime: try toolchain.read("runtime"))
  }
}

/// Proves an image held in an array.
func prove(_ bytes: [UInt8], as role: ProvenImage.Role = .emulator) throws(Refusal) -> ProvenImage {
  try bytes.withUnsafeBytes { buffer in
    Result { () throws(Refusal) in try ProvenImage(ByteView(buffer), as: role) }
  }.get()
}

/// What stands against an image; nil when it is proven.
func refusal(_ bytes: [UInt8], as role: ProvenImage.Role = .emulator) -> Refusal? {
  do {
    _ = try prove(bytes, as: role)
    return nil
  } catch {
    return error
  }
}

/// Reads an ELF file held in an array.
func withFile<Value>(_ bytes: [UInt8], _ body: (ELFFile) throws -> Value) throws -> Value {
  try bytes.withUnsafeBytes { try body(try ELFFile(ByteView($0))) }
}

/// A small generator that gives the same numbers for the same seed (SplitMix64).
struct SeededGenerator: RandomNumberGenerator {
  private var state: UInt64
  init(seed: UInt64) { state = seed }

  mutating func next() -> UInt64 {
    state &+= 0x9e37_79b9_7f4a_7c15
    var mixed = state
    mixed = (mixed ^ (mixed >> 30)) &* 0xbf58_476d_1ce4_e5b9
    mixed = (mixed ^ (mixed >> 27)) &* 0x94d0_49bb_1331_11eb
    return mixed ^ (mixed >> 31)
  }
}
