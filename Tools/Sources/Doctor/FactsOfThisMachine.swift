// SPDX-License-Identifier: Apache-2.0 OR GPL-2.0-only
import Foundation

extension Facts {
  /// What this machine says: its files, both system calls, and its programs' versions. Nothing is changed by that.
  public static func ofThisMachine(emulators: [String: String]) async -> Facts {
    let files = MachineFiles(root: "")
    var facts = Facts(files: files, isRoot: geteuid() == 0, emulators: emulators)
    facts.architecture = machine() ?? facts.architecture
    facts.kexec.load = facts.probe(KexecProbe.load)
    facts.kexec.fileLoad = facts.probe(KexecProbe.fileLoad)
    let path = ProcessInfo.processInfo.environment["PATH"]
    for (name, arguments) in ProgramFiles.known {
      guard let program = ProgramFiles.find(name, in: files, path: path) else { continue }
      facts.programs.versions[name] = await ProgramFiles.version(of: program, arguments) ?? ""
    }
    return facts
  }

  /// A permitted call counts against the limit, so it is not made where there is one.
  private func probe(_ call: () -> Int32) -> Probe {
    if let limit = kexec.rebootLimit, limit >= 0 { return .notAsked }
    return Probe(errno: call())
  }

  private static func machine() -> String? {
    var name = utsname()
    guard uname(&name) == 0 else { return nil }
    return withUnsafeBytes(of: &name.machine) { String(decoding: $0.prefix { $0 != 0 }, as: UTF8.self) }
  }
}
