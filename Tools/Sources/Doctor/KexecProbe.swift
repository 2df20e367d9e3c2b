// SPDX-License-Identifier: Apache-2.0 OR GPL-2.0-only
import CKexecProbe
import Foundation

/// Asks the running kernel for both system calls, without anything being loaded (see kexec_probe.h).
enum KexecProbe {
  static func load() -> Int32 { virgil_probe_kexec_load() }
  static func fileLoad() -> Int32 { virgil_probe_kexec_file_load() }
}

extension Facts.Probe {
  /// - Parameter number: errno; 0 where the call succeeded, which it must not
  init(errno number: Int32) {
    switch number {
    case EINVAL: self = .permitted
    case EPERM: self = .notPermitted
    case EACCES: self = .againstPolicy
    case ENOSYS: self = .absent
    default: self = .strange
    }
  }
}
