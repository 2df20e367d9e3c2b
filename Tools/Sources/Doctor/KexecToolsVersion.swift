// SPDX-License-Identifier: Apache-2.0 OR GPL-2.0-only

/// A version of kexec-tools, and what was measured of it (Documentation/kexec-tools.md, Tests/kexec-tools).
struct KexecToolsVersion: Comparable {
  let numbers: [Int]

  init?(_ text: String) {
    let words = text.split(separator: ".").map { $0.prefix { $0.isNumber } }
    let numbers = words.compactMap { Int($0) }
    guard numbers.count >= 2, numbers.count == words.count else { return nil }
    self.numbers = numbers
  }

  static func < (left: Self, right: Self) -> Bool { left.numbers.lexicographicallyPrecedes(right.numbers) }

  /// What `kexec` does with a UKI that was not composed. Of versions in between nothing was measured.
  var makesOfUKIs: String {
    if numbers.lexicographicallyPrecedes([2, 0, 30]) {
      return "UKIs as they are it refuses: cannot determine the file type."
    }
    if numbers.lexicographicallyPrecedes([2, 0, 32]) {
      return "What it makes of UKIs as they are was not measured: older versions refuse them, 2.0.32 unpacks them."
    }
    return "UKIs as they are it unpacks, and loses all but .linux and .initrd: compose them first."
  }
}
