// SPDX-License-Identifier: Apache-2.0 OR GPL-2.0-only
import Foundation
import Testing

/// Dates against Foundation's calendar.
struct CivilTimeTests {
  @Test func datesAreThoseOfTheCalendar() {
    var calendar = Calendar(identifier: .gregorian)
    calendar.timeZone = TimeZone(secondsFromGMT: 0)!
    var random = SeededGenerator(seed: 1970)
    let special: [UInt64] = [0, 86_399, 951_782_400, 951_868_800, 1_582_934_400, 4_107_542_400, 253_402_300_799]
    for seconds in special + (0..<20_000).map({ _ in UInt64(random.below(253_402_300_800)) }) {
      let time = CivilTime(seconds: seconds)
      let parts = calendar.dateComponents(
        [.year, .month, .day, .hour, .minute, .second], from: Date(timeIntervalSince1970: Double(seconds)))
      let expected = [parts.year!, parts.month!, parts.day!, parts.hour!, parts.minute!, parts.second!].map {
        UInt64($0)
      }
      #expect([time.year, time.month, time.day, time.hour, time.minute, time.second] == expected)
      #expect(time.isValid && time.seconds == seconds)
    }
  }

  @Test func whatIsNoDateIsRefused() {
    func isValid(_ year: UInt64, _ month: UInt64, _ day: UInt64, _ hour: UInt64 = 0) -> Bool {
      CivilTime(year: year, month: month, day: day, hour: hour, minute: 0, second: 0).isValid
    }
    #expect(isValid(2024, 2, 29) && !isValid(2023, 2, 29) && !isValid(2100, 2, 29) && isValid(2000, 2, 29))
    #expect(isValid(2024, 12, 31) && !isValid(2024, 12, 32) && !isValid(2024, 4, 31) && !isValid(2024, 0, 1))
    #expect(!isValid(2024, 13, 1) && !isValid(2024, 1, 0) && !isValid(1969, 1, 1) && !isValid(2024, 1, 1, 24))
    #expect(!isValid(2165, 165, 165))  // what registers of 0xff read as
  }
}
