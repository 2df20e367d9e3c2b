// SPDX-License-Identifier: Apache-2.0 OR GPL-2.0-only

/// The kernel's keyrings of certificates, out of /proc/keys (proc_keys(5)): nine columns, of which the eighth is the
/// kind and the rest of the line a description.
struct Keyrings {
  /// By name, with the number of entries; another keyring that is linked in counts as one.
  private(set) var rings: [String: Int] = [:]
  private(set) var certificates: [String] = []

  /// The rings that decide about kexec.
  static let names: Set<String> = [".builtin_trusted_keys", ".secondary_trusted_keys", ".machine", ".platform"]

  init(_ text: String) {
    for line in text.split(whereSeparator: \.isNewline) {
      let columns = line.split(separator: " ", maxSplits: 8, omittingEmptySubsequences: true)
      guard columns.count == 9 else { continue }
      let description = columns[8].drop { $0 == " " }
      switch columns[7] {
      case "keyring":
        guard let colon = description.lastIndex(of: ":") else { continue }
        let name = String(description[..<colon])
        guard Self.names.contains(name) else { continue }
        let count = description[description.index(after: colon)...].drop { $0 == " " }
        rings[name] = count == "empty" ? 0 : Int(count.prefix { $0.isNumber })
      case "asymmetri":
        // NAME: IDENTIFIER: KIND ID []
        let parts = description.split(separator: ":")
        if parts.count >= 3 { certificates.append(parts.dropLast(2).joined(separator: ":")) }
      default: continue
      }
    }
    certificates.sort()
  }
}
