// SPDX-License-Identifier: Apache-2.0 OR GPL-2.0-only
import LinuxBoot
import PE

extension Image {
  /// Whether a kernel with the series takes the file (kernel/kexec_efi/pe.c there). What has a boot header goes to the
  /// kernel's own loader, as without the series.
  func series() -> Findings {
    let own = bootHeader(.kernel)
    if isX86 && SetupHeader(file) != nil || isARM64 && kind != .zboot && ImageHeader(file) != nil {
      var found = own
      found.note("it has a kernel's boot header: the kernel's own loader takes it, not the series'")
      return found
    }
    var found = Findings()
    found.require(isARM64 || isX86, "there are no patches for this machine type (\(hex(headers.machine)))")
    found.require(headers.subsystem == 10, "its subsystem is \(headers.subsystem); the series takes applications, 10")
    found.require(
      headers.addressOfEntryPoint != 0 && headers.addressOfEntryPoint < headers.sizeOfImage,
      "its entry point lies outside of it")
    for section in headers.sections {
      found.require(
        UInt64(section.virtualAddress) + UInt64(section.virtualSize) <= UInt64(headers.sizeOfImage),
        "a section lies beyond SizeOfImage")
      found.require(
        section.sizeOfRawData == 0
          || UInt64(section.pointerToRawData) + UInt64(section.sizeOfRawData) <= UInt64(file.count),
        "a section's data lie beyond the end of the file")
    }
    return found
  }
}
