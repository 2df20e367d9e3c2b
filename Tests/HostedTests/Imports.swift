// SPDX-License-Identifier: Apache-2.0 OR GPL-2.0-only
//
// What the emulator's sources are built on, here where they are one module.
@_exported import CHandover
@_exported import CPlatform
@_exported import CUEFI

/// The emulator's composition root tells the protocol from the module of that name by its module.
enum Core { typealias Platform = HostedTests.Platform }
