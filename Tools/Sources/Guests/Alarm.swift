// SPDX-License-Identifier: Apache-2.0 OR GPL-2.0-only
import Synchronization

/// Does something once, at a time that can be moved.
final class Alarm: Sendable {
  private let timer = Mutex<Task<Void, Never>?>(nil)
  private let action: @Sendable () -> Void

  init(_ action: @escaping @Sendable () -> Void) { self.action = action }

  /// Sets the time, instead of the one before.
  func arm(after duration: Duration) {
    let action = self.action
    let next = Task {
      do { try await Task.sleep(for: duration) } catch { return }
      action()
    }
    timer.withLock { current in
      current?.cancel()
      current = next
    }
  }

  func disarm() {
    timer.withLock { current in
      current?.cancel()
      current = nil
    }
  }
}
