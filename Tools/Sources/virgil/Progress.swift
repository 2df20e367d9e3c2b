// SPDX-License-Identifier: Apache-2.0 OR GPL-2.0-only
import Foundation

/// Says on standard error how far long work has come: nothing in the first two seconds, then a line at times.
struct Progress {
  let work: String
  let total: Int
  private var next = ContinuousClock.now + .seconds(2)

  /// - Parameters:
  ///   - work: what is being done, such as `writing out.efi`
  ///   - total: in bytes
  init(_ work: String, total: Int) {
    self.work = work
    self.total = total
  }

  /// - Parameter done: in bytes
  mutating func report(_ done: Int) {
    guard ContinuousClock.now >= next, total > 0 else { return }
    next = ContinuousClock.now + .seconds(2)
    complain("\(work): \(done * 100 / total) % of \(total >> 20) MiB")
  }
}
