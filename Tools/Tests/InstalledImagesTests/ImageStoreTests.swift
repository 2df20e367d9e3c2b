// SPDX-License-Identifier: Apache-2.0 OR GPL-2.0-only
import Foundation
import InstalledImages
import Testing

@Suite("The images of installed kernels")
struct ImageStoreTests {
  private func withFolder(_ files: [String], _ body: (String) throws -> Void) throws {
    let folder = FileManager.default.temporaryDirectory.appendingPathComponent("virgil-\(UUID().uuidString)").path
    try FileManager.default.createDirectory(atPath: folder, withIntermediateDirectories: false)
    defer { try? FileManager.default.removeItem(atPath: folder) }
    for file in files { try Data().write(to: URL(fileURLWithPath: "\(folder)/\(file)")) }
    try body(folder)
  }

  @Test func newestFirstAndNothingHalfWritten() throws {
    try withFolder(["6.12.9.efi", "6.12.10.efi", ".6.13.efi.123.tmp", ".7.efi", "notes"]) { folder in
      let store = try ImageStore(folder: folder)
      #expect(store.images.map(\.version.description) == ["6.12.10", "6.12.9"])
      #expect(try store.choose(nil) == "\(folder)/6.12.10.efi")
    }
  }

  @Test func aNameIsAVersionOrAFile() throws {
    try withFolder(["6.12.9.efi", "6.12.10.efi"]) { folder in
      let store = try ImageStore(folder: folder)
      #expect(try store.choose("6.12.9") == "\(folder)/6.12.9.efi")
      // Whoever opens it says what is wrong with it.
      #expect(try store.choose("./other.efi") == "./other.efi")
      #expect(throws: ImageStore.Failure.self) { try store.choose("6.12.8") }
    }
  }

  @Test func anEmptyFolderSaysWhatToDo() throws {
    let store = try ImageStore(folder: "/nonexistent/virgil")
    #expect(store.images.isEmpty)
    let error = #expect(throws: ImageStore.Failure.self) { try store.choose(nil) }
    #expect(error?.description.contains("kernel-hook all") == true)
  }
}

@Suite("The settings")
struct SettingsTests {
  @Test func keysBelongToSections() throws {
    let text = "# all\n[Hook]\nStrict = yes\n\n[Load]\n; none\nImage=\n Method=classic \n"
    let settings = try Settings(text: text, path: "virgil.conf")
    #expect(settings.value("Strict", in: "Hook") == "yes")
    #expect(settings.value("Strict", in: "Load") == nil)
    #expect(settings.value("Image", in: "Load") == nil)
    #expect(settings.value("Method", in: "Load") == "classic")
  }

  @Test(arguments: ["[Load]\nImage", "Image=1", "[Load\nImage=1"])
  func wrongLinesAreNamed(_ text: String) {
    let error = #expect(throws: Settings.Failure.self) { try Settings(text: text, path: "virgil.conf") }
    #expect(error?.description.hasPrefix("virgil.conf:") == true)
    #expect(error?.isIO == false)
  }
}

@Suite("The kexec command")
struct LoadCommandTests {
  @Test func anImageBringsItsOwnLine() {
    var command = LoadCommand(image: "/var/lib/virgil/6.12.efi")
    #expect(
      LoadCommand.line(command.arguments)
        == "kexec --kexec-syscall-auto --load /var/lib/virgil/6.12.efi '--command-line= '")
    command.line = .running
    command.method = .classic
    command.initrd = "it's"
    #expect(
      LoadCommand.line(command.arguments)
        == #"kexec --kexec-syscall --load /var/lib/virgil/6.12.efi --reuse-cmdline '--initrd=it'\''s'"#)
  }

  /// kexec adds elfcorehdr= to what it is given: a blank line would not be blank any more.
  @Test func aCrashKernelIsGivenItsLine() {
    var command = LoadCommand(image: "a.efi")
    command.isCrash = true
    command.line = .own("root=/dev/vda")
    #expect(command.arguments.last == "--command-line=root=/dev/vda nr_cpus=1 reset_devices")
    command.line = .own("")
    #expect(command.arguments.last == "--command-line=nr_cpus=1 reset_devices")
    command.line = .running
    #expect(command.arguments.suffix(2) == ["--reuse-cmdline", "--append=nr_cpus=1 reset_devices"])
    command.line = .given("single")
    #expect(command.arguments.last == "--command-line=single")
  }
}
