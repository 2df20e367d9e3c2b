// SPDX-License-Identifier: Apache-2.0 OR GPL-2.0-only
import Foundation

/// The form of all JSON in a release: keys in order, an indentation of two, a line feed at the end.
public enum ReleaseJSON {
  public static func bytes(_ value: some Encodable) throws -> [UInt8] {
    let encoder = JSONEncoder()
    encoder.outputFormatting = [.prettyPrinted, .sortedKeys, .withoutEscapingSlashes]
    return [UInt8](try encoder.encode(value)) + [0x0a]
  }

  static func read<Value: Decodable>(_ type: Value.Type, _ bytes: [UInt8], path: String) throws(ReleaseError) -> Value {
    do {
      return try JSONDecoder().decode(type, from: Data(bytes))
    } catch let error as DecodingError {
      throw ReleaseError(path, "is not as it has to be: \(reason(error))")
    } catch {
      throw ReleaseError(path, "is no JSON: \(error)")
    }
  }

  private static func reason(_ error: DecodingError) -> String {
    func place(_ context: DecodingError.Context) -> String {
      context.codingPath.map { $0.intValue.map { "[\($0)]" } ?? $0.stringValue }.joined(separator: ".")
    }
    switch error {
    case .keyNotFound(let key, let context): return "\(place(context)) has no \(key.stringValue)"
    case .typeMismatch(_, let context), .valueNotFound(_, let context): return "\(place(context)) is of another type"
    case .dataCorrupted(let context): return "\(place(context)) \(context.debugDescription)"
    @unknown default: return "\(error)"
    }
  }
}
