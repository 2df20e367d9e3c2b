// SPDX-License-Identifier: Apache-2.0 OR GPL-2.0-only

/// A kernel command line, taken apart as Linux's `next_arg` does (lib/cmdline.c).
///
/// - Parameters are separated by ASCII white space (and 0xa0, which Linux counts as white space even in UTF-8).
/// - Double quotes protect white space, anywhere in a parameter. They stay in the text, except a pair that
///   encloses the whole parameter or the whole value.
/// - The first `=` ends the name. Nothing is escaped.
/// - `--` ends the kernel's part: what follows belongs to init.
///
/// ```swift
/// for parameter in KernelCommandLine(text) where parameter.isNamed("console") { … }
/// ```
public struct KernelCommandLine: Sequence {
  let text: ByteView

  /// - Parameter text: without the NUL; a NUL ends it
  public init(_ text: ByteView) { self.text = text.terminated() ?? text }

  /// `name` or `name=value`.
  public struct Parameter {
    public let name: ByteView
    /// nil without a `=`; empty with nothing after it.
    public let value: ByteView?

    /// Whether this is the parameter of that name; `-` and `_` are the same to Linux.
    public func isNamed(_ wanted: StaticString) -> Bool {
      guard name.count == wanted.utf8CodeUnitCount else { return false }
      for index in 0..<name.count
      where Parameter.fold(name.buffer[index]) != Parameter.fold(wanted.utf8Start[index]) {
        return false
      }
      return true
    }

    private static func fold(_ byte: UInt8) -> UInt8 { byte == UInt8(ascii: "-") ? UInt8(ascii: "_") : byte }
  }

  public func makeIterator() -> Iterator { Iterator(text: text) }

  public struct Iterator: IteratorProtocol {
    let text: ByteView
    var offset = 0

    init(text: ByteView) { self.text = text }

    public mutating func next() -> Parameter? {
      while let byte = text.byte(offset), isSpace(byte) { offset += 1 }
      guard offset < text.count else { return nil }
      let parameter = take()
      if parameter.value == nil && parameter.name.equals("--") {
        offset = text.count
        return nil
      }
      return parameter
    }

    private mutating func take() -> Parameter {
      var start = offset
      var inQuotes = false
      var quoted = false
      if text.byte(start) == quote {
        start += 1
        inQuotes = true
        quoted = true
      }
      var end = start
      var equals: Int?
      while let byte = text.byte(end), inQuotes || !isSpace(byte) {
        // A parameter cannot have an empty name: a leading `=` is part of it.
        if byte == UInt8(ascii: "="), equals == nil, end > start { equals = end }
        if byte == quote { inQuotes.toggle() }
        end += 1
      }
      offset = end

      let valueIsQuoted = equals.map { text.byte($0 + 1) == quote && $0 + 1 < end } ?? false
      if (quoted || valueIsQuoted) && end > start && text.byte(end - 1) == quote { end -= 1 }
      guard let equals else { return Parameter(name: view(start, end), value: nil) }
      let valueStart = equals + (valueIsQuoted ? 2 : 1)
      return Parameter(name: view(start, equals), value: view(valueStart, Swift.max(valueStart, end)))
    }

    private func view(_ start: Int, _ end: Int) -> ByteView {
      text.slice(start, count: end - start) ?? ByteView(UnsafeRawBufferPointer(start: nil, count: 0))
    }

    private var quote: UInt8 { UInt8(ascii: "\"") }

    private func isSpace(_ byte: UInt8) -> Bool { byte == 0x20 || (0x09...0x0d).contains(byte) || byte == 0xa0 }
  }
}
