// SPDX-License-Identifier: Apache-2.0 OR GPL-2.0-only
#if arch(x86_64)
  extension virgil_exception_frame {
    private var exception: X86Vector { X86Vector(number: vector, errorCode: error) }

    /// A non-maskable interrupt that a watchdog of the first kernel's left behind is nobody's any more.
    var isIgnorable: Bool { vector == 2 }

    var memoryFault: MemoryFault? { exception.memoryFault.map { MemoryFault(address: cr2, kind: $0) } }
    var name: StaticString { exception.name }
    var framePointer: UInt64 { rbp }

    private static var trapFlag: UInt64 { 1 << 8 }
    private static var writeProtect: UInt64 { 1 << 16 }

    /// Whether one instruction can be let through a page's write protection.
    var canStep: Bool { true }

    /// The next instruction writes to what is mapped read-only (CR0.WP, Intel SDM, volume 3, 4.6.1), and traps behind it:
    /// no page is ever mapped writable and executable for its sake.
    mutating func beginStep() {
      flags |= Self.trapFlag
      virgil_write_cr0(virgil_read_cr0() & ~Self.writeProtect)
    }

    /// - Returns: false when it is another exception that the instruction has caused.
    mutating func endStep() -> Bool {
      flags &= ~Self.trapFlag
      virgil_write_cr0(virgil_read_cr0() | Self.writeProtect)
      return vector == 1
    }

    func registers(to report: FaultReport) {
      func line(
        _ a: StaticString, _ av: UInt64, _ b: StaticString, _ bv: UInt64, _ c: StaticString, _ cv: UInt64,
        _ d: StaticString, _ dv: UInt64
      ) {
        report.register(a, av)
        report.register(b, bv)
        report.register(c, cv)
        report.register(d, dv)
        report.newLine()
      }
      line("vector", vector, "error", error, "cr2", cr2, "rflags", flags)
      line("rax", rax, "rbx", rbx, "rcx", rcx, "rdx", rdx)
      line("rsi", rsi, "rdi", rdi, "rbp", rbp, "rsp", sp)
      line("r8", r8, "r9", r9, "r10", r10, "r11", r11)
      line("r12", r12, "r13", r13, "r14", r14, "r15", r15)
      line("cs", cs, "ss", ss, "cr3", virgil_read_cr3(), "cr4", virgil_read_cr4())
    }
  }
#endif
