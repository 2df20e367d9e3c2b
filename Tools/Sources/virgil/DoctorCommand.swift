// SPDX-License-Identifier: Apache-2.0 OR GPL-2.0-only
import ArgumentParser
import Doctor
import Foundation
import PE
import UKI

/// `virgil doctor`: tells what a machine can do.
struct DoctorCommand: AsyncParsableCommand {
  static let configuration = CommandConfiguration(
    commandName: "doctor",
    abstract: "Tell whether this machine can kexec EFI images, and what is in the way.",
    discussion: """
      Looks at the running kernel, its configuration and system calls, lockdown, Secure Boot and keyrings, crash \
      kernels, the firmware, and the programs that load, build and sign images. Each finding has a verdict: good; limits, \
      if something will not work or only in some way; BLOCKS, if no composed image can be loaded because of it; unknown, if \
      it could not be found out. The last lines are the conclusion.

      Nothing is changed, and no network is used. The system calls are asked in a way that loads nothing. Keyrings, and \
      whether a system call is permitted, can be seen by root only.

      EXAMPLES
        sudo virgil doctor
        virgil doctor --json | jq -r '.findings[] | select(.verdict != "good") | .what'
        virgil doctor --facts report-of-another-machine.json
        virgil doctor --root /mnt

      EXIT STATUS
      \(ExitStatus.table([
        (.done, "a composed image can be loaded here, perhaps if it is signed"),
        (.refused, "it cannot, or --facts has no facts"), (.usage, nil), (.io, nil),
      ]))
      """)

  @Option(
    help: ArgumentHelp(
      "Look at a machine's files below this folder instead: a mounted system, or a copy of /proc, /sys and /boot. "
        + "No system call is asked and no program is run.", valueName: "folder"),
    completion: .directory)
  var root: String?

  @Option(
    help: ArgumentHelp("Judge what --json has printed on another machine.", valueName: "file"),
    completion: .file(extensions: ["json"]))
  var facts: String?

  @Flag(help: "Print JSON: conclusion, findings, facts. Its fields keep their names and meaning.")
  var json = false

  func validate() throws {
    guard root == nil || facts == nil else { throw ValidationError("--root and --facts exclude each other") }
  }

  func run() async throws {
    let own = facts == nil && root == nil ? await Facts.ofThisMachine(emulators: emulators) : nil
    var canCarry = false
    try CommandFailure.reporting(about: facts ?? root ?? "/") {
      let report = DoctorReport(try own ?? found())
      print(json ? try report.json() : report.text)
      canCarry = report.roads.canCarry
    }
    if !canCarry { throw ExitCode(ExitStatus.refused.rawValue) }
  }

  private func found() throws -> Facts {
    if let facts { return try read(facts) }
    let root = root ?? "/"
    var isFolder: ObjCBool = false
    guard FileManager.default.fileExists(atPath: root, isDirectory: &isFolder), isFolder.boolValue else {
      throw IOProblem(path: root, reason: "no such folder")
    }
    return Facts(files: MachineFiles(root: root), isRoot: geteuid() == 0, emulators: emulators)
  }

  /// What `--json` prints, of which only the facts are read: they are judged anew.
  private struct Recorded: Decodable { let facts: Facts }

  private func read(_ path: String) throws -> Facts {
    let bytes = try MappedFile(path: path).withBytes { Data($0.buffer.prefix(4 << 20)) }
    do {
      return try JSONDecoder().decode(Recorded.self, from: bytes).facts
    } catch {
      throw Problem(path: path, reason: "these are no facts of a machine: what virgil doctor --json prints is wanted")
    }
  }

  /// Where virgil compose would find them.
  private var emulators: [String: String] {
    var found: [String: String] = [:]
    for machine in [PEMachine.arm64, PEMachine.x86_64] {
      if let file = try? EmulatorFile.open(nil, machine: machine) { found[Machine.name(machine)] = file.path }
    }
    return found
  }
}
