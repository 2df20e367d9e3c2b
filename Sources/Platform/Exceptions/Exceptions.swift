// SPDX-License-Identifier: Apache-2.0 OR GPL-2.0-only

/// Called by vectors.S with all registers. Resumes what was interrupted by returning 1; 0 resets at once.
@c @implementation public func virgil_exception(_ frame: UnsafeMutablePointer<virgil_exception_frame>!) -> Int32 {
  if frame.pointee.isIgnorable { return 1 }
  guard let platform = MachinePlatform.current else { return 0 }
  if platform.isStepping {
    platform.isStepping = false
    if frame.pointee.endStep() { return 1 }
  }
  if frame.pointee.depth == 0, let fault = frame.pointee.memoryFault, platform.resolve(fault, in: frame) { return 1 }
  // A report that faults is reported once; then nothing can be said any more.
  platform.reports += 1
  if platform.reports > 2 { return 0 }
  platform.report(frame.pointee)
  platform.giveUp()
}

/// Ends the emulator for a reason that C knows.
@c @implementation public func virgil_stop(_ message: UnsafePointer<CChar>!) -> Never {
  guard let platform = MachinePlatform.current else { virgil_reset() }
  let report = FaultReport(platform: platform)
  report.text("\r\nvirgil: stopped: ")
  report.bytes(ByteView(UnsafeRawPointer(message), count: virgil_strlen(message)))
  report.newLine()
  platform.giveUp()
}

extension MachinePlatform {
  /// Whether the access is possible now.
  ///
  /// An instruction that writes to its own page, under a resolver that makes a page either writable or executable,
  /// would go on faulting for ever: it is fetched, writes, and is to be fetched again. Where the CPU can, it is let through
  /// by itself, past the page's write protection; elsewhere that is a fault after all.
  func resolve(_ fault: MemoryFault, in frame: UnsafeMutablePointer<virgil_exception_frame>) -> Bool {
    guard let faultResolver else { return false }
    let pc = frame.pointee.pc
    var writesToItself = false
    if fault.kind == .execute {
      writesToItself = lastFetch.pc == pc && lastFetch.hasWritten
      if writesToItself && !frame.pointee.canStep { return false }
      lastFetch = (pc, false)
    } else {
      lastFetch = (lastFetch.pc, lastFetch.pc == pc)
    }
    guard faultResolver(fault.address, fault.kind) else { return false }
    if writesToItself {
      isStepping = true
      frame.pointee.beginStep()
    }
    return true
  }

  /// Writes out everything known about an exception.
  func report(_ frame: virgil_exception_frame) {
    let report = FaultReport(platform: self)
    report.text("\r\nvirgil: fault: ")
    report.text(frame.name)
    if frame.depth != 0 { report.text(", while handling a fault") }
    report.newLine()
    if let fault = frame.memoryFault {
      let verb: StaticString =
        switch fault.kind {
        case .read: "  reading "
        case .write: "  writing "
        case .execute: "  executing "
        }
      report.text(verb)
      report.hex(fault.address)
      report.location(fault.address)
      report.text(meaning(of: fault.address))
      report.newLine()
    }
    report.text("  at ")
    report.hex(frame.pc)
    report.location(frame.pc)
    report.newLine()
    frame.registers(to: report)
    report.backtrace(from: frame.framePointer)
  }

  /// What the address says about the mistake.
  private func meaning(of address: UInt64) -> StaticString {
    let image = virgil_image_layout()
    #if arch(arm64)
      if lastFetch.hasWritten, lastFetch.pc == address { return " (it writes to its own page, which cannot be both)" }
    #endif
    if address < 4096 { return " (page 0: a null pointer)" }
    if address >= image.stack_guard, address < image.stack_guard + 4096 { return " (the guard page: stack overflow)" }
    switch access(at: address) {
    case .none: return " (not mapped)"
    case .readOnly: return " (read-only)"
    case .readWrite: return " (not executable)"
    case .readExecute: return " (code: not writable)"
    }
  }
}
