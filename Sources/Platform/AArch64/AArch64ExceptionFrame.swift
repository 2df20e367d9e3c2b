// SPDX-License-Identifier: Apache-2.0 OR GPL-2.0-only
#if arch(arm64)
  extension virgil_exception_frame {
    private var syndrome: AArch64Syndrome { AArch64Syndrome(value: esr) }

    /// The table's four entries of each group are synchronous, IRQ, FIQ and SError.
    private var isSynchronous: Bool { vector & 3 == 0 }

    /// Interrupts are masked by whoever runs here, so one that comes is a mistake to be reported.
    var isIgnorable: Bool { false }

    var memoryFault: MemoryFault? {
      guard isSynchronous, let kind = syndrome.memoryFault else { return nil }
      return MemoryFault(address: far, kind: kind)
    }

    var name: StaticString {
      switch vector & 3 {
      case 0: syndrome.name
      case 1: "interrupt"
      case 2: "fast interrupt"
      default: "system error"
      }
    }

    var framePointer: UInt64 { x.29 }

    /// Whether one instruction can be let through a page's write protection: nothing but the tables has a say here.
    var canStep: Bool { false }
    func beginStep() {}
    func endStep() -> Bool { false }

    func registers(to report: FaultReport) {
      report.register("esr", esr)
      report.register("far", far)
      report.register("pstate", pstate)
      report.register("vector", vector)
      report.newLine()
      let names: [31 of StaticString] = [
        "x0", "x1", "x2", "x3", "x4", "x5", "x6", "x7", "x8", "x9", "x10", "x11", "x12", "x13", "x14", "x15", "x16",
        "x17", "x18", "x19", "x20", "x21", "x22", "x23", "x24", "x25", "x26", "x27", "x28", "x29", "x30",
      ]
      withUnsafeBytes(of: x) { values in
        for index in 0..<31 {
          report.register(names[index], values.load(fromByteOffset: index * 8, as: UInt64.self))
          if index % 4 == 3 { report.newLine() }
        }
      }
      report.register("sp", sp)
      report.newLine()
      report.text("  x30 points to ")
      report.hex(x.30)
      report.location(x.30)
      report.newLine()
    }
  }
#endif
