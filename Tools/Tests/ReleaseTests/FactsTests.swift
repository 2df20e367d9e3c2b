// SPDX-License-Identifier: Apache-2.0 OR GPL-2.0-only
import Foundation
import Testing

@testable import Release

@Suite("Release: what went into a build") struct FactsTests {
  @Test func `Swift's version is read, whatever stands before it`() {
    let text = "Apple Swift version 6.3.1 (swift-6.3.1-RELEASE)\nTarget: x86_64-unknown-linux-gnu\n"
    #expect(SwiftToolchain(text)?.version == "6.3.1")
    #expect(SwiftToolchain(text)?.tag == "swift-6.3.1-RELEASE")
    #expect(SwiftToolchain("Swift version 6.4-dev")?.tag == nil)
    for text in ["", "Swift version ", "Swift version x", "6.3.1"] { #expect(SwiftToolchain(text) == nil, "\(text)") }
  }

  @Test func `Every dependency of this checkout has its revision and its licence`() throws {
    let pins = try PackagePin.read(ReleaseFixture.checkout + "/Tools/Package.resolved")
    #expect(pins.map(\.identity).contains("swift-argument-parser"))
    for pin in pins {
      #expect(pin.component.licence != nil, "\(pin.identity): say its licence in PackagePin")
      #expect(pin.component.purl?.hasPrefix("pkg:swift/github.com/") == true)
      #expect(pin.component.origin?.hasSuffix("@\(pin.revision)") == true)
    }
  }

  @Test func `An address is the same with and without its ending`() throws {
    try ReleaseFixture.with { fixture in
      func pins(_ location: String) throws -> [PackagePin] {
        try fixture.write(
          "Package.resolved",
          #"{"version": 3, "pins": [{"identity": "a", "location": "\#(location)", "state": {"revision": ""#
            + String(repeating: "0", count: 40) + #"", "version": "1.0.0"}}]}"#)
        return try PackagePin.read(fixture.path("Package.resolved"))
      }
      let long = try pins("https://h/o/a.git")
      let short = try pins("https://h/o/a")
      #expect(long.map(\.component.origin) == short.map(\.component.origin))
    }
  }

  @Test(arguments: [
    "", "{}", "[]", #"{"version": 1, "pins": []}"#,
    #"{"version": 3, "pins": [{"identity": "a", "location": "b", "state": {"revision": "HEAD"}}]}"#,
    #"{"version": 3, "pins": [{"identity": "../a", "location": "b", "state": {"revision": "0000000000000000000000000000000000000000"}}]}"#,
  ]) func `A list of dependencies that is none is refused`(text: String) throws {
    try ReleaseFixture.with { fixture in
      try fixture.write("Package.resolved", text)
      #expect(throws: ReleaseError.self) { try PackagePin.read(fixture.path("Package.resolved")) }
    }
  }

  @Test func `CI says who builds, and without it nobody is named`() {
    let github = Builder([
      "GITHUB_ACTIONS": "true", "GITHUB_SERVER_URL": "https://g", "GITHUB_REPOSITORY": "o/r", "GITHUB_RUN_ID": "7",
      "GITHUB_RUN_ATTEMPT": "2", "GITHUB_WORKFLOW_REF": "o/r/.github/workflows/release.yml@refs/tags/v1",
    ])
    #expect(github.identifier == "https://g/o/r/.github/workflows/release.yml@refs/tags/v1")
    #expect(github.invocation == "https://g/o/r/actions/runs/7/attempts/2" && github.sourceURI == "https://g/o/r")
    let gitlab = Builder([
      "GITLAB_CI": "true", "CI_PROJECT_URL": "https://l/o/r", "CI_RUNNER_ID": "3",
      "CI_JOB_URL": "https://l/o/r/-/jobs/1",
    ])
    #expect(gitlab.identifier == "https://l/o/r/-/runners/3" && gitlab.invocation == "https://l/o/r/-/jobs/1")
    #expect(Builder([:]).identifier == Builder.local && Builder([:]).sourceURI == nil)
    #expect(Builder(["VIRGIL_BUILDER_ID": "urn:x"]).identifier == "urn:x")
  }

  @Test func `A program says what it needs, and other files are no programs`() throws {
    let facts = try ProgramFacts(WholeFile.bytes("/proc/self/exe"), path: "x")
    #expect(facts.needed.contains { $0.hasPrefix("libc.so") })
    #expect(throws: ReleaseError("x", "not an ELF file: it does not start with 7f 45 4c 46")) {
      try ProgramFacts(Array("#!/bin/sh\n".utf8), path: "x")
    }
    // Cut anywhere it is refused or read, and never read beyond its end.
    let bytes = Array(try WholeFile.bytes("/bin/true").prefix(8192))
    for count in stride(from: 0, to: bytes.count, by: 97) {
      _ = try? ProgramFacts(Array(bytes.prefix(count)), path: "x")
    }
  }
}
