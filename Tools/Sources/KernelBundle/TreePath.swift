// SPDX-License-Identifier: Apache-2.0 OR GPL-2.0-only

/// Paths in a kernel's tree, and of the project.
enum TreePath {
  /// Whether it is relative, stays inside, and is written without anything that a diff would have to quote.
  static func isSafe(_ path: String) -> Bool {
    let parts = path.split(separator: "/", omittingEmptySubsequences: false)
    return !parts.isEmpty && !parts.contains("") && !parts.contains(".") && !parts.contains("..")
      && parts.first != ".git"
      && path.utf8.allSatisfy { $0 > 0x20 && $0 < 0x7f && $0 != 0x22 && $0 != 0x5c }
  }
}
