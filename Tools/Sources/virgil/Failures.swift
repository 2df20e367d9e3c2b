// SPDX-License-Identifier: Apache-2.0 OR GPL-2.0-only
import ArgumentParser
import ArchiveWriter
import AtomicFile
import CarriedImage
import Foundation
import KernelBundle
import Release
import UKI

/// The statuses that commands end with. What one of them means in particular stands in its help.
enum ExitStatus: Int32 {
  case done = 0
  /// An input was refused; the answer to the question is no.
  case refused = 1
  /// The command line is wrong: what ArgumentParser says as well (sysexits.h, EX_USAGE).
  case usage = 64
  /// Something that the command needs is not on this machine (EX_NOINPUT).
  case missing = 66
  /// A file could not be read or written (EX_IOERR).
  case io = 74
  /// As timeout(1) says it.
  case timedOut = 124

  /// What it means where a command says nothing more exact.
  private var meaning: String {
    switch self {
    case .done: "done"
    case .refused: "an input was refused"
    case .usage: "the command line is wrong"
    case .missing: "something needed is missing"
    case .io: "a file could not be read or written"
    case .timedOut: "timed out"
    }
  }

  /// The lines below EXIT STATUS in a help text.
  ///
  /// - Parameter lines: each status that the command ends with, and what it means there; nil: what it means everywhere
  static func table(_ lines: [(ExitStatus, String?)]) -> String {
    lines.map { status, meaning in
      let number = "\(status.rawValue)"
      return "  \(number)" + String(repeating: " ", count: 5 - number.count) + (meaning ?? status.meaning)
    }.joined(separator: "\n")
  }
}

/// How a command that works on files ends when it cannot: one line on standard error, and a status.
enum CommandFailure {
  /// An input was refused.
  static let refused = ExitStatus.refused.rawValue
  /// A file could not be read or written.
  static let io = ExitStatus.io.rawValue

  /// Runs `body`; what it throws ends the command.
  ///
  /// - Parameter path: the input that a refusal is about
  static func reporting(about path: String, _ body: () throws -> Void) throws {
    do {
      try body()
    } catch let error as MappedFile.Failure {
      throw ending(io, "\(error)")
    } catch let error as AtomicFile.Failure {
      throw ending(io, "\(error)")
    } catch let error as Cpio.Failure {
      throw ending(error.isRefusal ? refused : io, "\(error)")
    } catch let error as IOProblem {
      throw ending(io, "\(error.path): \(error.reason)")
    } catch let error as HardwareIDs.Failure {
      throw ending(error.isIO ? io : refused, "\(error)")
    } catch let error as SeriesError {
      throw ending(error.isIO ? io : refused, "\(error)")
    } catch let error as ReleaseError {
      throw ending(error.isIO ? io : refused, "\(error)")
    } catch let error as ArchiveReader.Failure {
      throw ending(refused, "\(error)")
    } catch let error as Problem {
      throw ending(refused, "\(error.path): \(error.reason)")
    } catch let error where error is Refusal || error is UKIError {
      throw ending(refused, "\(path): \(error)")
    }
  }

  private static func ending(_ status: Int32, _ message: String) -> ExitCode {
    complain("error: \(message)")
    return ExitCode(status)
  }
}

/// What is wrong with one of several inputs.
struct Problem: Error {
  let path: String
  let reason: String
}

/// A file that cannot be used, whatever is in it.
struct IOProblem: Error {
  let path: String
  let reason: String
}
