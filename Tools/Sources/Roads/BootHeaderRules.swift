// SPDX-License-Identifier: Apache-2.0 OR GPL-2.0-only
import Bytes
import LinuxBoot
import PE
import UKI

extension Image {
  /// Who reads a boot header.
  enum Reader {
    /// kexec-tools, for `kexec -l`.
    case tools
    /// kexec-tools first, then the kernel, for `kexec -s`.
    case kernel
  }

  /// Whether kexec-tools and the kernel know the file for a kernel.
  func bootHeader(_ reader: Reader) -> Findings {
    var found = Findings()
    if isX86 {
      bzImage(reader, &found)
    } else if isARM64 {
      arm64Image(reader, &found)
    } else {
      found.refuse("kexec of this machine type is not known here (\(hex(headers.machine)))")
    }
    if isCarried { checkCarried(&found) }
    if kind == .uki && reader == .kernel {
      found.note(
        "kexec-tools from 2.0.32 on hand over the kernel inside of it: without its signature, stub and command line")
    }
    return found
  }

  /// bzImage64_probe and bzImage64_load, of kexec-tools and of arch/x86/kernel/kexec-bzimage64.c.
  private func bzImage(_ reader: Reader, _ found: inout Findings) {
    typealias Fields = BootParams.Fields
    guard file.count >= 1024, let header = SetupHeader(file) else {
      found.refuse("kexec finds no kernel's setup header in it" + hint)
      return
    }
    let flags = header[Fields.xloadflags]
    found.require(header[Fields.loadflags] & 1 != 0, "LOADED_HIGH is not set in loadflags: a zImage")
    checkEntry(header, reader, &found)
    found.require(header.protectedModeOffset <= file.count, "its setup_sects reach beyond the file")
    let size = Int(header[Fields.init_size])
    let loaded = file.count - header.protectedModeOffset
    if loaded > (size + 0xfff) & ~0xfff {
      let text = "init_size is \(hex(size)), but the file has \(hex(loaded)) bytes for memory"
      if reader == .kernel { found.refuse(text) } else { found.spoil("\(text): kexec -l cuts it off") }
    }
    let alignment = header[Fields.kernel_alignment]
    found.require(
      alignment > 0 && alignment & (alignment - 1) == 0, "kernel_alignment is \(hex(alignment)), no power of two")
    // The kernel keeps 30 bytes for elfcorehdr=.
    let least = reader == .kernel ? 32 : 2
    found.require(
      Int(header[Fields.cmdline_size]) >= least, "cmdline_size is \(header[Fields.cmdline_size]): no line fits")
    if reader == .kernel, flags & SetupHeader.XLoadFlags.fiveLevel == 0 {
      found.note("a kernel that runs with page tables of five levels refuses it: XLF_5LEVEL is not set")
    }
    if flags & SetupHeader.XLoadFlags.efiKexec == 0 {
      found.note("kexec-tools hand it no EFI tables: XLF_EFI_KEXEC is not set")
    }
  }

  /// The 64-bit entry. kexec-tools enter what does not have it by the 32-bit one, where no carried image has anything.
  private func checkEntry(_ header: SetupHeader, _ reader: Reader, _ found: inout Findings) {
    let version = header[BootParams.Fields.version]
    let flags = header[BootParams.Fields.xloadflags]
    var text: String?
    if version < 0x20c {
      text = "its boot protocol is \(hex(version)); kexec wants 0x20c or later"
    } else if flags & 3 != 3 {
      text = "xloadflags is \(hex(flags)); kexec wants XLF_KERNEL_64 and XLF_CAN_BE_LOADED_ABOVE_4G (3)"
    }
    guard let text else { return }
    switch reader {
    case .kernel: found.refuse(text)
    case .tools where isCarried: found.spoil("\(text), and enters it by its 32-bit entry, where the emulator is not")
    case .tools: found.note("\(text) for the 64-bit entry: it is entered by the 32-bit one")
    }
  }

  /// image_arm64_probe and image_probe with image_load (arch/arm64/kernel/kexec_image.c).
  private func arm64Image(_ reader: Reader, _ found: inout Findings) {
    if kind == .zboot {
      let method = file.slice(24, count: min(32, max(0, file.count - 24)))?.terminated()
      found.require(
        method?.equals("gzip") == true, "kexec-tools unpack zboot kernels that are compressed by gzip only" + hint)
      found.note("kexec-tools before 2.0.29 know no zboot kernels; later ones unpack it")
      return
    }
    guard file.count >= ImageHeader.size, let header = ImageHeader(file) else {
      found.refuse("kexec finds no arm64 Image header in it" + hint)
      return
    }
    if header.imageSize == 0 {
      let text = "image_size is 0, as in kernels before 3.17"
      if reader == .kernel {
        found.refuse(text)
      } else {
        found.spoil("\(text): kexec -l guesses how much memory it takes")
      }
    } else if UInt64(file.count) > header.imageSize {
      let text = "image_size is \(hex(header.imageSize)), but the file has \(hex(file.count)) bytes"
      if reader == .kernel { found.refuse(text) } else { found.spoil("\(text): kexec -l cuts it off") }
    }
    if reader == .kernel {
      found.require(header.flags & 1 == 0, "flags say that it is big-endian, and kernels of today are not")
      let pages = header.flags >> 1 & 3
      if pages > 1 { found.note("a machine must have pages of \(pages == 2 ? 16 : 64) KiB to take it") }
      found.note("Debian's arm64 kernels have no kexec_file_load; kernels with CONFIG_KEXEC_FILE do")
    }
  }

  /// What to do about a file that is none for kexec.
  private var hint: String { isCarried ? "" : "; `virgil compose` makes it kexec-able" }
}
