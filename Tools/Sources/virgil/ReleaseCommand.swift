// SPDX-License-Identifier: Apache-2.0 OR GPL-2.0-only
import ArgumentParser
import ArchiveWriter
import Foundation
import Release

/// `virgil release`: tarballs, sums, signature, bills of materials, provenance; and whether a release is what it says.
struct ReleaseCommand: ParsableCommand {
  static let configuration = CommandConfiguration(
    commandName: "release",
    abstract: "Make a release of a checkout and what was built in it, or verify one.",
    discussion: """
      A release is a folder: tarballs of the source, the emulators, the kernel bundles, the programs, headers and \
      documentation, each as .tar.xz and .tar.zst; SPDX and CycloneDX bills of materials; in-toto provenance; \
      manifest.json; SHA256SUMS and its signature. The same source and artefacts give the same bytes.

      --verify checks sums, manifest and every tarball's contents, and the signature if --key is given. Then it builds \
      the release's source tarball again (with --source, that checkout at the release's commit) by make release, and \
      compares byte for byte: minutes of work, and it runs what is in that source.

      The version is in the file VERSION, the date is HEAD's unless SOURCE_DATE_EPOCH says otherwise. The key is for \
      openssl: a PEM file, or a URI such as pkcs11:... that its configuration knows. With openssl alone the signature \
      is checked by: openssl pkeyutl -verify -rawin -pubin -inkey KEY.pub -in SHA256SUMS -sigfile SHA256SUMS.sig

      EXAMPLES
        make release
        virgil release --sign-key release.pem --output virgil-release
        virgil release --dry-run
        virgil release --dist --output .
        virgil release --verify virgil-release --key release.pub
        virgil release --verify virgil-0.6.0-emulators.tar.xz --no-rebuild

      EXIT STATUS
        0    it was written; the release is what it says
        1    source or artefacts are not right; the release is not what it says, or a rebuild differs
        64   the command line is wrong
        74   a file could not be read or written, or a program is missing
      """)

  @Option(
    help: ArgumentHelp("The checkout, or an unpacked source tarball. (default: this folder)", valueName: "folder"))
  var source: String?

  @Option(help: ArgumentHelp("What was built. (default: artefacts/ of the source)", valueName: "folder"))
  var artefacts: String?

  @Option(
    name: [.short, .long],
    help: ArgumentHelp("The folder that is made. (default: release/ in the artefacts)", valueName: "folder"))
  var output: String?

  @Option(help: ArgumentHelp("Sign SHA256SUMS with it.", valueName: "pem|uri"))
  var signKey: String?

  @Option(help: ArgumentHelp("Take in what make install has put there.", valueName: "folder"))
  var installTree: String?

  @Option(help: ArgumentHelp("Where the source is kept. (default: what CI says)", valueName: "uri"))
  var sourceURI: String?

  @Flag(help: "Take a source that is not as committed; names then have +dirty in them.")
  var allowDirty = false

  @Flag(help: "Replace a release that is there.")
  var force = false

  @Flag(help: "Write the source tarball alone.")
  var dist = false

  @Flag(help: "Print what would be written.")
  var dryRun = false

  @Option(help: ArgumentHelp("Verify a release, or one file of it.", valueName: "tarball|folder"))
  var verify: String?

  @Option(help: ArgumentHelp("With --verify: the public key or certificate.", valueName: "pem"))
  var key: String?

  @Flag(help: "With --verify: do not build it again.")
  var noRebuild = false

  @Flag(help: "Print JSON. Its fields keep their names and meaning.")
  var json = false

  func validate() throws {
    if verify != nil {
      let others =
        [output, signKey, artefacts, installTree, sourceURI].contains { $0 != nil } || allowDirty || force || dist
        || dryRun
      guard !others else {
        throw ValidationError(
          "--verify writes nothing: of the others only --key, --no-rebuild, --source and --json go with it.")
      }
      guard source == nil || !noRebuild else { throw ValidationError("--source is what --no-rebuild does not build.") }
    } else {
      guard key == nil && !noRebuild else { throw ValidationError("--key and --no-rebuild go with --verify.") }
      guard !dist || (signKey == nil && installTree == nil && !dryRun) else {
        throw ValidationError(
          "--dist writes the source tarball alone: --sign-key, --install-tree and --dry-run do not go with it.")
      }
    }
  }

  func run() throws {
    var isGood = true
    try CommandFailure.reporting(about: verify ?? source ?? ".") {
      if let verify {
        isGood = try ReleaseVerification(path: verify, key: key, source: source, rebuild: !noRebuild, json: json).run()
      } else if dist {
        try writeSource()
      } else {
        try write()
      }
    }
    if !isGood { throw ExitCode(CommandFailure.refused) }
  }

  private func tree() throws -> SourceTree {
    let tree = try SourceTree(source ?? ".", date: SourceDate.fromEnvironment())
    guard tree.isDirty else { return tree }
    let some = tree.changes.prefix(5).joined(separator: ", ") + (tree.changes.count > 5 ? ", …" : "")
    guard allowDirty else {
      throw Problem(
        path: source ?? ".",
        reason: "is not as committed (\(some)): commit or remove that, or give --allow-dirty to have it marked")
    }
    complain("note: the source is not as committed (\(some)): names have +dirty in them")
    return tree
  }

  private func writeSource() throws {
    let tree = try tree()
    let folder = output ?? artefacts ?? tree.root + "/artefacts"
    let paths = try Distribution.write(tree, to: folder, progress: progress())
    if json { print(String(decoding: try ReleaseJSON.bytes(["files": paths]), as: UTF8.self), terminator: "") }
    complain("\(paths.joined(separator: ", ")): the source of \(tree.fullVersion)")
  }

  private func write() throws {
    let tree = try tree()
    let built = artefacts ?? tree.root + "/artefacts"
    let release = try Release(
      tree, .init(artefacts: built, installTree: installTree, sourceURI: sourceURI, key: signKey))
    let path = output ?? built + "/release"
    if dryRun {
      print(
        json
          ? String(decoding: try ReleaseJSON.bytes(release.plan), as: UTF8.self) : ReleaseText.plan(release.plan, path),
        terminator: json ? "" : "\n")
      return
    }
    let manifest = try release.write(to: path, replacing: force, progress: progress())
    if json { print(String(decoding: try ReleaseJSON.bytes(manifest), as: UTF8.self), terminator: "") }
    complain("\(path): virgil \(manifest.version), \(manifest.tarballs.count) tarballs, each as xz and zstd")
    if signKey == nil { complain("note: it is not signed: no --sign-key was given") }
  }

  /// What tells how far packing has come.
  private func progress() -> (String, Int, Int) -> Void {
    var current: Progress?
    return { work, done, total in
      if current?.work != work { current = Progress(work, total: total) }
      current?.report(done)
    }
  }
}
