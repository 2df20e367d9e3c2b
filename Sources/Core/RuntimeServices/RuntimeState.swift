// SPDX-License-Identifier: Apache-2.0 OR GPL-2.0-only

/// What the runtime image is left, in runtime services data: a page of parameters, then the variables.
struct RuntimeState {
  let parameters: UnsafeMutablePointer<virgil_runtime_parameters>
  let variables: VariableStore

  private static let size: UInt64 = 128 << 10
  private static let parametersSize = UInt64(VIRGIL_RUNTIME_PARAMETERS_SIZE)
  /// Bytes of the store that the emulator's own variables may take besides: the log is the large one.
  private static let reserve = UInt32(LogRing.size) + 1024
  /// How many notifications and images there is room for.
  static let entryLimit =
    (Int(parametersSize) - MemoryLayout<virgil_runtime_parameters>.size) / MemoryLayout<virgil_runtime_entry>.stride

  /// - Throws: OUT_OF_RESOURCES.
  init(pages: PageAllocator) throws(Status) {
    let start = try pages.allocate(
      .anyPages, type: .runtimeServicesData, pages: RuntimeState.size / pageSize, owner: .emulator)
    let memory = UnsafeMutableRawPointer(bitPattern: UInt(start))!
    memory.initializeMemory(as: UInt8.self, repeating: 0, count: Int(RuntimeState.size))
    parameters = memory.assumingMemoryBound(to: virgil_runtime_parameters.self)
    variables = VariableStore(
      formatting: memory + Int(RuntimeState.parametersSize),
      size: UInt32(RuntimeState.size - RuntimeState.parametersSize), reserve: RuntimeState.reserve)
    parameters.pointee.variables = start + RuntimeState.parametersSize
  }

  func append(_ kind: virgil_runtime_entry_kind, _ first: UInt64, _ second: UInt64, _ third: UInt64) {
    let count = Int(parameters.pointee.entry_count)
    guard count < RuntimeState.entryLimit else { return }
    let entries = UnsafeMutableRawPointer(parameters) + MemoryLayout<virgil_runtime_parameters>.size
    entries.storeBytes(
      of: virgil_runtime_entry(kind: UInt64(kind.rawValue), first: first, second: second, third: third),
      toByteOffset: count * MemoryLayout<virgil_runtime_entry>.stride, as: virgil_runtime_entry.self)
    parameters.pointee.entry_count += 1
  }
}

extension Firmware {
  /// Whether the runtime image can be told of one more notification function or driver.
  var hasRuntimeEntry: Bool {
    var count = events.addressChangeCount
    for image in images where image.subsystem == .runtimeDriver { count += 1 }
    return count < RuntimeState.entryLimit
  }

  /// ExitBootServices: leaves to the runtime image what it will need.
  func handOverToRuntime() {
    let runtime = self.runtime
    runtime.variables.leaveBootServices()
    runtime.parameters.pointee.system_table = UInt64(UInt(bitPattern: systemTable.pointer))
    runtime.parameters.pointee.runtime_services = UInt64(UInt(bitPattern: systemTable.runtimeServices))
    events.forEachAddressChange { event in
      // 7.1.1: it must lie in runtime memory. What does not is gone by the time it would be called.
      guard let region = memory.region(at: event.function), region.attribute & MemoryAttribute.runtime != 0 else {
        return
      }
      runtime.append(
        VIRGIL_RUNTIME_NOTIFY, event.function, UInt64(UInt(bitPattern: event.context)),
        UInt64(UInt(bitPattern: Events.pointer(event))))
    }
    for image in images where image.subsystem == .runtimeDriver {
      let bytes = ByteView(UnsafeRawPointer(bitPattern: UInt(image.base))!, count: Int(image.size))
      let table = (try? PEHeaders(bytes, layout: .mapped))?.dataDirectory(.baseRelocation)
      runtime.append(
        VIRGIL_RUNTIME_IMAGE, image.base, image.size, table.map { UInt64($0.rva) | UInt64($0.size) << 32 } ?? 0)
    }
    memoryAttributesTable.update(memory, granularity: pages.runtimeGranularity)
    runtimeImage?.takeOver(runtime.parameters)
  }
}
