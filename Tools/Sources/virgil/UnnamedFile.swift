// SPDX-License-Identifier: Apache-2.0 OR GPL-2.0-only
import Foundation
import SystemPackage

/// A temporary file that no folder lists: it is gone when it is closed, however the program ends.
struct UnnamedFile {
  let descriptor: FileDescriptor

  /// - Parameter folder: on whose file system it is
  init(in folder: String) throws {
    let template = (folder.hasSuffix("/") ? folder : folder + "/") + ".virgil.XXXXXX"
    var name = Array(template.utf8CString)
    let file = mkstemp(&name)
    guard file >= 0 else {
      throw IOProblem(path: folder, reason: String(cString: strerror(errno)))
    }
    unlink(name)
    descriptor = FileDescriptor(rawValue: file)
  }

  func close() { try? descriptor.close() }
}
