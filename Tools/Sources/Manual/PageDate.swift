// SPDX-License-Identifier: Apache-2.0 OR GPL-2.0-only
import Foundation

/// The date of a manual page: never the clock's, so that pages are the same whenever they are made.
public enum PageDate {
  /// `November 25, 2026`, in UTC; nil where the text is no number of seconds since 1970 before the year 10000.
  public static func text(epoch: String) -> String? {
    guard let seconds = UInt64(epoch), seconds < 253_402_300_800, let utc = TimeZone(identifier: "UTC") else {
      return nil
    }
    var calendar = Calendar(identifier: .gregorian)
    calendar.timeZone = utc
    let date = calendar.dateComponents([.year, .month, .day], from: Date(timeIntervalSince1970: Double(seconds)))
    guard let year = date.year, let month = date.month, let day = date.day else { return nil }
    return "\(months[month - 1]) \(day), \(year)"
  }

  /// The page's language is English, whatever the locale.
  private static let months = [
    "January", "February", "March", "April", "May", "June", "July", "August", "September", "October", "November",
    "December",
  ]
}
