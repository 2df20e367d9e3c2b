// SPDX-License-Identifier: Apache-2.0 OR GPL-2.0-only
import PE

extension Image {
  /// What EDK2's loader wants of a file beyond what `PEHeaders` has checked (BasePeCoffLib, PeCoffLoaderGetPeHeader and
  /// PeCoffLoaderLoadImage; UEFI 2.10, 2.1.1).
  func firmware() -> Findings {
    var found = Findings()
    found.require(
      isARM64 || isX86, "firmware of this machine type is not known here (\(hex(headers.machine)))")
    found.require(
      (10...12).contains(headers.subsystem),
      "its subsystem is \(headers.subsystem); 10 to 12 are EFI applications and drivers")
    found.require(headers.addressOfEntryPoint != 0, "it has no entry point")
    found.require(
      headers.sizeOfHeaders < headers.sizeOfImage, "SizeOfHeaders is not smaller than SizeOfImage")
    let optionalSize = headers.sectionTableOffset - headers.peOffset - PEFields.File.size
    found.require(
      optionalSize == PEFields.Optional.fixedSize + 8 * headers.numberOfDataDirectories,
      "SizeOfOptionalHeader is \(optionalSize); for \(headers.numberOfDataDirectories) data directories firmware wants "
        + "\(PEFields.Optional.fixedSize + 8 * headers.numberOfDataDirectories)")
    let room = Int(headers.sizeOfImage) - headers.sectionTableOffset
    found.require(
      room / PEFields.Section.size > headers.numberOfSections, "SizeOfImage has no room for its section table")
    if headers.relocationsStripped {
      found.note("its relocations are stripped: firmware must have free memory at \(hex(headers.imageBase))")
    }
    noteProtection(&found)
    return found
  }

  private func noteProtection(_ found: inout Findings) {
    let isCompatible = headers.dllCharacteristics & DLLCharacteristics.nxCompatible != 0
    if !isCompatible {
      found.note("NX_COMPAT is not set: firmware that enforces memory protection refuses such images")
    }
    let both = SectionCharacteristics.write | SectionCharacteristics.execute
    let mixed = headers.sections.filter { $0.characteristics & both == both }
    if isCompatible, !mixed.isEmpty {
      found.note("NX_COMPAT is set, but \(mixed.count) sections are writable and executable")
    }
    if headers.sectionAlignment < 0x1000 {
      found.note("SectionAlignment is \(hex(headers.sectionAlignment)): firmware cannot protect its sections")
    }
    if headers.section(named: ".sbat") == nil {
      found.note("it has no .sbat: shim starts it for another boot loader only")
    }
  }

  /// What firmware decides with Secure Boot (EDK2, DxeImageVerificationLib): one signature that holds and is trusted is
  /// enough, one that is revoked too many. Nobody looks at a clock.
  func secureBoot(_ trust: Trust) -> Findings {
    var found = Findings()
    guard digest != nil, let sha256 else {
      found.refuse(digestProblem ?? "")
      return found
    }
    if trust.revokedImages.contains(sha256) { found.refuse("dbx revokes this very image") }
    if signatures.isEmpty && tableProblem == nil {
      found.require(trust.images.contains(sha256), "it is not signed, and no hash in db allows it")
      return found
    }
    if let tableProblem { found.refuse(tableProblem) }
    var objections: [String] = []
    for signature in signatures {
      if let revoked = trust.revoked(in: signature) {
        found.refuse("dbx revokes \(revoked.subject), by whom signature \(signature.index + 1) is")
      }
      let objection = signature.fault ?? trust.objection(to: signature, needsCA: true)
      if let objection { objections.append("signature \(signature.index + 1): \(objection)") }
    }
    if objections.count == signatures.count && !trust.images.contains(sha256) {
      for objection in objections { found.refuse(objection) }
    } else {
      for objection in objections { found.note("firmware passes over \(objection)") }
    }
    noteSigners(&found, trust)
    return found
  }

  func noteSigners(_ found: inout Findings, _ trust: Trust) {
    if !trust.isKnown, signatures.contains(where: \.holds) {
      found.note("whether a machine trusts the signer is not checked: give --cert or --db")
    }
  }
}
