// SPDX-License-Identifier: Apache-2.0 OR GPL-2.0-only
import Foundation
import KernelBundle

/// `virgil kernel-bundle --check`: whether a tree takes the patches, and what is in the way.
struct KernelTreeCheck {
  private struct Report: Encodable {
    let tree: String
    let release: String
    let line: String
    /// Whether the patches were made for this version.
    let lineMatches: Bool
    /// `applies`, `applied`, `partly applied` or `conflicts`.
    let state: String
    let patches: [TreeCheck.Result]
    let configuration: [String: String]?
  }

  private let report: Report
  private let fits: Bool

  /// - Parameters:
  ///   - path: of the tree
  ///   - name: of the line to try; nil: that of the tree's version, or the nearest
  init(_ series: Series, tree path: String, line name: String?, emulators: String?) throws {
    let tree = try KernelTree(path)
    guard let line = try name.map({ try series.line($0) }) ?? tree.nearest(of: series.lines) else {
      throw Problem(path: path, reason: "there is no series to try")
    }
    let patches = try series.render(line, blobs: KernelSeries.blobs(for: series, in: emulators))
    var next = ContinuousClock.now + .seconds(2)
    let check = try TreeCheck(tree, patches) { number in
      guard ContinuousClock.now >= next else { return }
      next = ContinuousClock.now + .seconds(2)
      complain("checking \(path): patch \(number) of \(patches.count)")
    }
    let states = Set(check.results.map(\.state))
    let state =
      states.contains(.conflicts)
      ? "conflicts" : check.appliesWhole ? "applies" : check.isApplied ? "applied" : "partly applied"
    fits = check.appliesWhole || check.isApplied
    report = Report(
      tree: tree.path, release: tree.release, line: line.name, lineMatches: line.name == tree.version.text,
      state: state, patches: check.results, configuration: check.configuration)
  }

  /// Prints it. Whether nothing is in the way.
  func report(json: Bool) throws -> Bool {
    print(json ? try KernelJSON.text(report) : text)
    return fits
  }

  private var text: String {
    var lines = ["\(report.tree): Linux \(report.release), patches for \(report.line)"]
    if !report.lineMatches {
      lines.append("note: no patches are kept for this version; those for \(report.line) were tried")
    }
    for (index, patch) in report.patches.enumerated() {
      let number = index < 9 ? " \(index + 1)" : "\(index + 1)"
      lines.append(
        "\(number)  \(patch.state.rawValue)  \(patch.subject)\(patch.needsGit ? "  (binary: needs git)" : "")")
      for obstacle in patch.obstacles {
        let place = obstacle.line.map { " near line \($0)" } ?? ""
        lines.append("      \(obstacle.file)\(place): \(obstacle.reason)")
      }
    }
    if let configuration = report.configuration {
      for option in configuration.keys.sorted() where configuration[option] != "y" {
        lines.append("note: .config has \(option)=\(configuration[option] ?? "n"); kexec of EFI images needs y")
      }
    } else {
      lines.append("note: the tree has no .config yet; it will need \(TreeCheck.options.joined(separator: ", "))")
    }
    lines.append(verdict)
    return lines.joined(separator: "\n")
  }

  private var verdict: String {
    switch report.state {
    case "applies": return "the patches apply"
    case "applied": return "the patches are applied already"
    case "conflicts":
      let count = report.patches.count { $0.state == .conflicts }
      return "\(count) of \(report.patches.count) patches do not apply"
    default:
      let missing = report.patches.filter { $0.state == .applies }.map(\.patch)
      return "some patches are applied already; missing: \(missing.joined(separator: ", "))"
    }
  }
}
