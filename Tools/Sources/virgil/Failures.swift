// SPDX-License-Identifier: Apache-2.0 OR GPL-2.0-only
import ArgumentParser
import ArchiveWriter
import AtomicFile
import CarriedImage
import Foundation
import KernelBundle
import Release
import UKI

/// How a command that works on files ends when it cannot: one line on standard error, and a status.
enum CommandFailure {
  /// An input was refused.
  static let refused: Int32 = 1
  /// A file could not be read or written (sysexits.h, EX_IOERR).
  static let io: Int32 = 74

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
