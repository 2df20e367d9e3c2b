// SPDX-License-Identifier: Apache-2.0 OR GPL-2.0-only
import Foundation

@testable import Doctor

/// A machine that was recorded (Tests/doctor/record): what its /proc and /sys said, its kernel's configuration, and how
/// both system calls answered.
struct Machine {
  static let folder = URL(fileURLWithPath: #filePath).deletingLastPathComponent().appendingPathComponent("Machines")

  static let names = ((try? FileManager.default.contentsOfDirectory(atPath: folder.path)) ?? []).sorted()

  let name: String
  var files: MachineFiles { MachineFiles(root: Self.folder.appendingPathComponent(name).path) }

  private struct Probes: Decodable {
    let kexecLoad: Int32
    let kexecFileLoad: Int32
    let user: Int
  }

  /// - Parameter kexecTools: the version that is on it; nil: none. The guests are without.
  func facts(kexecTools: String? = "2.0.29") throws -> Facts {
    let url = Self.folder.appendingPathComponent(name).appendingPathComponent("probes.json")
    let probes = try JSONDecoder().decode(Probes.self, from: try Data(contentsOf: url))
    var facts = Facts(files: files, isRoot: probes.user == 0, emulators: ["aarch64": "", "x86_64": ""])
    // With a limit, doctor does not ask; the recording did.
    let mayAsk = facts.kexec.rebootLimit.map { $0 < 0 } ?? true
    facts.kexec.load = mayAsk ? .init(errno: probes.kexecLoad) : .notAsked
    facts.kexec.fileLoad = mayAsk ? .init(errno: probes.kexecFileLoad) : .notAsked
    if let kexecTools { facts.programs.versions["kexec"] = kexecTools }
    return facts
  }
}
