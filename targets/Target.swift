// SPDX-License-Identifier: Apache-2.0 OR GPL-2.0-only

/// What differs from one target to the next, as data. There is one folder for each target beside this file.
///
/// The emulator reads `Target.current`, the host tools look targets up; neither repeats a fact that stands here.
public struct Target: Sendable {
  /// The header that Linux's boot protocol finds the entry point by.
  public enum BootHeader: Sendable {
    /// Linux, Documentation/arch/arm64/booting.rst, 4.
    case arm64Image
    /// Linux, Documentation/arch/x86/boot.rst.
    case x86SetupHeader
  }

  /// As in the triple, in `uname -m` and in file names.
  public let name: StaticString
  /// What `swift build --triple` is given.
  public let triple: StaticString
  /// `IMAGE_FILE_HEADER.Machine` (PE format, "Machine Types").
  public let peMachine: UInt16
  /// `e_machine` (ELF gABI).
  public let elfMachine: UInt16
  /// The one kind of dynamic relocation that an image may be left with: `R_*_RELATIVE` of the processor's ABI.
  public let relativeRelocation: UInt32
  /// Bytes: the runtime regions of the memory map start and end on it (UEFI 2.10, 2.3).
  public let runtimeGranularity: UInt64
  /// Bytes: where kexec puts an image.
  public let loadAlignment: UInt64
  /// Bytes: what the image's size in memory is rounded to.
  public let imageSizeGranularity: UInt64
  public let bootHeader: BootHeader

  /// Every target that there is.
  public static let all: [Target] = [.aarch64, .x86_64]

  /// The target that an image of this PE machine type is for.
  public static func peMachine(_ machine: UInt16) -> Target? { all.first { $0.peMachine == machine } }

  /// The target that an ELF file of this machine is for.
  public static func elfMachine(_ machine: UInt16) -> Target? { all.first { $0.elfMachine == machine } }

  /// The one that this code is compiled for.
  public static var current: Target {
    #if arch(arm64)
      .aarch64
    #elseif arch(x86_64)
      .x86_64
    #else
      #error("no target for this architecture: add a folder beside this file")
    #endif
  }
}
