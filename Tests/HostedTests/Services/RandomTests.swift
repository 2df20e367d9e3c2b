// SPDX-License-Identifier: Apache-2.0 OR GPL-2.0-only
import Testing

/// SHA-256 and Hash_DRBG against other implementations (FIPS 180-4's examples; a Python one).
struct RandomTests {
  private func digest(_ bytes: [UInt8]) -> String {
    var hash = SHA256()
    for byte in bytes { hash.update(byte) }
    let digest = hash.finish()
    return text((0..<32).map { digest[$0] })
  }
  private func text(_ bytes: [UInt8]) -> String {
    bytes.map { ($0 < 16 ? "0" : "") + String($0, radix: 16) }.joined()
  }

  @Test func digestsAreThoseOfTheStandard() {
    #expect(digest([]) == "e3b0c44298fc1c149afbf4c8996fb92427ae41e4649b934ca495991b7852b855")
    #expect(digest(Array("abc".utf8)) == "ba7816bf8f01cfea414140de5dae2223b00361a396177a9cb410ff61f20015ad")
    let long = "abcdbcdecdefdefgefghfghighijhijkijkljklmklmnlmnomnopnopq"
    #expect(digest(Array(long.utf8)) == "248d6a61d20638b8e5c026930c3e6039a33ce45964ff2167f6ecedd419db06c1")
    let million = [UInt8](repeating: UInt8(ascii: "a"), count: 1_000_000)
    #expect(digest(million) == "cdc76e5c9914fb9281a1c7e284d73e67f1809a48a497200e046d39ccc7112cd0")
  }

  @Test func theGeneratorGivesWhatTheStandardSays() {
    var generator = (0..<32).map { UInt8($0) }.withUnsafeBytes { HashDRBG(entropy: $0, nonce: 0x1122_3344_5566_7788) }
    func generate(_ count: Int) -> String {
      var bytes = [UInt8](repeating: 0, count: count)
      bytes.withUnsafeMutableBytes { generator.generate($0) }
      return text(bytes)
    }
    #expect(generate(10) == "6c65f769fa02b95e7d5f")
    #expect(
      generate(80) == "577e621ac6f34d3f12148dd6c8e7fd35eb5b742e3d347dcd8172754f05f573606f432133e1f7eed29d27f1703f1ff705"
        + "f8d0a231c238595fcdb162142b4faf06808825abe46e9ae531a5b480a35830e0")
    for _ in 0..<499 { _ = generate(33) }
    #expect(generate(33) == "97748a8781182774c566117db156f8f390a0e8c7bd85810c9864cdfab293ec2d17")
  }
}

extension FirmwareTests {
  /// What a seed of the first kernel's is good for.
  @Suite struct Seeds {
    @Test func aSeedMakesAGeneratorAndATable() throws {
      let machine = try HostMachine()
      try GuardedFile([UInt8](repeating: 9, count: 32)).withView { try machine.firmware.publishRandomness(seed: $0) }
      let table = try #require(machine.firmware.systemTable.table(.linuxRandomSeedTable))
      let seed = ByteView(UnsafeRawPointer(bitPattern: table)!, count: 36)
      #expect(seed.littleEndian(0, as: UInt32.self) == 32)
      #expect(seed.suffix(from: 4)!.buffer.contains { $0 != seed.byte(4) })
      let pointer = Out<UInt64>(0)
      #expect(efi(machine.boot.LocateProtocol, GUID.rng.buffer, nil, pointer) == .success)
      let rng = UnsafeMutablePointer<EFI_RNG_PROTOCOL>(bitPattern: UInt(pointer.value))!
      let list = Buffer(count: 16)
      #expect(efi(rng.pointee.GetInfo, rng, Out<UInt64>(16), list) == .success)
      #expect(list.content == GUID.rngAlgorithmHash256.buffer.content)
      let (first, second) = (Buffer(count: 40), Buffer(count: 40))
      #expect(efi(rng.pointee.GetRNG, rng, nil, 40, first) == .success)
      #expect(efi(rng.pointee.GetRNG, rng, list, 40, second) == .success && first.content != second.content)
      #expect(efi(rng.pointee.GetRNG, rng, GUID.rngAlgorithmRaw.buffer, 40, second) == .unsupported)
      // Linux's stub frees the table once it has replaced it.
      #expect(efi(machine.boot.FreePool, table) == .success)
    }
  }
}
