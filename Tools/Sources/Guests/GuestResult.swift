// SPDX-License-Identifier: Apache-2.0 OR GPL-2.0-only

/// What became of a guest.
public struct GuestResult: Sendable {
  public enum Outcome: Sendable, Equatable {
    /// The second kernel's script came to its end.
    case reached
    case failed(reason: String)
    case timedOut(after: Duration)
  }

  /// How QEMU ended.
  public enum Exit: String, Sendable, Codable {
    /// The guest reset or powered off.
    case itself = "self"
    /// It had to be killed.
    case killed
  }

  public let outcome: Outcome
  public let exit: Exit
  /// The last phase that was reached.
  public let phase: GuestProgress.Phase
  /// `KEY=VALUE` of the second kernel, in its order.
  public let marks: [(key: String, value: String)]
  /// The same of the first kernel.
  public let first: [(key: String, value: String)]
  /// When each phase began, since the start of QEMU.
  public let phases: [(phase: GuestProgress.Phase, at: Duration)]
  /// Until QEMU ended.
  public let duration: Duration
  /// The end of the serial log, printable.
  public let lastLines: [String]

  /// The value of the last mark of that key. `qemu-exit` is `self` or `killed`: whether the guest could reset itself.
  public func value(of key: String) -> String? {
    key == "qemu-exit" ? exit.rawValue : marks.last { $0.key == key }?.value
  }
}

extension Duration {
  /// In seconds.
  public var seconds: Double { Double(components.seconds) + Double(components.attoseconds) * 1e-18 }
}
