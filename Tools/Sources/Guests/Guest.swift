// SPDX-License-Identifier: Apache-2.0 OR GPL-2.0-only
import Subprocess
import SystemPackage

/// A machine that is started, listened to, and ended.
public struct Guest: Sendable {
  public enum Failure: Error, CustomStringConvertible {
    case noQEMU(String, reason: String)

    public var description: String {
      switch self {
      case .noQEMU(let program, let reason): "cannot run \(program) (Debian has it in qemu-system): \(reason)"
      }
    }
  }

  /// What is told while a guest runs.
  public enum Event: Sendable {
    /// A line of the serial port, printable.
    case line(String)
    case phase(GuestProgress.Phase, at: Duration)
    /// The serial port's bytes as they are.
    case bytes([UInt8])
  }

  public let machine: QEMU
  public let timeout: Duration

  /// How long a guest may take to reset after its last mark, and how long a failed one may still say why.
  static let patience = (end: Duration.seconds(20), trouble: Duration.seconds(4))

  public init(machine: QEMU, timeout: Duration) {
    self.machine = machine
    self.timeout = timeout
  }

  /// Runs the guest until it ends, fails or `timeout` is over. When the task is cancelled, QEMU is killed and
  /// `CancellationError` thrown. Throws `Failure` where QEMU cannot be started.
  public func run(_ report: @escaping @Sendable (Event) -> Void) async throws -> GuestResult {
    let listener = Listener(start: .now, report: report)
    var options = PlatformOptions()
    options.teardownSequence = [.send(signal: .kill, allowedDurationToNextStep: .zero)]
    do {
      let ended = try await Subprocess.run(
        .name(machine.program), arguments: Arguments(machine.arguments), platformOptions: options, input: .none,
        output: .sequence, error: .combinedWithOutput
      ) { qemu in
        let alarm = Alarm { try? qemu.send(signal: .kill) }
        defer { alarm.disarm() }
        alarm.arm(after: timeout)
        return try await listen(to: qemu.standardOutput, listener, alarm)
      }
      try Task.checkCancellation()
      return result(listener: ended.closureResult, status: ended.terminationStatus)
    } catch let error as SubprocessError where error.code == .executableNotFound || error.code == .spawnFailed {
      throw Failure.noQEMU(machine.program, reason: String(describing: error))
    }
  }

  /// Runs the guest with this process's standard input and output as its serial port, until it ends. When the task is
  /// cancelled, QEMU is killed and `CancellationError` thrown. Throws `Failure` where QEMU cannot be started.
  ///
  /// - Returns: whether QEMU ended well.
  public func attach() async throws -> Bool {
    var options = PlatformOptions()
    options.teardownSequence = [.send(signal: .kill, allowedDurationToNextStep: .zero)]
    do {
      let ended = try await Subprocess.run(
        .name(machine.program), arguments: Arguments(machine.arguments), platformOptions: options,
        input: .fileDescriptor(.standardInput, closeAfterSpawningProcess: false),
        output: .fileDescriptor(.standardOutput, closeAfterSpawningProcess: false),
        error: .fileDescriptor(.standardError, closeAfterSpawningProcess: false))
      try Task.checkCancellation()
      return ended.terminationStatus.isSuccess
    } catch let error as SubprocessError where error.code == .executableNotFound || error.code == .spawnFailed {
      throw Failure.noQEMU(machine.program, reason: String(describing: error))
    }
  }

  private func listen(
    to output: SubprocessOutputSequence, _ first: Listener, _ alarm: Alarm
  ) async throws -> Listener {
    var listener = first
    var ending = false
    for try await buffer in output {
      listener.take(buffer.withUnsafeBytes { Array($0) })
      if !ending, listener.progress.phase == .end || listener.progress.trouble != nil {
        ending = true
        alarm.arm(after: listener.progress.phase == .end ? Self.patience.end : Self.patience.trouble)
      }
    }
    listener.finish()
    return listener
  }

  private func result(listener: Listener, status: TerminationStatus) -> GuestResult {
    let progress = listener.progress
    let duration = listener.start.duration(to: .now)
    let killed = status == .signaled(Signal.kill.rawValue)
    let outcome: GuestResult.Outcome
    if progress.phase == .end {
      outcome = .reached
    } else if let trouble = progress.trouble {
      outcome = .failed(reason: trouble.description)
    } else if killed, duration >= timeout {
      outcome = .timedOut(after: timeout)
    } else {
      outcome = .failed(reason: "QEMU ended (\(Self.text(of: status))) before the second kernel's marks were complete")
    }
    return GuestResult(
      outcome: outcome, exit: killed ? .killed : .itself, phase: progress.phase, marks: progress.marks,
      first: progress.first, phases: listener.phases, duration: duration, lastLines: listener.lastLines)
  }

  private static func text(of status: TerminationStatus) -> String {
    switch status {
    case .exited(let code): "status \(code)"
    case .signaled(let signal): "signal \(signal)"
    }
  }
}

/// Gathers what the serial port says.
private struct Listener: Sendable {
  let start: ContinuousClock.Instant
  let report: @Sendable (Guest.Event) -> Void
  var progress = GuestProgress()
  var phases: [(phase: GuestProgress.Phase, at: Duration)] = []
  var lastLines: [String] = []
  private var lines = SerialLines()

  init(start: ContinuousClock.Instant, report: @escaping @Sendable (Guest.Event) -> Void) {
    self.start = start
    self.report = report
  }

  mutating func take(_ bytes: [UInt8]) {
    report(.bytes(bytes))
    for line in lines.take(bytes) { take(line) }
  }

  mutating func finish() {
    if lines.hasRest { take(lines.end()) }
  }

  private mutating func take(_ line: String) {
    report(.line(line))
    lastLines.append(line)
    if lastLines.count > 30 { lastLines.removeFirst() }
    if progress.take(line) {
      let now = start.duration(to: .now)
      phases.append((progress.phase, now))
      report(.phase(progress.phase, at: now))
    }
  }
}
