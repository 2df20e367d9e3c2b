// SPDX-License-Identifier: Apache-2.0 OR GPL-2.0-only
//
// What this module is built on, for all of its files. In Tests/HostedTests those of them that touch no hardware are part of
// one module.
#if !HOSTED
  @_exported import ACPI
  @_exported import CPIO
  @_exported import CPlatform
  @_exported import Console
  @_exported import Core
  @_exported import DeviceTree
  @_exported import LinuxBoot
  @_exported import PE
  @_exported import Platform
  @_exported import Targets
#endif
