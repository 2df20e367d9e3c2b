// SPDX-License-Identifier: Apache-2.0 OR GPL-2.0-only

/// One thing about a machine, judged.
public struct Finding: Codable, Sendable, Equatable {
  public enum Verdict: String, Codable, Sendable {
    /// As it should be.
    case good
    /// Something will not work, or only in some way.
    case limits
    /// No carried image can be loaded because of this.
    case blocks
    /// It could not be found out.
    case unknown
  }

  /// A word that stays the same, for programs.
  public let id: String
  public let verdict: Verdict
  /// What is so.
  public let what: String
  /// Why that matters.
  public let why: String?
  /// What can be done about it.
  public let action: String?

  init(_ id: String, _ verdict: Verdict, _ what: String, why: String? = nil, action: String? = nil) {
    self.id = id
    self.verdict = verdict
    self.what = what
    self.why = why
    self.action = action
  }
}
