// SPDX-License-Identifier: Apache-2.0 OR GPL-2.0-only
import EmbeddedEmulators

/// Which release this program is, and what is inside.
enum Version {
  /// What `virgil --version` prints: the release in the first line, an emulator in each that follows.
  static var text: String {
    (["virgil \(virgilRelease)"]
      + EmbeddedEmulator.all.map {
        "emulator for \($0.architecture): \($0.blob.count) bytes, build ID \($0.description.buildId)"
      })
      .joined(separator: "\n")
  }
}
