// SPDX-License-Identifier: Apache-2.0 OR GPL-2.0-only
import Bytes
import LinuxBoot
import Testing

@Suite struct CommandLineTests {
  /// `name` or `name|value` in brackets, one after the other.
  private func parse(_ text: String) -> String {
    Array(text.utf8).withView { view in
      KernelCommandLine(view).map { parameter in
        "[\(parameter.name.text)\(parameter.value.map { "|\($0.text)" } ?? "")]"
      }.joined()
    }
  }

  @Test(arguments: [
    ("", ""),
    ("  \t\n ", ""),
    ("quiet", "[quiet]"),
    ("  quiet   root=/dev/vda ", "[quiet][root|/dev/vda]"),
    ("a=b=c", "[a|b=c]"),
    ("a=", "[a|]"),
    ("=a", "[=a]"),
    ("=a=b", "[=a|b]"),
    ("dyndbg=\"file a.c +p\" x", "[dyndbg|file a.c +p][x]"),
    ("\"dyndbg=file a.c +p\" x", "[dyndbg|file a.c +p][x]"),
    ("a=b\" \"c d", "[a|b\" \"c][d]"),
    ("a=\"open to the end", "[a|open to the end]"),
    ("a=\"", "[a|]"),
    ("a=\"\"", "[a|]"),
    ("\"", "[]"),
    ("\"\"", "[]"),
    ("\"a\"=b", "[a\"|b]"),
    ("quiet -- init=1", "[quiet]"),
    ("--x y", "[--x][y]"),
    ("--=1 y", "[--|1][y]"),
    ("a\u{0}b", "[a]"),
  ])
  func parametersAreTakenApartAsLinuxDoes(text: String, expected: String) {
    #expect(parse(text) == expected)
  }

  @Test func dashesAndUnderscoresAreTheSame() {
    Array("a-b_c".utf8).withView { view in
      for parameter in KernelCommandLine(view) {
        #expect(parameter.isNamed("a_b-c"))
        #expect(!parameter.isNamed("a-b-cc"))
        #expect(!parameter.isNamed("a-b-d"))
      }
    }
  }

  @Test(.timeLimit(.minutes(1))) func mutationsNeverTrap() {
    let text = Array("console=ttyS0,115200 \"a b=c\" d=\"e f\" earlycon=pl011,mmio32,0x9000000 -- init".utf8)
    var parameters = 0
    forEachMutation(of: text, count: 30_000, seed: 4) { view in
      for parameter in KernelCommandLine(view) {
        parameters += 1 + parameter.name.count / 1000 + (parameter.value?.count ?? 0) / 1000
      }
    }
    #expect(parameters > 30_000)
  }
}
