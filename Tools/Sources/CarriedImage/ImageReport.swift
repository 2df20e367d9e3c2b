// SPDX-License-Identifier: Apache-2.0 OR GPL-2.0-only
import Authenticode
import Bytes
import LinuxBoot
import PE
import UKI

/// What an image is, for `virgil inspect`. Encoded as JSON it is an interface: fields may be added, none changes its
/// meaning while `format` stays.
public struct ImageReport: Codable, Sendable {
  public struct Headers: Codable, Sendable {
    public var offset: Int
    /// From the PE signature to the end of the section table, in bytes.
    public var headerSize: Int
    public var sizeOfHeaders: UInt32
    public var sizeOfImage: UInt32
    public var sectionAlignment: UInt32
    public var fileAlignment: UInt32
    public var imageBase: UInt64
    public var entryPoint: UInt32
    public var characteristics: UInt16
    public var dllCharacteristics: UInt16
    public var checkSum: UInt32
  }
  public struct Section: Codable, Sendable {
    public var name: String
    public var rva: UInt32
    public var memorySize: UInt32
    public var fileOffset: UInt32
    public var fileSize: UInt32
    /// As `r-x`.
    public var rights: String
  }
  /// A run of the file.
  public struct Range: Codable, Sendable {
    public var offset: Int
    public var size: Int
  }
  public struct ImageBootHeader: Codable, Sendable {
    public var textOffset: UInt64
    public var imageSize: UInt64
    public var flags: UInt64
  }
  public struct SetupBootHeader: Codable, Sendable {
    public var version: UInt16
    public var setupSectors: UInt8
    public var initSize: UInt32
    public var kernelAlignment: UInt32
    public var preferredAddress: UInt64
    public var xloadflags: UInt16
    public var relocatable: Bool
    public var commandLineSize: UInt32
  }
  public struct Record: Codable, Sendable {
    public var type: String
    public var rva: UInt64?
    public var size: UInt64?
    public var sha256: String?
    public var console: String?
    public var policy: String?
    /// Of type `image path`.
    public var path: String?
  }
  /// A file that goes with the image.
  public struct Sidecar: Codable, Sendable {
    public var path: String
    public var size: Int
    /// In seconds since 1970-01-01.
    public var time: UInt32
  }
  public struct Carried: Codable, Sendable {
    public var payloadKind: ImageKind
    public var emulatorVersion: UInt32
    public var buildID: String
    public var emulatorRVA: UInt64
    public var emulatorMemorySize: UInt64
    public var records: [Record]
    /// nil: there is no archive, or it cannot be read.
    public var sidecars: [Sidecar]?
    /// What goes with the image as its load options, where kexec gives none.
    public var commandLine: String?
    /// Bytes of the initrd that goes with it.
    public var initrdSize: Int?
  }

  public var format = 1
  public var file: String
  public var size: Int
  public var kind: ImageKind
  public var title: String
  public var machine: String
  public var machineType: UInt16
  public var subsystem: UInt16
  public var headers: Headers
  public var sections: [Section]
  public var certificateTable: Range?
  /// Who has signed it, and whether that holds.
  public var signatures: [SignatureSummary]
  /// Bytes that no signature covers.
  public var uncovered: [Range]
  public var arm64Image: ImageBootHeader?
  public var setupHeader: SetupBootHeader?
  /// From `.sdmagic`, such as `systemd-stub 257.9-1`.
  public var loaderInfo: String?
  public var kernelRelease: String?
  public var commandLine: String?
  /// In the order in which the kernel sees them.
  public var initrds: [InitrdPart]
  public var carried: Carried?
  /// Pages that hold code as well as data, in an image whose sections may share pages: the emulator makes them writable
  /// or executable as they are used, never both. nil: every page belongs to one section and has its rights.
  public var mixedPages: Int?
  /// What is wrong with it.
  public var problems: [String]

  /// Looks into a file. Throws what makes it no PE image.
  public init(file path: String, bytes: ByteView) throws(PEError) {
    let pe = try PEHeaders(bytes)
    file = path
    size = bytes.count
    kind = ImageKind(pe, of: bytes)
    title = kind.title
    machine = Machine.name(pe.machine)
    machineType = pe.machine
    subsystem = pe.subsystem
    headers = Headers(pe)
    sections = pe.sections.map(Section.init)
    mixedPages = SharedPages(pe)?.mixed
    certificateTable = pe.dataDirectory(.certificateTable).map { Range(offset: Int($0.rva), size: Int($0.size)) }
    let digest = try? ImageDigest(pe, of: bytes)
    signatures = digest.map { ImageSignature.all(of: $0, in: bytes).signatures.map(SignatureSummary.init) } ?? []
    let coverage = FileCoverage(pe, size: bytes.count)
    uncovered = coverage.uncovered.map { Range(offset: $0.lowerBound, size: $0.count) }
    arm64Image = ImageHeader(bytes).map {
      ImageBootHeader(textOffset: $0.textOffset, imageSize: $0.imageSize, flags: $0.flags)
    }
    setupHeader = SetupHeader(bytes).map(SetupBootHeader.init)
    loaderInfo = LoaderInfo.find(pe, of: bytes)
    problems = coverage.overlaps ? ["sections share bytes of the file"] : []
    var originalHeaders: ByteView?
    if pe.section(named: ".virgil") != nil {
      do {
        let contents = try CarriedContents(pe, of: bytes)
        originalHeaders = contents.originalHeaders
        carried = Carried(contents, pe, bytes)
        if let archive = contents.sidecars, let problem = carried?.list(archive) { problems.append(problem) }
      } catch {
        problems.append(".virgil cannot be read: \(error)")
      }
      if !uncovered.isEmpty { problems.append("some bytes would be loaded by kexec without being signed") }
    }
    initrds = InitrdPart.all(
      of: pe, kind: carried?.payloadKind ?? kind, carried: carried.map { $0.initrdSize ?? 0 },
      merges: SystemdStub.takesPreviousInitrd(bytes, layout: .file))
    kernelRelease = Self.kernelRelease(pe, bytes, originalHeaders)
    commandLine = Self.text(".cmdline", pe, bytes)
  }

  private static func contents(_ name: StaticString, _ headers: PEHeaders, _ bytes: ByteView) -> ByteView? {
    headers.section(named: name).flatMap { bytes.slice(Int($0.pointerToRawData), count: Int($0.sizeInFile)) }
  }

  private static func text(_ name: StaticString, _ headers: PEHeaders, _ bytes: ByteView) -> String? {
    contents(name, headers, bytes).map { contents in
      let text = String(decoding: contents.buffer.prefix { $0 != 0 }, as: UTF8.self)
      return String(text.drop { $0.isWhitespace }.reversed().drop { $0.isWhitespace }.reversed())
    }
  }

  private static func kernelRelease(
    _ headers: PEHeaders, _ bytes: ByteView, _ originalHeaders: ByteView?
  ) -> String? {
    if let uname = text(".uname", headers, bytes) { return uname }
    if let kernel = contents(".linux", headers, bytes) { return KernelRelease.find(in: kernel) }
    let kernels: [ImageKind] = [.zboot, .arm64Image, .bzImage]
    let kind = ImageKind(payloadOf: headers, of: bytes, originalHeaders: originalHeaders ?? bytes)
    return kernels.contains(kind) ? KernelRelease.find(in: bytes, header: originalHeaders) : nil
  }
}
