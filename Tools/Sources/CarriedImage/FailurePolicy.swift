// SPDX-License-Identifier: Apache-2.0 OR GPL-2.0-only
import Handover

/// What the emulator does when something goes wrong, and how much it says: `virgil_policy_record`.
public struct FailurePolicy: Equatable, Sendable {
  /// After a failure has been reported.
  public enum Action: String, CaseIterable, Sendable {
    case reset, halt
    case powerOff = "poweroff"

    var value: UInt32 {
      switch self {
      case .reset: VIRGIL_FAILURE_RESET.rawValue
      case .halt: VIRGIL_FAILURE_HALT.rawValue
      case .powerOff: VIRGIL_FAILURE_POWEROFF.rawValue
      }
    }
  }

  /// The least important lines that are written.
  public enum Level: String, CaseIterable, Sendable {
    case error, warning, notice, debug

    var value: UInt32 { UInt32(Level.allCases.firstIndex(of: self)!) }
  }

  public var onFailure = Action.reset
  /// On the console.
  public var consoleLevel = Level.notice
  /// In the log that the next kernel can read.
  public var logLevel = Level.debug

  public init() {}

  var record: virgil_policy_record {
    virgil_policy_record(
      record: virgil_record(), on_failure: onFailure.value, console_level: consoleLevel.value,
      log_level: logLevel.value,
      reserved: 0)
  }

  /// nil: the record says something that this version does not know.
  init?(_ record: virgil_policy_record) {
    guard let action = Action.allCases.first(where: { $0.value == record.on_failure }),
      let console = Level.allCases.first(where: { $0.value == record.console_level }),
      let log = Level.allCases.first(where: { $0.value == record.log_level })
    else { return nil }
    onFailure = action
    consoleLevel = console
    logLevel = log
  }
}

extension FailurePolicy: CustomStringConvertible {
  public var description: String {
    "\(onFailure.rawValue) on failure, console \(consoleLevel.rawValue), log \(logLevel.rawValue)"
  }
}
