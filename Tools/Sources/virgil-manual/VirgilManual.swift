// SPDX-License-Identifier: Apache-2.0 OR GPL-2.0-only
import ArgumentParser
import AtomicFile
import Foundation
import Manual
import SystemPackage

/// `virgil-manual KIND PROGRAM...`: pages and completions out of what commands say of themselves.
@main
struct VirgilManual: ParsableCommand {
  enum Kind: String, ExpressibleByArgument, CaseIterable {
    case man, completions, reference
  }

  static let configuration = CommandConfiguration(
    commandName: "virgil-manual",
    abstract: "Write the manual pages, shell completions or reference page of commands.",
    discussion: """
      Each PROGRAM is run with --experimental-dump-help, or --generate-completion-script. Manual pages (mdoc) are written for \
      it and each of its subcommands, completions for bash, zsh and fish; they are the same to the byte whenever they are \
      made. The date of manual pages is SOURCE_DATE_EPOCH's.

      EXAMPLES
        SOURCE_DATE_EPOCH=1764028800 virgil-manual man artefacts/virgil -o artefacts/man
        virgil-manual completions artefacts/virgil -o artefacts/completions
        virgil-manual reference artefacts/virgil artefacts/relocation-fixer -o Documentation/reference.md

      EXIT STATUS
        0    done
        1    a program does not say what it is; SOURCE_DATE_EPOCH is no time
        64   the command line is wrong
        74   a file could not be written
      """)

  /// ArgumentParser's own errors look like all others.
  static var _errorPrefix: String { "virgil-manual: error: " }

  @Argument(help: "What to write.")
  var kind: Kind

  @Argument(help: "The programs.", completion: .file())
  var program: [String]

  @Option(
    name: [.short, .long],
    help: ArgumentHelp("The folder to write to, which is made; for a reference, the file.", valueName: "path"))
  var output: String

  func run() throws {
    do {
      let programs = program.map { Program(path: $0) }
      switch kind {
      case .man: try writePages(programs)
      case .completions:
        for program in programs {
          for shell in Program.Shell.allCases {
            try write(try program.completion(shell), shell.fileName(for: program.name))
          }
        }
      case .reference:
        try AtomicFile.write(text: ReferencePage.text(try programs.map { try $0.dump() }), to: FilePath(output))
      }
    } catch let error as Program.Failure {
      throw fail(1, "\(error)")
    } catch let error as AtomicFile.Failure {
      throw fail(74, "\(error)")
    }
  }

  private func writePages(_ programs: [Program]) throws {
    let epoch = ProcessInfo.processInfo.environment["SOURCE_DATE_EPOCH"] ?? ""
    guard let date = PageDate.text(epoch: epoch) else {
      throw fail(1, "SOURCE_DATE_EPOCH: '\(epoch)' is no number of seconds since 1970; git log -1 --format=%ct has one")
    }
    let commands = try programs.flatMap { try $0.dump().all }
    for command in commands {
      let page = ManualPage(command, siblings: commands, date: date)
      try write(page.text, page.fileName)
    }
  }

  private func write(_ text: String, _ name: String) throws {
    do {
      try FileManager.default.createDirectory(atPath: output, withIntermediateDirectories: true)
    } catch {
      throw fail(74, "cannot make the folder \(output)")
    }
    try AtomicFile.write(text: text, to: FilePath(output).appending(name))
  }

  /// Says on standard error what is wrong; the result ends the command.
  private func fail(_ status: Int32, _ message: String) -> ExitCode {
    FileHandle.standardError.write(Data("virgil-manual: error: \(message)\n".utf8))
    return ExitCode(status)
  }
}

extension AtomicFile {
  fileprivate static func write(text: String, to path: FilePath) throws {
    try Array(text.utf8).withUnsafeBytes { try write($0, to: path) }
  }
}
