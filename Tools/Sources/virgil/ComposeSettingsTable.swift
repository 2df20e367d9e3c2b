// SPDX-License-Identifier: Apache-2.0 OR GPL-2.0-only

/// The table of keys and options in Documentation/ukify.md.
enum ComposeSettingsTable {
  static var markdown: String {
    var lines = ["| section | key | option | given in both |", "|---|---|---|---|"]
    for setting in ComposeSetting.all {
      let option = setting.option.isEmpty ? "" : "`\(setting.option)`"
      lines.append("| `[\(setting.section)]` | `\(setting.key)=` | \(option) | \(setting.value.precedence) |")
    }
    lines += ComposeSetting.optionsWithoutKey.map { "| | | `\($0)` | |" }
    return lines.joined(separator: "\n")
  }
}

extension ComposeSetting.Value {
  /// What happens when the file has the key and the command line the option.
  fileprivate var precedence: String {
    switch self {
    case .text, .word, .boolean: "the option counts"
    case .override: "the key counts"
    case .entry: "both, the key's first; one"
    case .list: "both, the key's first; divided by blanks"
    case .group: "both, the options' first; one a section"
    case .ignored: "read by ukify genkey only"
    }
  }
}
