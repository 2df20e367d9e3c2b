// SPDX-License-Identifier: Apache-2.0 OR GPL-2.0-only
import Bytes
import PE
import UKI

/// Puts signatures that were made elsewhere into an image that was built with --policy-digest: there is room for them in its
/// sections `.pcrsig`.
enum PCRJoin {
  /// - Parameters:
  ///   - file: the image; lives as long as what is returned
  ///   - path: what errors call it
  static func contents(_ file: ByteView, path: String, _ signatures: Signatures) throws -> FileContents {
    let headers: PEHeaders
    do { headers = try PEHeaders(file) } catch { throw Problem(path: path, reason: "\(error)") }
    var editor = HeaderEditor(headers, of: file)
    editor.dropStale()
    var edits: [(offset: Int, bytes: [UInt8])] = []
    for (index, section) in headers.sections.enumerated() where section.isNamed(".pcrsig") {
      guard let old = file.slice(Int(section.pointerToRawData), count: Int(section.sizeOfRawData)) else { continue }
      var merged = try Signatures(json: Array(old.buffer.prefix { $0 != 0 }), path: "\(path), section .pcrsig")
      merged.apply(signatures)
      let json = Array((merged.json ?? "{}").utf8)
      guard json.count <= old.count else {
        throw Problem(path: path, reason: "its .pcrsig has room for \(old.count) bytes, and needs \(json.count)")
      }
      editor[PEFields.Section.VirtualSize, section: index] = UInt32(json.count)
      edits.append((Int(section.pointerToRawData), json + [UInt8](repeating: 0, count: old.count - json.count)))
    }
    guard !edits.isEmpty else {
      throw Problem(path: path, reason: "it has no section .pcrsig; build it with --policy-digest")
    }
    edits.append((headers.peOffset, editor.bytes))
    var contents = FileContents()
    for edit in edits.sorted(by: { $0.offset < $1.offset }) {
      guard let before = file.slice(contents.count, count: edit.offset - contents.count) else {
        throw Problem(path: path, reason: "its sections share bytes of the file")
      }
      contents.append(.view(before))
      contents.append(.bytes(edit.bytes))
    }
    // A signature of the image would not hold: it ends with its last section.
    let end =
      headers.sections.filter { $0.sizeInFile > 0 }.map { Int($0.pointerToRawData + $0.sizeOfRawData) }.max() ?? 0
    if let rest = file.slice(contents.count, count: max(0, end - contents.count)) { contents.append(.view(rest)) }
    return contents
  }
}
