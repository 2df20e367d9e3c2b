// SPDX-License-Identifier: Apache-2.0 OR GPL-2.0-only
import Bytes
import Crypto
import Handover
import LinuxBoot
import PE
import UKI

/// Makes one file that firmware boots as before and that Linux's kexec boots as well.
///
/// The payload's sections move to file offsets that equal their RVAs (x86: plus one page), so that kexec, which
/// copies the file flat into memory, lays them out as a PE loader would. Behind them comes `.virgil`: the carried
/// handover block, the payload's own headers, and the emulator, whose .bss, stack and scratch memory lie beyond the
/// end of the file. The boot header that kexec looks for goes where PE has none of its own: arm64's into the DOS
/// header, x86's between 0x1f1 and 0x280.
///
/// Sections may share pages, where SectionAlignment is below one: they keep their places, as firmware keeps them, and
/// only ours start on pages of their own. Then x86 headers may end below 0x1000; `.vhead` begins where they end.
///
/// ```
/// arm64   | headers        | sections …            | .virgil |  .bss, scratch
/// x86_64  | headers | .vhead | sections …           | .virgil |  .bss, scratch
///                    ^ what kexec puts into memory starts here
/// ```
///
/// Every byte of the file belongs to the headers or a section: a byte in a gap would be loaded but not signed.
public enum CarriedImage {
  public struct Options {
    /// The emulator's console where the machine does not describe one; nil: it is silent then.
    public var console: ConsoleDescription?
    public var policy: FailurePolicy
    /// Files for the payload to find beside itself.
    public var sidecars: Sidecars?
    /// An initrd that goes with the payload; it is joined to what kexec loads, behind it.
    public var initrd: FileContents?
    /// The payload's load options when kexec gives none.
    public var commandLine: String?
    /// EFI signature lists: the variable db of the next kernel.
    public var signatures: [UInt8] = []
    /// What is started comes as kexec's initrd (`StandAloneImage`).
    var startsInitrd = false
    public init(
      console: ConsoleDescription? = nil, policy: FailurePolicy = FailurePolicy(), sidecars: Sidecars? = nil,
      initrd: FileContents? = nil, commandLine: String? = nil
    ) {
      self.console = console
      self.policy = policy
      self.sidecars = sidecars
      self.initrd = initrd
      self.commandLine = commandLine
    }
  }

  /// RAM behind the emulator that is its own from the first instruction on, in bytes.
  static let scratchSize: UInt64 = 1 << 20
  static let page: UInt64 = 0x1000

  /// Decides on every byte. Writes nothing.
  ///
  /// - Parameters:
  ///   - payload: a PE file; must outlive the plan
  ///   - emulator: a blob; must outlive the plan
  ///   - progress: is told how many bytes of the payload have been hashed
  public static func plan(
    payload: ByteView, emulator: ByteView, options: Options = Options(), progress: (Int) -> Void = { _ in }
  ) throws(Refusal) -> Plan {
    let headers: PEHeaders
    do { headers = try PEHeaders(payload) } catch { throw .notPE(error) }
    let blob = try Emulator(emulator)
    try check(headers, against: blob)
    let layout = try Layout(headers, payload)
    var block = CarriedBlock(
      rva: layout.virgil, sha256: sha256(payload, progress: progress),
      headers: .bytes(layout.originalHeaders), emulatorMemorySize: blob.memorySize, scratchSize: scratchSize,
      console: options.console, policy: options.policy, sidecars: options.sidecars,
      initrd: options.initrd, commandLine: options.commandLine, signatures: options.signatures)
    if options.startsInitrd { block.origin = VIRGIL_IMAGE_IN_INITRD }
    return try Composer(payload: payload, headers: headers, layout: layout, blob: blob, block: block).plan()
  }

  private static func check(_ headers: PEHeaders, against blob: Emulator) throws(Refusal) {
    guard headers.machine == PEMachine.arm64 || headers.machine == PEMachine.x86_64 else {
      throw .machine(headers.machine)
    }
    guard headers.section(named: ".virgil") == nil else { throw .alreadyCarried }
    guard headers.machine == blob.machine else {
      throw .machines(payload: headers.machine, emulator: blob.machine)
    }
    guard !headers.relocationsStripped else { throw .relocationsStripped }
    guard let first = headers.sections.first(where: { $0.sizeInMemory > 0 }) else { throw .noSections }
    guard first.virtualAddress <= 16 << 20 else { throw .firstSectionTooFar(rva: first.virtualAddress) }
    guard headers.machine == PEMachine.arm64 || first.virtualAddress >= Layout.x86EntryEnd else {
      throw .firstSectionTooNear(rva: first.virtualAddress)
    }
    guard headers.numberOfSections <= 0xfffd else { throw .tooManySections(headers.numberOfSections) }
  }

  private static func sha256(_ bytes: ByteView, progress: (Int) -> Void) -> [UInt8] {
    var hash = SHA256()
    for start in stride(from: 0, to: bytes.count, by: 4 << 20) {
      let size = min(4 << 20, bytes.count - start)
      hash.update(bufferPointer: bytes.slice(start, count: size)!.buffer)
      progress(start + size)
    }
    return Array(hash.finalize())
  }
}
