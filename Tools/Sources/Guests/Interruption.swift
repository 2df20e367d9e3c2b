// SPDX-License-Identifier: Apache-2.0 OR GPL-2.0-only
import Dispatch
import Foundation
import Synchronization

/// Turns SIGINT, SIGTERM and SIGHUP into the cancellation of a task, so that it can clean up.
public enum Interruption {
  /// Thrown instead of `CancellationError` when a signal was the reason.
  public struct Interrupted: Error, CustomStringConvertible {
    public let signal: Int32
    public var description: String { "interrupted by signal \(signal)" }
  }

  /// Runs `body`; a signal cancels it.
  public static func cancelling<Value: Sendable>(
    _ body: @escaping @Sendable () async throws -> Value
  ) async throws -> Value {
    // Output that nobody reads any more is no reason to leave files behind.
    signal(SIGPIPE, SIG_IGN)
    let caught = Mutex<Int32?>(nil)
    let task = Task { try await body() }
    let sources = [SIGINT, SIGTERM, SIGHUP].map { number in
      signal(number, SIG_IGN)
      let source = DispatchSource.makeSignalSource(signal: number, queue: .global())
      source.setEventHandler {
        caught.withLock { $0 = $0 ?? number }
        task.cancel()
      }
      source.resume()
      return source
    }
    defer {
      for source in sources { source.cancel() }
      for number in [SIGINT, SIGTERM, SIGHUP] { signal(number, SIG_DFL) }
    }
    do {
      return try await withTaskCancellationHandler {
        try await task.value
      } onCancel: {
        task.cancel()
      }
    } catch {
      if let number = caught.withLock({ $0 }) { throw Interrupted(signal: number) }
      throw error
    }
  }
}
