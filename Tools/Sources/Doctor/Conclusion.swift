// SPDX-License-Identifier: Apache-2.0 OR GPL-2.0-only

extension Roads {
  /// The roads in words, a sentence each, and first whether there is one.
  var sentences: [String] {
    var sentences: [String] = []
    switch (kexecLoad, kexecFileLoad) {
    case (.no, .no): sentences.append("This machine's kernel cannot kexec carried images.")
    case (let load, let file):
      let ways = [Self.way(load, "kexec -l"), Self.way(file, "kexec -s -l")].compactMap { $0 }
      let who = hasLoader ? "This machine" : "This machine's kernel"
      sentences.append("\(who) can kexec carried images by \(ways.joined(separator: ", and by ")).")
      if !hasLoader { sentences.append("But there is no program here that loads them.") }
    }
    switch anyImage {
    case .yes: sentences.append("It takes any other EFI image as it is, by kexec-efi-load.")
    case .signed: sentences.append("It takes any other EFI image that is signed as it is, by kexec-efi-load.")
    case .no: sentences.append("Other EFI images have to be composed first: virgil compose.")
    case .unknown: sentences.append("Whether it takes other EFI images as they are is not known.")
    }
    switch crashKernel {
    case .yes: sentences.append("A carried image can be its crash kernel.")
    case .signed: sentences.append("A carried image that is signed can be its crash kernel.")
    case .no: sentences.append("It has no place for a crash kernel.")
    case .unknown: break
    }
    return sentences
  }

  private static func way(_ answer: Answer, _ command: String) -> String? {
    switch answer {
    case .yes: command
    case .signed: "\(command) if they are signed by somebody whom the kernel trusts"
    case .unknown: "\(command), probably"
    case .no: nil
    }
  }
}
