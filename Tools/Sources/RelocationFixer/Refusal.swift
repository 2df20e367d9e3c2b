// SPDX-License-Identifier: Apache-2.0 OR GPL-2.0-only
import ELF

/// Why a linked file is not an image that can run at any address after relative relocation alone.
public enum Refusal: Error, Equatable, Sendable {
  // The file as a whole.
  case malformed(ELFError)
  case notPositionIndependent(type: UInt16)
  case entry(UInt64)
  case tooLarge(memory: UInt64, limit: UInt64)
  case buildID(String)
  case missingSymbol(String)
  case boundary(symbol: String, value: UInt64, expected: String)
  case header(field: String, value: UInt64, expected: String)

  // Segments and sections.
  case segmentKind(index: Int, name: String)
  case segmentPlacement(index: Int, address: UInt64, expected: String)
  case writableExecutableSegment(index: Int, address: UInt64, section: String)
  case writableExecutableSection(String)
  case sectionKind(String, type: UInt32)
  case sectionPlacement(String, address: UInt64, expected: String)
  case threadLocal(section: String, symbol: String?)
  case constructors(section: String)

  // What would have to be resolved before the image runs.
  case missingDynamicTable
  case dynamicEntry(name: String, value: UInt64, expected: String)
  case undefinedSymbol(String, weak: Bool, table: String)
  case resolverSymbol(String, section: String)
  case relocation(kind: String, symbol: String?, Place)
  case textRelocation(kind: String, Place)
  case readOnlyRelocation(kind: String, Place)
  case unpackedRelocation(kind: String, Place)
  case misplacedRelocation(Place, expected: String)
  case relocatedValue(Place, value: UInt64, memory: UInt64)

  // What the blob is made of.
  case packing(size: Int, limit: Int)
  case runtimeMachine(Machine, emulator: Machine)
  case runtimeTooLarge(size: UInt64, room: UInt64)
}

extension Refusal: CustomStringConvertible {
  public var description: String {
    // The texts are in three parts for the sake of their length. Every case is in one of them.
    fileProblem ?? shapeProblem ?? resolutionProblem ?? "refused without a text"
  }

  private var fileProblem: String? {
    switch self {
    case .malformed(let error):
      error.description
    case .notPositionIndependent(let type):
      "e_type is \(type); expected 3 (ET_DYN): link with -pie"
    case .entry(let address):
      "the entry point is \(hexadecimal(address)); expected 0x0, where the header is"
    case .tooLarge(let memory, let limit):
      "the image takes \(hexadecimal(memory)) bytes of memory; expected at most \(hexadecimal(limit))"
    case .buildID(let problem):
      "\(problem); expected one build ID of 1 to 32 bytes: link with --build-id=sha1"
    case .missingSymbol(let name):
      "the symbol \(name) is missing; expected the linker script to define it, and a symbol table that holds it"
    case .boundary(let symbol, let value, let expected):
      "the symbol \(symbol) is \(hexadecimal(value)); expected \(expected)"
    case .header(let field, let value, let expected):
      "\(field) is \(hexadecimal(value)); expected \(expected)"
    case .runtimeMachine(let machine, let emulator):
      "the runtime image is for \(machine.name); expected \(emulator.name), as the emulator"
    case .runtimeTooLarge(let size, let room):
      "the runtime image takes \(size) bytes; expected at most \(room), from __runtime_start to __runtime_end"
    case .packing(let size, let limit):
      "packed, the image takes \(size) bytes; expected 1 to \(limit) that unpack to the same image"
    default: nil
    }
  }

  private var shapeProblem: String? {
    switch self {
    case .segmentKind(let index, let name):
      "program header \(index) is \(name), which nothing would serve when the image starts; expected none"
    case .segmentPlacement(let index, let address, let expected):
      "the segment of program header \(index), at \(hexadecimal(address)), is out of place; expected \(expected)"
    case .writableExecutableSegment(let index, let address, let section):
      "the segment of program header \(index), at \(hexadecimal(address)) with \(section), is writable and executable; "
        + "expected one or the other"
    case .writableExecutableSection(let name):
      "section \(name) is writable and executable; expected one or the other"
    case .sectionKind(let name, let type):
      "section \(name) is of type \(hexadecimal(type)) and is loaded; expected a type that needs no work before start"
    case .sectionPlacement(let name, let address, let expected):
      "section \(name), at \(hexadecimal(address)), is out of place; expected \(expected)"
    case .threadLocal(let section, let symbol):
      "\(symbol.map { "symbol \($0) in " } ?? "")section \(section) is thread-local; expected no thread-local storage"
    case .constructors(let section):
      "section \(section) holds constructors or destructors, which nothing would call; expected none"
    default: nil
    }
  }

  private var resolutionProblem: String? {
    switch self {
    case .missingDynamicTable:
      "there is no PT_DYNAMIC segment, so nothing says which relocations are left; expected one: link with -pie"
    case .dynamicEntry(let name, let value, let expected):
      "\(name) of the dynamic table is \(hexadecimal(value)); expected \(expected)"
    case .undefinedSymbol(let name, let weak, let table):
      "the \(weak ? "weak " : "")symbol \(name) in \(table) is undefined; expected every symbol to be defined"
    case .resolverSymbol(let name, let section):
      "the symbol \(name) in \(section) is an indirect function; expected none, since no resolver would run"
    case .relocation(let kind, let symbol, let place):
      "relocation \(kind)\(symbol.map { " against \($0)" } ?? "") at \(place); expected relative relocations only"
    case .textRelocation(let kind, let place):
      "relocation \(kind) at \(place) changes code; expected relocations in writable segments only"
    case .readOnlyRelocation(let kind, let place):
      "relocation \(kind) at \(place) changes a read-only segment; expected relocations in writable segments only"
    case .unpackedRelocation(let kind, let place):
      "relocation \(kind) at \(place) is not in the RELR table; expected 8-byte aligned pointers, "
        + "linked with --pack-dyn-relocs=relr"
    case .misplacedRelocation(let place, let expected):
      "a relative relocation at \(place) is out of place; expected \(expected)"
    case .relocatedValue(let place, let value, let memory):
      "the pointer at \(place) is \(hexadecimal(value)); expected an address inside the image, "
        + "at most \(hexadecimal(memory))"
    default: nil
    }
  }
}

/// Runs what reads the file; bytes that cannot be read refuse it.
func reading<Value>(_ body: () throws(ELFError) -> Value) throws(Refusal) -> Value {
  do { return try body() } catch { throw .malformed(error) }
}
