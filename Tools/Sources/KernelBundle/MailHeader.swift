// SPDX-License-Identifier: Apache-2.0 OR GPL-2.0-only
import UEFI

/// Header fields of a mail (RFC 5322), as `git am` reads them.
enum MailHeader {
  private static let weekdays = ["Thu", "Fri", "Sat", "Sun", "Mon", "Tue", "Wed"]
  private static let months = ["Jan", "Feb", "Mar", "Apr", "May", "Jun", "Jul", "Aug", "Sep", "Oct", "Nov", "Dec"]

  /// A date in UTC.
  ///
  /// - Parameter seconds: since 1970-01-01
  static func date(_ seconds: UInt64) -> String {
    let time = CivilTime(seconds: seconds)
    func two(_ value: UInt64) -> String { value < 10 ? "0\(value)" : "\(value)" }
    return "\(weekdays[Int(seconds / 86_400 % 7)]), \(time.day) \(months[Int(time.month) - 1]) \(time.year) "
      + "\(two(time.hour)):\(two(time.minute)):\(two(time.second)) +0000"
  }

  /// Whether it is `Name <user@host>`, without anything that would need quoting.
  static func isAddress(_ text: String) -> Bool {
    guard let open = text.firstIndex(of: "<"), text.last == ">", open > text.startIndex else { return false }
    let name = text[..<open], address = text[text.index(after: open)...].dropLast()
    return name.last == " " && name.dropLast().contains { $0 != " " }
      && !name.unicodeScalars.contains { $0.value < 0x20 || "\"()<>@,;:\\".unicodeScalars.contains($0) }
      && address.utf8.allSatisfy { $0 > 0x20 && $0 < 0x7f && $0 != 0x3c && $0 != 0x3e }
      && address.split(separator: "@", omittingEmptySubsequences: false).filter { !$0.isEmpty }.count == 2
  }

  /// An address; a name that is not ASCII becomes an encoded word (RFC 2047).
  static func address(_ text: String) -> String {
    guard !text.utf8.allSatisfy({ $0 < 0x80 }), let open = text.firstIndex(of: "<") else { return text }
    let digits = Array("0123456789ABCDEF")
    let name = text[..<open].utf8.dropLast().map { byte -> String in
      let letter = Character(Unicode.Scalar(byte))
      if byte < 0x80, letter.isLetter || letter.isNumber { return String(letter) }
      return byte == 0x20 ? "_" : "=\(digits[Int(byte >> 4)])\(digits[Int(byte & 15)])"
    }
    return "=?UTF-8?q?\(name.joined())?= \(text[open...])"
  }

  /// A field, folded before 78 columns at a space.
  static func folded(_ field: String) -> String {
    var lines = [""]
    for word in field.split(separator: " ") {
      let last = lines[lines.count - 1]
      if !last.isEmpty, last.count + 1 + word.count > 77 {
        lines.append(" " + word)
      } else {
        lines[lines.count - 1] = last.isEmpty ? String(word) : last + " " + word
      }
    }
    return lines.joined(separator: "\n")
  }
}
