// SPDX-License-Identifier: Apache-2.0 OR GPL-2.0-only

@main
struct RuntimeImage {
  /// The image has no entry point of this kind: the emulator reaches it through its header.
  static func main() {}
}
