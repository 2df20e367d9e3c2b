// SPDX-License-Identifier: Apache-2.0 OR GPL-2.0-only
import Bytes
import Foundation
import Testing
import X509

@testable import Authenticode

/// Keys made for this run, and other people's signing tools.
enum Signing {
  static func exists(_ program: String) -> Bool {
    (ProcessInfo.processInfo.environment["PATH"] ?? "").split(separator: ":").contains {
      FileManager.default.isExecutableFile(atPath: "\($0)/\(program)")
    }
  }

  /// What the tests need and this machine lacks; nil: nothing.
  static let obstacle: Comment? = {
    let missing = ["openssl", "sbsign", "sbverify", "osslsigncode", "pesign"].filter { !exists($0) }
    return missing.isEmpty
      ? nil : "there is no \(missing.joined(separator: ", ")): scripts/install-needed installs them"
  }()

  struct Key {
    let key: String
    let certificate: String
    var arguments: [String] { ["--sign-key", key, "--sign-cert", certificate] }
    var parsed: Certificate {
      get throws { try Certificate(pemEncoded: String(contentsOfFile: certificate, encoding: .utf8)) }
    }
  }

  /// The run's folder: it goes with the system's temporary files.
  private static let folder: URL = {
    let url = FileManager.default.temporaryDirectory.appendingPathComponent("virgil-keys-\(UUID().uuidString)")
    try? FileManager.default.createDirectory(at: url, withIntermediateDirectories: true)
    atexit { try? FileManager.default.removeItem(at: Signing.folder) }
    return url
  }()

  static let own = key("own", ["rsa:2048"])
  static let stranger = key("stranger", ["rsa:2048"])
  static let curve = key("curve", ["ec", "-pkeyopt", "ec_paramgen_curve:prime256v1"])

  private static func key(_ name: String, _ kind: [String]) -> Key {
    let key = folder.appendingPathComponent("\(name).key").path
    let certificate = folder.appendingPathComponent("\(name).pem").path
    let request = ["req", "-x509", "-newkey"] + kind + ["-nodes", "-days", "30", "-subj", "/CN=\(name)"]
    let made = try? run("openssl", request + ["-keyout", key, "-out", certificate])
    precondition(made?.status == 0, "openssl makes no key: \(made?.text ?? "")")
    return Key(key: key, certificate: certificate)
  }

  /// Runs a program; what it said, on both of its outputs.
  @discardableResult
  static func run(_ program: String, _ arguments: [String]) throws -> (status: Int32, text: String) {
    let process = Process()
    process.executableURL = URL(fileURLWithPath: "/usr/bin/env")
    process.arguments = [program] + arguments
    let pipe = Pipe()
    process.standardOutput = pipe
    process.standardError = pipe
    process.standardInput = FileHandle.nullDevice
    try process.run()
    let text = String(decoding: try pipe.fileHandleForReading.readToEnd() ?? Data(), as: UTF8.self)
    process.waitUntilExit()
    return (process.terminationStatus, text)
  }

  /// A copy of a file, signed by sbsign.
  static func sbsign(_ input: URL, by key: Key = own) throws -> URL {
    let output = input.deletingLastPathComponent().appendingPathComponent("\(UUID().uuidString).efi")
    let done = try run("sbsign", ["--key", key.key, "--cert", key.certificate, "--output", output.path, input.path])
    try #require(done.status == 0, "sbsign: \(done.text)")
    return output
  }

  static func inFolder(_ body: (URL) throws -> Void) throws {
    let folder = FileManager.default.temporaryDirectory.appendingPathComponent("virgil-\(UUID().uuidString)")
    try FileManager.default.createDirectory(at: folder, withIntermediateDirectories: true)
    defer { try? FileManager.default.removeItem(at: folder) }
    try body(folder)
  }

  static func hash(_ bytes: [UInt8], _ algorithm: DigestAlgorithm = .sha256) -> String? {
    bytes.withUnsafeBytes { bytes in
      (try? ImageDigest(ByteView(bytes))).map { SignatureSummary.hexadecimal($0.hash(algorithm)) }
    }
  }

  static func signatures(_ bytes: [UInt8]) throws -> [SignatureSummary] {
    try bytes.withUnsafeBytes { bytes in
      let view = ByteView(bytes)
      return ImageSignature.all(of: try ImageDigest(view), in: view).signatures.map(SignatureSummary.init)
    }
  }
}

extension URL {
  func bytes() throws -> [UInt8] { [UInt8](try Data(contentsOf: self)) }
}
