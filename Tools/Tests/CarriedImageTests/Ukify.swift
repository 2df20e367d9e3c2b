// SPDX-License-Identifier: Apache-2.0 OR GPL-2.0-only
import Foundation
import Testing

/// ukify, as scripts/material has fetched it: the yardstick.
enum Ukify {
  static let versions = ["257", "262"].filter { Material.exists("ukify/\($0)/ukify") }

  /// A python3 with pefile, which ukify imports; Debian's, if the first one has it not.
  static let python: URL? = {
    let candidates = [findProgram("python3"), URL(fileURLWithPath: "/usr/bin/python3")].compactMap { $0 }
    return candidates.first { python in
      let process = Process()
      process.executableURL = python
      process.arguments = ["-c", "import pefile"]
      process.standardError = FileHandle.nullDevice
      guard (try? process.run()) != nil else { return false }
      process.waitUntilExit()
      return process.terminationStatus == 0
    }
  }()

  /// Why there is nothing to compare with.
  static let obstacle: String? =
    versions.count < 2
    ? "no ukify 257 and 262; run: scripts/material fetch ukify"
    : python == nil ? "no python3 with the module pefile (Debian: python3-pefile)" : nil

  /// Runs `ukify build` for every list of arguments, in one process: its start takes longer than a small image.
  ///
  /// - Returns: for each, what was thrown; "" for none
  static func build(_ version: String, _ jobs: [[String]], in folder: URL) throws -> [String] {
    let program = """
      import contextlib, importlib.machinery, importlib.util, io, json, sys
      loader = importlib.machinery.SourceFileLoader('ukify', sys.argv[1])
      ukify = importlib.util.module_from_spec(importlib.util.spec_from_loader('ukify', loader))
      sys.modules['ukify'] = ukify
      loader.exec_module(ukify)
      results = []
      for job in json.load(open(sys.argv[2])):
          sys.argv = ['ukify', 'build', *job]
          with contextlib.redirect_stdout(io.StringIO()), contextlib.redirect_stderr(io.StringIO()):
              try:
                  ukify.main()
                  results.append('')
              except (Exception, SystemExit) as problem:
                  results.append(repr(problem))
      print(json.dumps(results))
      """
    let list = folder.appendingPathComponent("jobs-\(version).json")
    try JSONSerialization.data(withJSONObject: jobs).write(to: list)
    let process = Process()
    process.executableURL = python
    process.arguments = ["-c", program, Material.root.appendingPathComponent("ukify/\(version)/ukify").path, list.path]
    process.currentDirectoryURL = folder
    let pipe = Pipe()
    process.standardOutput = pipe
    try process.run()
    let data = pipe.fileHandleForReading.readDataToEndOfFile()
    process.waitUntilExit()
    return try #require(JSONSerialization.jsonObject(with: data) as? [String])
  }
}

/// What an image is compared by, and what may differ from ukify's, with the reasons.
struct UkifyComparison {
  struct Section: Equatable {
    var name: String
    var contents: [UInt8]
    var characteristics: UInt32
    var rva: Int
  }

  let machine: UInt16
  let stub: String
  let ukify: String

  static func sections(_ file: [UInt8]) -> [Section] {
    IndependentPE(file).sections.map { section in
      let size = min(section.virtualSize, section.rawSize)
      return Section(
        name: section.name, contents: Array(file[section.rawOffset..<section.rawOffset + size]),
        characteristics: section.characteristics, rva: section.rva)
    }
  }

  /// What differs, as text; empty: nothing that may not.
  func differences(theirs: [UInt8], ours: [UInt8]) -> [String] {
    var expected = Self.sections(theirs)
    var found = Self.sections(ours)
    var comparesPlaces = true
    let own = found.first { $0.name == ".sbat" }?.contents
    if ukify == "257", let own,
      let index = expected.firstIndex(where: { $0.name == ".sbat" && $0.contents == own + [0] })
    {
      // 257 puts a NUL behind the last line, 262 does not, and neither do we.
      expected[index].contents.removeLast()
    }
    if machine == 0x8664, stub == "252", let index = expected.firstIndex(where: { $0.name == ".sbat" }),
      expected[index].contents.count > 0x100
    {
      // objcopy put the stub's .sbat 0x100 bytes before its .sdmagic. ukify writes over the border, so that the sections
      // overlap in memory and no loader takes them; here it goes behind the parts.
      let section = expected.remove(at: index)
      expected.insert(section, at: expected.firstIndex { $0.name == ".profile" } ?? expected.count)
      comparesPlaces = false
    }
    if !comparesPlaces {
      for index in expected.indices { expected[index].rva = 0 }
      for index in found.indices { found[index].rva = 0 }
    }
    var differences: [String] = []
    if expected.map(\.name) != found.map(\.name) {
      differences.append("sections \(expected.map(\.name)), ours \(found.map(\.name))")
    }
    for (theirs, ours) in zip(expected, found) where theirs != ours {
      differences.append("\(theirs.name) differs" + (theirs.contents == ours.contents ? " in its place or rights" : ""))
    }
    // The stubs of 252 end in symbols, or bytes of no section; ukify keeps some, which no signature would cover.
    if ukify == "262", stub != "252", differences.isEmpty, theirs != ours {
      differences.append("bytes \(zip(theirs, ours).enumerated().filter { $1.0 != $1.1 }.map(\.offset).prefix(10))")
    }
    return differences
  }
}
