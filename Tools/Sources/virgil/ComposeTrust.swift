// SPDX-License-Identifier: Apache-2.0 OR GPL-2.0-only
import ArgumentParser
import Foundation
import SignatureLists

/// Whom the next kernel trusts. It reads that from variables of the firmware's, which nobody can hand over to it but the
/// image that is signed.
struct TrustOptions: ParsableArguments {
  @Option(
    help: ArgumentHelp(
      "Certificates (PEM), signature lists or efivarfs' file of them, for the next kernel to find in the variable db: "
        + "with Secure Boot its own kexec takes images that are signed by them. Can be given again.", valueName: "file")
  )
  var db: [String] = []

  func signatures() throws -> SignatureLists {
    var all = SignatureLists()
    for path in db {
      // A db of more than that fits into no variable.
      let limit = 32 << 10
      guard let handle = FileHandle(forReadingAtPath: path), let data = try? handle.read(upToCount: limit + 1) else {
        throw IOProblem(path: path, reason: "cannot be read")
      }
      guard data.count <= limit else { throw Problem(path: path, reason: "more than 32 KiB: that is no db") }
      do {
        all.append(try SignatureLists(file: Array(data)))
      } catch {
        throw Problem(path: path, reason: "\(error)")
      }
    }
    guard all.bytes.count <= 32 << 10 else { throw Problem(path: db[0], reason: "with the others, more than 32 KiB") }
    return all
  }
}
