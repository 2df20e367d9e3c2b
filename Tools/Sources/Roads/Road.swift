// SPDX-License-Identifier: Apache-2.0 OR GPL-2.0-only

/// A way in which a machine gets to boot an image.
public enum Road: String, CaseIterable, Codable, Sendable {
  /// EDK2's or another firmware, without Secure Boot.
  case firmware
  /// The same with Secure Boot.
  case secureBoot = "secure-boot"
  /// `kexec -l` and `-c`: kexec-tools read the file, and the kernel takes their segments.
  case kexecLoad = "kexec-load"
  /// `kexec -s`: the kernel reads the file.
  case kexecFile = "kexec-file"
  /// `kexec -s` where signatures are enforced: in lockdown, or by `CONFIG_KEXEC_SIG_FORCE`.
  case lockdown
  /// `kexec_file_load` by a kernel with Virgil's series: `kexec-efi-load`.
  case series
  /// The same where signatures are enforced.
  case seriesLockdown = "series-lockdown"

  /// For people.
  public var title: String {
    switch self {
    case .firmware: "firmware"
    case .secureBoot: "firmware, Secure Boot"
    case .kexecLoad: "kexec -l"
    case .kexecFile: "kexec -s"
    case .lockdown: "kexec -s, signatures enforced"
    case .series: "kexec-efi-load, our series"
    case .seriesLockdown: "kexec-efi-load, enforced"
    }
  }
}

/// Whether a road takes an image.
public struct Verdict: Codable, Sendable {
  public internal(set) var taken: Bool
  /// Whether it is loaded. What is loaded and not taken would go wrong once it is entered.
  public internal(set) var loads: Bool
  /// Whether it matters without being asked for.
  public internal(set) var applies: Bool
  /// Why it is not taken.
  public internal(set) var reasons: [String]
  /// What else there is to know.
  public internal(set) var notes: [String]
}

/// What speaks against a road, and what else there is to say of it, while it is being found out.
struct Findings {
  var reasons: [String] = []
  var notes: [String] = []
  /// Whether nothing keeps it from being loaded.
  var loads = true

  mutating func refuse(_ reason: String) {
    loads = false
    spoil(reason)
  }

  /// It is loaded all the same, and goes wrong then.
  mutating func spoil(_ reason: String) {
    if !reasons.contains(reason) { reasons.append(reason) }
  }

  mutating func note(_ note: String) {
    if !notes.contains(note) { notes.append(note) }
  }

  /// Refuses unless `condition`.
  mutating func require(_ condition: Bool, _ reason: @autoclosure () -> String) {
    if !condition { refuse(reason()) }
  }

  /// Spoils it unless `condition`.
  mutating func expect(_ condition: Bool, _ reason: @autoclosure () -> String) {
    if !condition { spoil(reason()) }
  }

  func joined(_ other: Findings) -> Findings {
    var all = self
    for reason in other.reasons { all.spoil(reason) }
    all.loads = loads && other.loads
    for note in other.notes { all.note(note) }
    return all
  }

  func verdict(applies: Bool) -> Verdict {
    Verdict(taken: reasons.isEmpty, loads: loads, applies: applies, reasons: reasons, notes: notes)
  }
}

func hex(_ value: some BinaryInteger) -> String { "0x" + String(value, radix: 16) }
