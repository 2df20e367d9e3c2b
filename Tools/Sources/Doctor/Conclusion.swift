// SPDX-License-Identifier: Apache-2.0 OR GPL-2.0-only

extension Ability {
  /// The roads in words, a sentence each, and first whether there is one.
  var sentences: [String] {
    let ways = [Self.way(kexecLoad, "kexec -l"), Self.way(kexecFileLoad, "kexec -s -l")].compactMap { $0 }
    guard !ways.isEmpty else { return ["This machine's kernel cannot kexec carried images, or anything else."] }
    let who = canCarry ? "This machine" : "This machine's kernel"
    var sentences = ["\(who) can kexec carried images by \(ways.joined(separator: ", and by "))."]
    if !canCarry { sentences.append("But there is no program here that does.") }
    switch anyImage {
    case .yes: sentences.append("It takes any other EFI image as it is, by kexec-efi-load.")
    case .signed: sentences.append("It takes any other EFI image that is signed as it is, by kexec-efi-load.")
    case .no: sentences.append("Other EFI images have to be composed first: virgil compose.")
    case .unknown: sentences.append("Whether it takes other EFI images as they are is not known.")
    }
    switch crashKernel {
    case .yes: sentences.append("A carried image can be its crash kernel.")
    case .signed: sentences.append("A carried image that is signed can be its crash kernel.")
    case .no: sentences.append("No crash kernel can be loaded.")
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
