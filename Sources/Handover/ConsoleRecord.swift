// SPDX-License-Identifier: Apache-2.0 OR GPL-2.0-only

extension ConsoleDescription {
  /// The record's values; nil when its address space is none that is known.
  public init?(_ record: virgil_console_record) {
    guard let space = Space(rawValue: record.space) else { return nil }
    self.init(
      base: record.base, space: space, width: record.width, dataOffset: record.data_offset,
      statusOffset: record.status_offset, readyMask: record.ready_mask, readyValue: record.ready_value,
      receiveMask: record.receive_mask, receiveValue: record.receive_value)
  }

  /// Itself as a record; `HandoverWriter` fills in the record's header.
  public var record: virgil_console_record {
    virgil_console_record(
      record: virgil_record(), base: base, space: space.rawValue, width: width, data_offset: dataOffset,
      status_offset: statusOffset, ready_mask: readyMask, ready_value: readyValue, receive_mask: receiveMask,
      receive_value: receiveValue)
  }
}
