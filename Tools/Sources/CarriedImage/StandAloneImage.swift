// SPDX-License-Identifier: Apache-2.0 OR GPL-2.0-only
import Bytes
import PE

/// An emulator that kexec loads as an image of its own, and that starts the EFI file which kexec loads as an initrd.
///
/// It is a carried image whose payload is a placeholder: the same headers and the same `.virgil`, but the carried block says
/// that what is started is in the initrd. One file is good for every payload of its machine.
public enum StandAloneImage {
  /// Calls `body` with a plan of the image, which is good until it returns.
  ///
  /// - Parameters:
  ///   - emulator: a blob, whose machine is the image's
  ///   - options: console, policy, signatures; sidecars that have no archive
  public static func withPlan<Result>(
    emulator: ByteView, options: CarriedImage.Options, _ body: (Plan) throws -> Result
  ) throws -> Result {
    let machine = try Emulator(emulator).machine
    guard machine == PEMachine.arm64 || machine == PEMachine.x86_64 else { throw Refusal.machine(machine) }
    var options = options
    options.startsInitrd = true
    return try PlaceholderApplication.file(for: machine).withUnsafeBytes {
      try body(CarriedImage.plan(payload: ByteView($0), emulator: emulator, options: options))
    }
  }
}
