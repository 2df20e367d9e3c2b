// SPDX-License-Identifier: Apache-2.0 OR GPL-2.0-only

/// `EFI_TPL` (UEFI 2.10, 7.1.1).
enum TPL {
  static let application: UInt64 = 4
  static let callback: UInt64 = 8
  static let notify: UInt64 = 16
  static let highLevel: UInt64 = 31
}

/// Bits of an event's type (7.1.2).
enum EventType {
  static let timer: UInt32 = 0x8000_0000
  static let runtime: UInt32 = 0x4000_0000
  static let notifyWait: UInt32 = 0x0000_0100
  static let notifySignal: UInt32 = 0x0000_0200
  static let signalExitBootServices: UInt32 = 0x0000_0201
  static let signalVirtualAddressChange: UInt32 = 0x6000_0202
}

/// An event (7.1). What the payload holds is its address.
final class Event {
  let type: UInt32
  let notifyTPL: UInt64
  /// The notification function's address; 0: none.
  let function: UInt64
  let context: UnsafeMutableRawPointer?
  let group: GUID?

  /// For an event of the emulator's own: asks whether it is to be signaled now.
  var poll: (() -> Bool)?
  var isSignaled = false
  /// In the notification queue of its level.
  var isQueued = false
  /// Counter ticks at which the timer goes off; nil: not set.
  var deadline: UInt64?
  /// Counter ticks between two periods; 0: the timer goes off once.
  var period: UInt64 = 0

  init(type: UInt32, notifyTPL: UInt64, function: UInt64, context: UnsafeMutableRawPointer?, group: GUID?) {
    self.type = type
    self.notifyTPL = notifyTPL
    self.function = function
    self.context = context
    self.group = group
  }

  var hasNotification: Bool { function != 0 }

  /// Whether it has something to do when SetVirtualAddressMap is called.
  var isAddressChange: Bool {
    hasNotification && type & EventType.notifySignal != 0
      && (type == EventType.signalVirtualAddressChange || group == .eventVirtualAddressChange)
  }
}
