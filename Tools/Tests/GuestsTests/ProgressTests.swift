// SPDX-License-Identifier: Apache-2.0 OR GPL-2.0-only
import Testing

@testable import Guests

@Suite struct ProgressTests {
  static func progress(_ lines: String...) -> GuestProgress {
    var progress = GuestProgress()
    for line in lines { progress.take(line) }
    return progress
  }

  @Test func marksAreReadWithWhateverTheirValueHolds() {
    let progress = Self.progress(
      "VIRGIL-FIRST begin 6.12", "VIRGIL-FIRST load", "VIRGIL-FIRST execute", "VIRGIL-MARK release=6.12",
      "VIRGIL-MARK cmdline=a=b  VIRGIL-MARK c", "VIRGIL-MARK end")
    #expect(progress.phase == .end)
    #expect(progress.trouble == nil)
    #expect(progress.marks.map(\.key) == ["release", "cmdline"])
    #expect(progress.marks.map(\.value) == ["6.12", "a=b  VIRGIL-MARK c"])
    #expect(progress.first.map(\.key) == ["begin", "load", "execute"])
  }

  @Test func eachPhaseIsToldOnce() {
    var progress = GuestProgress()
    let told = ["VIRGIL-MARK a=1", "VIRGIL-MARK b=1", "noise", "VIRGIL-MARK end"].map { progress.take($0) }
    #expect(told == [true, false, false, true])
  }

  @Test(arguments: [
    ("[ 1.0] Kernel panic - not syncing: VFS", "panicked"), ("virgil: fault: data abort", "fault"),
    ("!!!! X64 Exception Type - 0E", "fault"), ("VIRGIL-FIRST failed load status 255", "kexec failed"),
    ("BdsDxe: No bootable option or device was found.", "firmware did not boot"),
  ])
  func troubleIsNamed(line: String, word: String) {
    #expect(Self.progress(line, "more").trouble?.description.contains(word) == true)
  }

  @Test func aCrashThatWasAskedForIsNoTrouble() {
    #expect(Self.progress("[ 2.0] Kernel panic - not syncing: sysrq triggered crash", "more").trouble == nil)
  }

  @Test func whatFirmwareSaysIsNoTroubleLater() {
    #expect(Self.progress("VIRGIL-FIRST begin 1", "UEFI Interactive Shell").trouble == nil)
  }

  @Test func aFirstTroubleIsTheOneThatCounts() {
    let trouble = Self.progress("virgil: fault: one", "Kernel panic - not syncing: two").trouble
    #expect(trouble == .fault("virgil: fault: one"))
  }
}

@Suite struct SerialLinesTests {
  @Test func linesAreCutWhereverTheBytesAre() {
    let text = Array("one\r\ntwo\nthr".utf8)
    for cut in 0...text.count {
      var lines = SerialLines()
      let found = lines.take(text[..<cut]) + lines.take(text[cut...])
      #expect(found == ["one", "two"])
      #expect(lines.hasRest)
      let rest = lines.end()
      #expect(rest == "thr")
    }
  }

  @Test func nothingReachesTheTerminalThatSteersIt() {
    var lines = SerialLines()
    let found = lines.take(Array("\u{1b}[2J\u{1b}[01;01Hboot\u{7}\u{1b}c \u{7f}x\t.\n".utf8))
    #expect(found == ["boot x\t."])
  }

  @Test func aLineWithoutEndIsCut() {
    var lines = SerialLines()
    let found = lines.take(Array(repeating: UInt8(ascii: "x"), count: 3 * SerialLines.limit + 1))
    #expect(found.count == 3)
    #expect(found.allSatisfy { $0.utf8.count == SerialLines.limit })
  }

  @Test func wrongUTF8IsReplaced() {
    var lines = SerialLines()
    let found = lines.take([0xff, 0x41, 0x0a])
    #expect(found == ["\u{fffd}A"])
  }
}
