// SPDX-License-Identifier: Apache-2.0 OR GPL-2.0-only

/// Names of files in archives and lists.
enum SafePath {
  /// Whether it is relative, stays inside, and has nothing but printable ASCII: in archives such names need no character
  /// set, and in `SHA256SUMS` no escapes.
  static func isSafe(_ path: String) -> Bool {
    let parts = path.split(separator: "/", omittingEmptySubsequences: false)
    return !path.isEmpty && path.utf8.count < 1024 && !parts.contains("") && !parts.contains(".")
      && !parts.contains("..")
      && path.utf8.allSatisfy { $0 > 0x20 && $0 < 0x7f && $0 != 0x5c }
  }

  /// Whether it is safe, and the name of a file in the folder itself.
  static func isName(_ name: String) -> Bool { isSafe(name) && !name.contains("/") && !name.hasPrefix(".") }
}

extension Sequence<String> {
  /// By bytes, not by the order of characters, which depends on Unicode's version and the locale.
  func inOrder() -> [String] { sorted { $0.utf8.lexicographicallyPrecedes($1.utf8) } }
}
