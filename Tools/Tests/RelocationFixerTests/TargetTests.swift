// SPDX-License-Identifier: Apache-2.0 OR GPL-2.0-only
import ELF
import Foundation
import Targets
import Testing

/// targets/ is the one place for what differs between targets: whatever else names a machine agrees with it.
@Suite struct TargetTests {
  @Test func everyMachineHasItsTarget() {
    for target in Target.all {
      let machine = Machine(rawValue: target.elfMachine)
      #expect(machine?.target.peMachine == target.peMachine)
      #expect(machine?.name == "\(target.name)")
      #expect(Target.peMachine(target.peMachine)?.elfMachine == target.elfMachine)
      #expect(Target.elfMachine(target.elfMachine)?.peMachine == target.peMachine)
      #expect("\(target.triple)" == "\(target.name)-none-elf")
    }
    #expect(Target.peMachine(0x14c) == nil)
    #expect(Target.elfMachine(3) == nil)
  }

  @Test func everyTargetHasAFolderAndEveryFolderATarget() throws {
    let root = URL(fileURLWithPath: #filePath).appending(path: "../../../../targets").standardized
    let folders = try FileManager.default.contentsOfDirectory(at: root, includingPropertiesForKeys: [.isDirectoryKey])
      .filter { try $0.resourceValues(forKeys: [.isDirectoryKey]).isDirectory == true }
      .map(\.lastPathComponent)
    #expect(Set(folders) == Set(Target.all.map { "\($0.name)" }))
  }
}
