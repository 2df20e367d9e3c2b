// SPDX-License-Identifier: Apache-2.0 OR GPL-2.0-only
import Testing

extension FirmwareTests {
  /// Simple Text Input Ex (12.2), and what a terminal's bytes become (Appendix B).
  @Suite struct KeyInputs {
    let machine: HostMachine
    let input: UnsafeMutablePointer<EFI_SIMPLE_TEXT_INPUT_EX_PROTOCOL>
    init() throws {
      machine = try HostMachine()
      let out = Out<UnsafeMutableRawPointer?>(nil)
      let handle = machine.table.pointee.ConsoleInHandle
      #expect(efi(machine.boot.HandleProtocol, handle, GUID.simpleTextInputEx.buffer, out) == .success)
      input = try #require(out.value).assumingMemoryBound(to: EFI_SIMPLE_TEXT_INPUT_EX_PROTOCOL.self)
    }

    /// The keys that bytes become, time passing behind them: scan code, character, shift state.
    private func keys(_ bytes: [UInt8]) -> [[UInt32]] {
      machine.platform.input = bytes
      var keys: [[UInt32]] = []
      let data = Out(EFI_KEY_DATA())
      for _ in 0..<2 {
        while efi(input.pointee.ReadKeyStrokeEx, input, data) == .success {
          keys.append([
            UInt32(data.value.Key.ScanCode), UInt32(data.value.Key.UnicodeChar), data.value.KeyShiftState,
          ])
        }
        machine.platform.ticks += KeyInput.escapePatience
      }
      return keys
    }

    private func scan(_ text: String) -> [UInt32] { keys(Array(text.utf8)).map { $0[1] == 0 ? $0[0] : 0xffff } }

    @Test func escapeSequencesAreScanCodes() {
      #expect(scan("\u{1b}[A\u{1b}[B\u{1b}[C\u{1b}[D\u{1b}[H\u{1b}[F") == [1, 2, 3, 4, 5, 6])
      #expect(scan("\u{1b}OA\u{1b}OB\u{1b}OC\u{1b}OD\u{1b}OH\u{1b}OF") == [1, 2, 3, 4, 5, 6])
      #expect(scan("\u{1b}[1~\u{1b}[2~\u{1b}[3~\u{1b}[4~\u{1b}[5~\u{1b}[6~") == [5, 7, 8, 6, 9, 10])
      #expect(scan("\u{1b}OP\u{1b}OQ\u{1b}OR\u{1b}OS\u{1b}[15~") == [11, 12, 13, 14, 15])
      #expect(scan("\u{1b}[17~\u{1b}[18~\u{1b}[19~\u{1b}[20~\u{1b}[21~\u{1b}[23~\u{1b}[24~") == Array(16...22))
      #expect(scan("\u{1b}[25~\u{1b}[34~") == [0x68, 0x6f])
      #expect(scan("\u{1b}[[A\u{1b}[[E") == [11, 15])
      #expect(scan("\u{1b}1\u{1b}9\u{1b}0\u{1b}!\u{1b}@") == [11, 19, 20, 21, 22])
      #expect(scan("\u{1b}h\u{1b}k\u{1b}+\u{1b}-\u{1b}?\u{1b}/") == [5, 6, 7, 8, 9, 10])
      #expect(
        keys(Array("\u{1b}[1;5A\u{1b}[1;2P\u{1b}[3;3~".utf8)) == [
          [1, 0, 0x8000_0008], [11, 0, 0x8000_0002], [8, 0, 0x8000_0020],
        ])
      // What no terminal sends is dropped, and what follows is not.
      #expect(keys(Array("\u{1b}[99~\u{1b}[0~\u{1b}[x\u{1b}Oxa".utf8)) == [[0, 0x61, 0]])
    }

    @Test func aLoneEscapeIsAKeyOnceTimeHasPassed() {
      #expect(keys([0x1b]) == [[0x17, 0, 0]])
      #expect(keys([0x1b, 0x1b, 0x1b, 0x5b, 0x41]) == [[0x17, 0, 0], [0x17, 0, 0], [1, 0, 0]])
      #expect(keys([0x1b, 0x78]) == [[0x17, 0, 0], [0, 0x78, 0]])
      #expect(keys([0x1b, 0x5b]) == [[0x17, 0, 0], [0, 0x5b, 0]])
    }

    @Test func textIsUCS2() {
      #expect(keys(Array("aé€\u{10348}".utf8)).map { $0[1] } == [0x61, 0xe9, 0x20ac, 0xfffd])
      #expect(keys([0x08, 0x7f, 0x09, 0x0d, 0x0a]).map { $0[1] } == [8, 8, 9, 13, 10])
      #expect(keys([3, 26]) == [[0, 3, 0x8000_0008], [0, 26, 0x8000_0008]])
      #expect(keys([0xe2, 0x41, 0xff, 0x80]).map { $0[1] } == [0xfffd, 0x41, 0xfffd, 0xfffd])
      #expect(keys([UInt8](repeating: 0x61, count: 500)).count == 500)
    }

    @Test func bothProtocolsShareOneQueue() throws {
      let plain = try #require(machine.table.pointee.ConIn)
      machine.platform.input = Array("abc".utf8)
      let (key, data) = (Out(EFI_INPUT_KEY()), Out(EFI_KEY_DATA()))
      #expect(efi(machine.boot.CheckEvent, input.pointee.WaitForKeyEx) == .success)
      #expect(efi(plain.pointee.ReadKeyStroke, plain, key) == .success && key.value.UnicodeChar == 0x61)
      #expect(efi(input.pointee.ReadKeyStrokeEx, input, data) == .success && data.value.Key.UnicodeChar == 0x62)
      #expect(efi(input.pointee.Reset, input, 1) == .success)
      #expect(efi(machine.boot.CheckEvent, input.pointee.WaitForKeyEx) == .notReady)
      data.value.Key.UnicodeChar = 9
      #expect(efi(input.pointee.ReadKeyStrokeEx, input, data) == .notReady && data.value.Key.UnicodeChar == 0)
      #expect(efi(input.pointee.ReadKeyStrokeEx, input, nil) == .invalidParameter)
      let toggle = Out<UInt8>(0x80)
      #expect(efi(input.pointee.SetState, input, toggle) == .success)
      toggle.value = 0x84
      #expect(efi(input.pointee.SetState, input, toggle) == .unsupported)
      #expect(efi(input.pointee.SetState, input, nil) == .invalidParameter)
    }

    @Test func registeredKeysAreTold() throws {
      let told = Callback { arguments in
        let data = UnsafePointer<EFI_KEY_DATA>(bitPattern: UInt(arguments[0]))!
        #expect(data.pointee.Key.UnicodeChar == 3 && firmware.events.currentTPL == TPL.callback)
        return 0
      }
      let data = Out(EFI_KEY_DATA(Key: EFI_INPUT_KEY(ScanCode: 0, UnicodeChar: 3), KeyShiftState: 0, KeyToggleState: 0))
      let (handle, other) = (Out<UnsafeMutableRawPointer?>(nil), Out<UnsafeMutableRawPointer?>(nil))
      let register = input.pointee.RegisterKeyNotify
      #expect(efi(register, input, data, told, handle) == .success && handle.value != nil)
      data.value.KeyShiftState = 0x8000_0004  // the right one, which a terminal never has
      #expect(efi(register, input, data, told, other) == .success && other.value != handle.value)
      #expect(efi(register, input, nil, told, other) == .invalidParameter)
      #expect(efi(register, input, data, nil, other) == .invalidParameter)
      #expect(efi(register, input, data, told, nil) == .invalidParameter)

      machine.platform.input = [0x61, 3]
      machine.platform.ticks += KeyInput.pollInterval
      #expect(told.calls == 0)
      // A busy payload: nothing but a change of the task priority.
      _ = efiCall(machine.boot.RestoreTPL, [efiCall(machine.boot.RaiseTPL, [UInt64(31)])])
      #expect(told.calls == 1)
      #expect(keys([]).map { $0[1] } == [0x61, 3])  // told of, and still there

      let raised = efiCall(machine.boot.RaiseTPL, [TPL.notify])
      #expect(keys([3]).isEmpty && told.calls == 1)
      _ = efiCall(machine.boot.RestoreTPL, [raised])
      #expect(keys([]).isEmpty == false || told.calls == 2)
      #expect(told.calls == 2)

      #expect(efi(input.pointee.UnregisterKeyNotify, input, handle.value) == .success)
      #expect(efi(input.pointee.UnregisterKeyNotify, input, handle.value) == .invalidParameter)
      #expect(efi(input.pointee.UnregisterKeyNotify, input, nil) == .invalidParameter)
      #expect(keys([3]).count == 1 && told.calls == 2)
    }

    // MARK: Simple Text Output (12.4)

    @Test func theCursorStaysOnTheScreen() throws {
      let out = try #require(machine.table.pointee.ConOut)
      let mode = try #require(out.pointee.Mode)
      func say(_ text: String) -> Status {
        machine.platform.output = []
        return efi(out.pointee.OutputString, out, ucs2(text))
      }
      #expect(efi(out.pointee.SetCursorPosition, out, 0, 0) == .success)
      #expect(say("\u{8}") == .success && machine.platform.text == "" && mode.pointee.CursorColumn == 0)
      #expect(say("a\tb") == .success && mode.pointee.CursorColumn == 9 && machine.platform.text == "a       b")
      #expect(say(String(repeating: "x", count: 71)) == .success)
      #expect(mode.pointee.CursorColumn == 0 && mode.pointee.CursorRow == 1)
      #expect(machine.platform.text.hasSuffix("x\r\n"))
      for _ in 0..<30 { #expect(say("\r\n") == .success) }
      #expect(mode.pointee.CursorRow == 24 && mode.pointee.CursorColumn == 0)
      #expect(say("\u{1b}\u{1}") == .warnUnknownGlyph && machine.platform.text == "\u{fffd}\u{fffd}")
      #expect(efi(out.pointee.TestString, out, ucs2("añ€\t\r\n\u{8}")) == .success)
      #expect(efi(out.pointee.TestString, out, ucs2("\u{1b}")) == .unsupported)
      machine.platform.output = []
      #expect(efi(out.pointee.SetAttribute, out, 0x1e) == .success && machine.platform.text == "\u{1b}[1;33;44m")
      #expect(efi(out.pointee.ClearScreen, out) == .success && mode.pointee.CursorRow == 0)
    }
  }
}
