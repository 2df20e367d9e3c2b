// SPDX-License-Identifier: Apache-2.0 OR GPL-2.0-only
import AtomicFile
import Guests

/// The status that `virgil boot` ends with when it cannot begin.
enum BootFailure {
  /// nil: no error of these
  static func status(of error: any Error) -> ExitStatus? {
    switch error {
    case is Scenario.Failure: .usage
    case BootImage.Failure.tooLarge: .usage
    case is BootImage.Failure, is AtomicFile.Failure, SecureBootKey.Failure.unreadable: .io
    case SecureBootKey.Failure.noCertificate, SecureBootKey.Failure.notSigned: .refused
    case is Material.Failure, is Guest.Failure, is SecureBootKey.Failure: .missing
    default: nil
    }
  }
}
