// SPDX-License-Identifier: Apache-2.0 OR GPL-2.0-only
import Foundation
import Synchronization
import SystemPackage
import Testing

@testable import Guests

/// Guests that do not get there, and how that is told.
@Suite(
  .enabled(if: BootFixture.obstacle == nil, "\(BootFixture.obstacle ?? "")"), .serialized, .timeLimit(.minutes(5)))
struct FailedBootTests {
  /// A machine whose kernel finds no root file system.
  static func panicking(_ material: Material) throws -> QEMU {
    var machine = QEMU(architecture: .aarch64)
    machine.kernel = try material.kernel(.aarch64, line: "6.12").image
    machine.append = "console=ttyAMA0 panic=-1"
    return machine
  }

  @Test func aPanicIsToldWithItsReason() async throws {
    let machine = try Self.panicking(try #require(BootFixture.material))
    let result = try await Guest(machine: machine, timeout: .seconds(60)).run { _ in }
    guard case .failed(let reason) = result.outcome else {
      Issue.record("outcome is \(result.outcome)")
      return
    }
    #expect(reason.contains("Unable to mount root fs"))
    #expect(result.phase == .starting)
  }

  @Test func aSilentGuestIsKilledInTime() async throws {
    let result = try await Guest(machine: QEMU(architecture: .aarch64), timeout: .seconds(2)).run { _ in }
    #expect(result.outcome == .timedOut(after: .seconds(2)))
    #expect(result.exit == .killed)
    #expect(result.duration < .seconds(20))
  }

  @Test func aMachineThatQEMURefusesIsToldInItsWords() async throws {
    var machine = QEMU(architecture: .aarch64)
    machine.kernel = "/nonexistent/kernel"
    let result = try await Guest(machine: machine, timeout: .seconds(30)).run { _ in }
    #expect(result.outcome == .failed(reason: "QEMU ended (status 1) before the second kernel's marks were complete"))
    #expect(result.lastLines.contains { $0.contains("/nonexistent/kernel") })
  }

  @Test func whatKexecRefusesIsTold() async throws {
    let material = try #require(BootFixture.material)
    try await TemporaryFolder.with { folder in
      let image = folder.appending("image")
      try Data(repeating: 0x5a, count: 1 << 16).write(to: URL(fileURLWithPath: image.string))
      let scenario = try Scenario(image: BootImage(path: image), architecture: .aarch64)
      let prepared = try await scenario.prepare(in: folder, material: material)
      let result = try await Guest(machine: prepared.machine, timeout: .seconds(60)).run { _ in }
      guard case .failed(let reason) = result.outcome else {
        Issue.record("outcome is \(result.outcome)")
        return
      }
      #expect(reason.hasPrefix("kexec failed (failed load status"))
      #expect(result.phase == .loading)
    }
  }

  @Test(arguments: Architecture.allCases)
  func whatFirmwareRefusesIsTold(_ architecture: Architecture) async throws {
    let material = try #require(BootFixture.material)
    try await TemporaryFolder.with { folder in
      let image = folder.appending("image")
      try Data(repeating: 0x5a, count: 1 << 16).write(to: URL(fileURLWithPath: image.string))
      var scenario = try Scenario(image: BootImage(path: image), architecture: architecture)
      scenario.road = .firmware
      let prepared = try await scenario.prepare(in: folder, material: material)
      let result = try await Guest(machine: prepared.machine, timeout: .seconds(60)).run { _ in }
      guard case .failed(let reason) = result.outcome else {
        Issue.record("outcome is \(result.outcome): \(result.lastLines)")
        return
      }
      #expect(reason.hasPrefix("the firmware did not boot the image"))
    }
  }

  @Test func cancellingEndsTheGuest() async throws {
    let machine = try Self.panicking(try #require(BootFixture.material))
    let (lines, speaker) = AsyncStream<Void>.makeStream()
    let task = Task {
      try await Guest(machine: machine, timeout: .seconds(60)).run { event in
        if case .line = event { speaker.yield() }
      }
    }
    // It runs once it says something.
    for await _ in lines { break }
    task.cancel()
    await #expect(throws: CancellationError.self) { _ = try await task.value }
  }
}
