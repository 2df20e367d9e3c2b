// SPDX-License-Identifier: Apache-2.0 OR GPL-2.0-only
import ELF
import Foundation

/// The compiler and linker beside `swiftc` on the PATH, and a folder for what they make.
struct Toolchain: Sendable {
  struct Failure: Error, CustomStringConvertible {
    let description: String
  }

  struct Output {
    let status: Int32
    let standardOutput: String
    let standardError: String
  }

  /// Where `targets/` and `toolchains/` are.
  static let checkout = URL(fileURLWithPath: #filePath).resolvingSymlinksInPath()
    .deletingLastPathComponent().deletingLastPathComponent().deletingLastPathComponent().deletingLastPathComponent()

  static let bin: URL? = (ProcessInfo.processInfo.environment["PATH"] ?? "").split(separator: ":")
    .map { URL(fileURLWithPath: String($0)).appendingPathComponent("swiftc").resolvingSymlinksInPath() }
    .first { FileManager.default.isExecutableFile(atPath: $0.path) }?.deletingLastPathComponent()

  static func script(_ name: String) throws -> String {
    try String(contentsOf: checkout.appendingPathComponent("targets/\(name).ld"), encoding: .utf8)
  }

  /// A new folder, removed by `remove()`.
  let folder: URL

  init() throws {
    folder = FileManager.default.temporaryDirectory.appendingPathComponent("virgil-\(UUID().uuidString)")
    try FileManager.default.createDirectory(at: folder, withIntermediateDirectories: true)
  }

  func remove() { try? FileManager.default.removeItem(at: folder) }

  func path(_ name: String) -> String { folder.appendingPathComponent(name).path }

  @discardableResult
  func write(_ text: String, _ name: String) throws -> String {
    try text.write(to: folder.appendingPathComponent(name), atomically: false, encoding: .utf8)
    return name
  }

  func read(_ name: String) throws -> [UInt8] { [UInt8](try Data(contentsOf: folder.appendingPathComponent(name))) }

  /// Runs a program of the toolchain in the folder; a status other than 0 is an error.
  func run(_ tool: String, _ arguments: [String]) throws {
    guard let bin = Self.bin else { throw Failure(description: "no swiftc on the PATH") }
    let output = try run(bin.appendingPathComponent(tool), arguments)
    guard output.status == 0 else {
      throw Failure(description: "\(tool) \(arguments.joined(separator: " ")): \(output.standardError)")
    }
  }

  /// Runs a program in the folder. Its outputs go to files, so that it can never wait for a reader.
  func run(_ program: URL, _ arguments: [String]) throws -> Output {
    let name = UUID().uuidString
    let process = Process()
    process.executableURL = program
    process.arguments = arguments
    process.currentDirectoryURL = folder
    let files = try ["out", "err"].map { suffix in
      let url = folder.appendingPathComponent("\(name).\(suffix)")
      try Data().write(to: url)
      return (url, try FileHandle(forWritingTo: url))
    }
    process.standardOutput = files[0].1
    process.standardError = files[1].1
    try process.run()
    process.waitUntilExit()
    let texts = try files.map { url, handle in
      try handle.close()
      let text = try String(contentsOf: url, encoding: .utf8)
      try FileManager.default.removeItem(at: url)
      return text
    }
    return Output(status: process.terminationStatus, standardOutput: texts[0], standardError: texts[1])
  }

  /// Compiles a source by its suffix, with the flags of the emulator's C targets.
  @discardableResult
  func compile(_ source: String, _ machine: Machine, _ flags: [String] = []) throws -> String {
    let object = "\(source).\(machine.name).o"
    try run(
      "clang",
      Self.target(machine) + [
        "-ffreestanding", "-fpie", "-fvisibility=hidden", "-Os", "-ffunction-sections", "-fdata-sections",
      ] + flags + ["-c", source, "-o", object])
    return object
  }

  /// Links as the package does: by clang with the checkout's configuration.
  ///
  /// - Parameter image: the folder of `toolchains/` that holds it
  func link(_ objects: [String], _ machine: Machine, as image: String, to output: String) throws {
    try run("clang", Self.target(machine, image) + ["-fuse-ld=lld"] + objects + ["-o", output])
  }

  /// Links with flags of one's own beside those that make an image that can be relocated.
  func linkRaw(_ objects: [String], script: String, _ flags: [String], to output: String) throws {
    try write(script, "\(output).ld")
    let common = [
      "--no-dynamic-linker", "-z", "norelro", "-z", "max-page-size=4096", "--gc-sections", "-T", "\(output).ld",
    ]
    try run("ld.lld", common + flags + objects + ["-o", output])
  }

  private static func target(_ machine: Machine, _ image: String = "emulator") -> [String] {
    [
      "--target=\(machine.name)-none-elf", "--config-user-dir=\(checkout.path)/toolchains/\(image)",
      "-Wno-unused-command-line-argument",
    ]
  }
}
