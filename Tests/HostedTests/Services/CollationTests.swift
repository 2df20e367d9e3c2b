// SPDX-License-Identifier: Apache-2.0 OR GPL-2.0-only
import Testing

extension FirmwareTests {
  /// EFI_UNICODE_COLLATION2_PROTOCOL (13.11).
  @Suite struct Collation {
    let machine: HostMachine
    let slots: UnsafeMutablePointer<efi_slot?>
    init() throws {
      machine = try HostMachine()
      let out = Out<UnsafeMutableRawPointer?>(nil)
      let guid = GUID(0xa4c7_51fc, 0x23ae, 0x4c3e, 0x92e9_4964_cf63_f349)
      #expect(efi(machine.boot.LocateProtocol, guid.buffer, nil, out) == .success)
      slots = try #require(out.value).assumingMemoryBound(to: efi_slot?.self)
    }

    private func call(_ index: Int, _ arguments: (any Word)?...) -> UInt64 { efiCall(slots[index], [nil] + arguments) }

    @Test func stringsAreComparedWithoutCase() {
      func compare(_ a: String, _ b: String) -> Int64 { Int64(bitPattern: call(0, ucs2(a), ucs2(b))) }
      #expect(compare("abc", "ABC") == 0 && compare("äÖ", "Äö") == 0 && compare("", "") == 0)
      #expect(compare("abc", "abd") < 0 && compare("abd", "ABC") > 0 && compare("ab", "abc") < 0)
      #expect(compare("[", "{") != 0 && compare("×", "÷") != 0)
    }

    @Test func patternsMatch() {
      func match(_ text: String, _ pattern: String) -> Bool { call(1, ucs2(text), ucs2(pattern)) & 0xff == 1 }
      #expect(match("startup.nsh", "*.NSH") && match("a", "*") && match("", "*") && match("", ""))
      #expect(match("abc", "a?c") && !match("ac", "a?c") && !match("abcd", "a?c") && match("aXbXc", "*x*c"))
      #expect(match("b1", "[a-c][0-9]") && !match("d1", "[a-c][0-9]") && match("-", "[-x]") && match("X", "[-x]"))
      #expect(!match("a", "[a") && !match("a", "[]") && !match("a", "") && !match("", "?") && !match("[", "["))
      // As many `*` as an exponential matcher would choke on.
      #expect(!match(String(repeating: "a", count: 2000), String(repeating: "a*", count: 200) + "b"))
    }

    @Test func caseIsChangedInPlace() {
      let text = ucs2("aZ1äÿ÷")
      _ = call(3, text)
      #expect(text.content == ucs2("AZ1Äÿ÷").content)
      _ = call(2, text)
      #expect(text.content == ucs2("az1äÿ÷").content)
    }

    @Test func namesBecomeFATNames() {
      let fat = Buffer(count: 8)
      #expect(
        call(5, ucs2("a b.c€"), 8, fat) & 0xff == 1 && Array(fat.content[..<5]) == [0x41, 0x42, 0x43, 0x5f, 0xa5])
      #expect(call(5, ucs2("abcdefghij"), 8, fat) & 0xff == 0 && fat.content == Array("ABCDEFGH".utf8))
      let text = Buffer(count: 20)
      _ = call(4, 8, fat, text)
      #expect(Array(text.content[..<18]) == ucs2("ABCDEFGH").content && text.content[18] == 0xa5)
      _ = call(4, 4, Buffer([0x61, 0, 0x62, 0x63]), text)
      #expect(Array(text.content[..<4]) == ucs2("a").content)
    }

    @Test func theLanguageIsEnglish() {
      let languages = UnsafeRawPointer(slots + 6).load(as: UnsafePointer<CChar>.self)
      #expect(String(cString: languages) == "en")
    }
  }
}
