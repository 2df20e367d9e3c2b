// SPDX-License-Identifier: Apache-2.0 OR GPL-2.0-only

/// How far a guest has come, read off its serial lines; knows nothing of processes and time.
public struct GuestProgress: Sendable {
  /// The stages in their order; a boot by firmware has no first kernel.
  public enum Phase: String, Sendable, Codable, CaseIterable {
    /// QEMU runs, no user space has spoken.
    case starting
    /// The first kernel's script runs.
    case first
    case loading
    /// kexec was told to enter the image.
    case executing
    /// The second kernel's script runs.
    case second
    case end
  }

  /// Why it will not come further.
  public enum Trouble: Sendable, Equatable, CustomStringConvertible {
    case kexecFailed(String)
    case panic(String)
    case fault(String)
    case nothingToBoot(String)

    public var description: String {
      switch self {
      case .kexecFailed(let line): "kexec failed (\(line))"
      case .panic(let line): "the kernel panicked: \(line)"
      case .fault(let line): "fault before the second kernel: \(line)"
      case .nothingToBoot(let line): "the firmware did not boot the image: \(line)"
      }
    }
  }

  public private(set) var phase = Phase.starting
  public private(set) var trouble: Trouble?
  /// `KEY=VALUE` of the second kernel's marks, in their order.
  public private(set) var marks: [(key: String, value: String)] = []
  /// What the first kernel's script said of itself: word and rest.
  public private(set) var first: [(key: String, value: String)] = []

  public init() {}

  /// Takes in a line. Returns whether the phase changed.
  @discardableResult
  public mutating func take(_ line: String) -> Bool {
    if let mark = line.rest(after: "VIRGIL-MARK ") { return takeMark(mark) }
    if let word = line.rest(after: "VIRGIL-FIRST ") { return takeFirst(word) }
    if trouble == nil { trouble = Self.trouble(in: line, phase: phase) }
    return false
  }

  private mutating func takeMark(_ mark: Substring) -> Bool {
    if mark == "end" { return enter(.end) }
    guard let equals = mark.firstIndex(of: "=") else { return false }
    marks.append((String(mark[..<equals]), String(mark[mark.index(after: equals)...])))
    return enter(.second)
  }

  private mutating func takeFirst(_ line: Substring) -> Bool {
    let parts = line.split(separator: " ", maxSplits: 1)
    guard let word = parts.first else { return false }
    first.append((String(word), parts.count > 1 ? String(parts[1]) : ""))
    switch word {
    case "begin": return enter(.first)
    case "load": return enter(.loading)
    case "execute": return enter(.executing)
    case "failed":
      if trouble == nil { trouble = .kexecFailed(String(line)) }
      return false
    default: return false
    }
  }

  private mutating func enter(_ next: Phase) -> Bool {
    guard next != phase else { return false }
    phase = next
    return true
  }

  private static func trouble(in line: String, phase: Phase) -> Trouble? {
    // A crash that was asked for is how a crash kernel is started.
    if line.contains("Kernel panic - not syncing"), !line.contains("sysrq triggered crash") { return .panic(line) }
    for sign in faultSigns where line.contains(sign) { return .fault(line) }
    guard phase == .starting else { return nil }
    for sign in firmwareSigns where line.contains(sign) { return .nothingToBoot(line) }
    return nil
  }

  /// The emulator's own, EDK2's on arm64 and on x86_64.
  private static let faultSigns = [
    "virgil: fault: ", "virgil: stopped: ", "Synchronous Exception at 0x", "!!!! X64 Exception Type",
  ]
  private static let firmwareSigns = ["BdsDxe: No bootable option", "UEFI Interactive Shell", "EFI stub: ERROR"]
}

extension String {
  /// What follows the first `text`, `nil` if it does not occur.
  fileprivate func rest(after text: String) -> Substring? {
    guard let found = utf8.firstRange(of: text.utf8) else { return nil }
    return self[found.upperBound...]
  }
}
