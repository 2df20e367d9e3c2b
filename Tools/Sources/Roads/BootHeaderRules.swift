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
    found.require(
      header[Fields.version] >= 0x20c, "its boot protocol is \(hex(header[Fields.version])); kexec wants 0x20c or later")
    found.require(header[Fields.loadflags] & 1 != 0, "LOADED_HIGH is not set in loadflags: a zImage")
    found.require(
      flags & 3 == 3, "xloadflags is \(hex(flags)); kexec wants XLF_KERNEL_64 and XLF_CAN_BE_LOADED_ABOVE_4G (3)")
    found.require(header.protectedModeOffset <= file.count, "its setup_sects reach beyond the file")
    let size = Int(header[Fields.init_size])
    let loaded = file.count - header.protectedModeOffset
    found.require(
      loaded <= (size + 0xfff) & ~0xfff,
      "init_size is \(hex(size)), but kexec puts \(hex(loaded)) bytes of the file into memory")
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
    found.require(header.imageSize != 0, "image_size is 0: a kernel before 3.17")
    found.require(
      UInt64(file.count) <= header.imageSize,
      "image_size is \(hex(header.imageSize)), but kexec puts \(hex(file.count)) bytes of the file into memory")
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
