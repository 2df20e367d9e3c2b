// SPDX-License-Identifier: Apache-2.0 OR GPL-2.0-only
import InstalledImages
import Testing

@Suite("Versions are in the order of UAPI.10")
struct VersionTests {
  /// The specification's examples, and kernels of distributions.
  @Test(arguments: [
    ("11", "11"), ("systemd-123", "systemd-123"), ("123_aa2-67.89", "123aa+2-67.89"), ("001", "1"), ("", ""),
  ])
  func equal(_ one: String, _ other: String) {
    #expect(Version(one) == Version(other))
    #expect(!(Version(one) < Version(other)) && !(Version(other) < Version(one)))
  }

  @Test(arguments: [
    ("bar-123", "foo-123"), ("123", "123a"), ("123.a", "123.b"), ("123a", "123b"), ("12", "123"), ("123~rc1", "123"),
    ("123-a", "123-a.1"), ("123.45-67.88", "123.45-67.89"), ("1.8", "1.9"), ("1.9", "1.10"), ("12_~", "12_"),
    ("1-2", "1^2"), ("1^2", "1.2"), ("A", "a"), ("a", "ab"), ("", "0"), ("~", ""),
    ("6.12.9-amd64", "6.12.74+deb13+1-amd64"), ("6.12.74+deb13+1-amd64", "6.12.117+deb13-amd64"),
    ("6.13-rc1", "6.13.1"), ("6.12.117+deb13-amd64", "7.2~rc1-amd64"), ("6.12.117+deb13-amd64", "6.12.117+deb14-amd64"),
    ("99999999999999999999", "100000000000000000000"),
  ])
  func ordered(_ older: String, _ newer: String) {
    #expect(Version(older) < Version(newer))
    #expect(!(Version(newer) < Version(older)))
    #expect(Version(older) != Version(newer))
  }
}
