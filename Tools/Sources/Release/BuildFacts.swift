// SPDX-License-Identifier: Apache-2.0 OR GPL-2.0-only
import Foundation

/// What went into the build besides the source, and who built.
struct BuildFacts {
  let sourceURI: String?
  let toolchain: SwiftToolchain
  let pins: [PackagePin]
  let libraries: [LinkedLibrary]
  let builder: Builder

  init(_ tree: SourceTree, programs: [ProgramFacts], sourceURI: String?) throws(ReleaseError) {
    let environment = ProcessInfo.processInfo.environment
    builder = Builder(environment)
    self.sourceURI = sourceURI ?? builder.sourceURI
    toolchain = try SwiftToolchain.ofThisMachine()
    pins = try PackagePin.read(tree.root + "/Tools/Package.resolved")
    libraries = try LinkedLibrary.of(programs)
  }
}

/// Who builds: a CI system that says so in its environment, or somebody on a machine.
struct Builder: Equatable {
  static let local = "urn:virgil:builder:local"

  /// A URI.
  let identifier: String
  /// Of this one run, if there is one.
  let invocation: String?
  let sourceURI: String?

  init(_ environment: [String: String]) {
    func value(_ name: String) -> String? { environment[name].flatMap { $0.isEmpty ? nil : $0 } }
    if let server = value("GITHUB_SERVER_URL"), let repository = value("GITHUB_REPOSITORY"),
      value("GITHUB_ACTIONS") == "true"
    {
      sourceURI = "\(server)/\(repository)"
      identifier =
        value("VIRGIL_BUILDER_ID") ?? value("GITHUB_WORKFLOW_REF").map { "\(server)/\($0)" }
        ?? "\(server)/actions/runner"
      invocation = value("GITHUB_RUN_ID").map {
        "\(server)/\(repository)/actions/runs/\($0)" + (value("GITHUB_RUN_ATTEMPT").map { "/attempts/\($0)" } ?? "")
      }
    } else if value("GITLAB_CI") == "true", let project = value("CI_PROJECT_URL") {
      sourceURI = project
      identifier = value("VIRGIL_BUILDER_ID") ?? "\(project)/-/runners/\(value("CI_RUNNER_ID") ?? "unknown")"
      invocation = value("CI_JOB_URL")
    } else {
      sourceURI = nil
      identifier = value("VIRGIL_BUILDER_ID") ?? Self.local
      invocation = nil
    }
  }
}
