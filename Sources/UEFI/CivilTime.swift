// SPDX-License-Identifier: Apache-2.0 OR GPL-2.0-only

/// A date of the Gregorian calendar and a time of day, in UTC, as `EFI_TIME` has them (UEFI 2.10, 8.3.1).
public struct CivilTime: Equatable, Sendable {
  public var year, month, day, hour, minute, second: UInt64

  public init(year: UInt64, month: UInt64, day: UInt64, hour: UInt64, minute: UInt64, second: UInt64) {
    self.year = year
    self.month = month
    self.day = day
    self.hour = hour
    self.minute = minute
    self.second = second
  }

  /// Days from 1 March of year 0 to the first of a month, in a year that begins in March, and of whole years before it.
  private static func days(year: UInt64, month: UInt64) -> UInt64 {
    let year = month > 2 ? year : year - 1
    let month = month > 2 ? month - 3 : month + 9
    return year * 365 + year / 4 - year / 100 + year / 400 + (month * 153 + 2) / 5
  }
  private static let epoch = days(year: 1970, month: 1)

  /// Whether it is a date from 1970 to 9999 that exists, leap seconds aside.
  public var isValid: Bool {
    guard year >= 1970, year <= 9999, month >= 1, month <= 12, day >= 1, hour < 24, minute < 60, second < 60 else {
      return false
    }
    let next = month == 12 ? CivilTime.days(year: year + 1, month: 1) : CivilTime.days(year: year, month: month + 1)
    return day <= next - CivilTime.days(year: year, month: month)
  }

  /// Seconds since 1970-01-01 00:00; of a valid date.
  public var seconds: UInt64 {
    let days = CivilTime.days(year: year, month: month) + day - 1 - CivilTime.epoch
    return ((days * 24 + hour) * 60 + minute) * 60 + second
  }

  /// - Parameter seconds: since 1970-01-01 00:00
  public init(seconds: UInt64) {
    let days = seconds / 86_400
    var year = 1970 + days / 366
    while CivilTime.days(year: year + 1, month: 1) - CivilTime.epoch <= days { year += 1 }
    var month: UInt64 = 1
    while month < 12, CivilTime.days(year: year, month: month + 1) - CivilTime.epoch <= days { month += 1 }
    self.init(
      year: year, month: month, day: days - (CivilTime.days(year: year, month: month) - CivilTime.epoch) + 1,
      hour: seconds / 3600 % 24, minute: seconds / 60 % 60, second: seconds % 60)
  }
}
