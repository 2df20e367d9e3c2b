// SPDX-License-Identifier: Apache-2.0 OR GPL-2.0-only
import CarriedImage
import Foundation
import UKI

/// The plan of `virgil compose --dry-run --json`. An interface: fields may be added, none changes its meaning while `format`
/// stays.
struct ComposePlanReport: Encodable {
  /// A run of the file.
  struct Part: Encodable {
    var name: String
    /// headers, boot-header, payload, emulator
    var what: String
    var rva: UInt32
    var fileOffset: Int
    var fileSize: Int
    var memorySize: UInt32
    /// As `r-x`.
    var rights: String
  }
  struct Kexec: Encodable {
    var load: String
    /// nil: stock kernels of the architecture load no such file this way.
    var fileLoad: String?
    var boot: String
  }

  var format = 1
  var output: String?
  var machine: String
  var payloadKind: ImageKind
  var size: Int
  /// Bytes of memory from where kexec places it.
  var memorySize: UInt64
  var emulatorRVA: UInt32
  var emulatorBuildID: String
  var parts: [Part]
  var initrds: [InitrdPart]
  var notes: [String]
  var kexec: Kexec

  init(_ plan: Plan, output: String?, _ command: KexecCommand) {
    self.output = output
    machine = Machine.name(plan.machine)
    payloadKind = plan.payloadKind
    size = plan.fileSize
    memorySize = plan.memorySize
    emulatorRVA = plan.emulator
    emulatorBuildID = plan.buildID.map { ($0 < 16 ? "0" : "") + String($0, radix: 16) }.joined()
    parts = plan.runs.map { run in
      Part(
        name: run.name, what: run.meaning, rva: run.rva, fileOffset: run.fileOffset, fileSize: run.contents.count,
        memorySize: run.sizeInMemory, rights: run.rights)
    }
    initrds = plan.initrds
    notes = plan.notes
    kexec = Kexec(load: command.load, fileLoad: command.fileLoad, boot: command.boot)
  }

  var text: String {
    get throws {
      let encoder = JSONEncoder()
      encoder.outputFormatting = [.prettyPrinted, .sortedKeys, .withoutEscapingSlashes]
      return String(decoding: try encoder.encode(self), as: UTF8.self)
    }
  }
}
