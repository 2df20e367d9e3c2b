// SPDX-License-Identifier: Apache-2.0 OR GPL-2.0-only

extension ConsoleDescription {
  /// The console of a machine, from whatever is known of it. What somebody asked for by address counts more than
  /// what the firmware suggests:
  ///
  /// 1. `earlycon=` (or `console=uart…`), then `earlyprintk=` with an address;
  /// 2. with a bare `earlycon`, the firmware's console;
  /// 3. `console=ttyS0` to `ttyS3` on a PC;
  /// 4. the firmware's console: the device tree's `stdout-path`, then ACPI's SPCR, as Linux prefers them.
  ///
  /// - Parameters:
  ///   - firmware: the firmware's console
  ///   - legacyPorts: true on x86, where `ttyS0` is at port 0x3f8
  /// - Returns: nil when nothing describes one: the emulator is then silent.
  public static func find(
    commandLine: ByteView?, firmware: ConsoleDescription?, legacyPorts: Bool
  ) -> ConsoleDescription? {
    let asked = commandLine.map { CommandLineConsole(KernelCommandLine($0), legacyPorts: legacyPorts) }
    if let explicit = asked?.earlycon ?? asked?.earlyprintk { return explicit }
    if asked?.asksForFirmware == true, let firmware { return firmware }
    return asked?.console ?? firmware
  }
}
