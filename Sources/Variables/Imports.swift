// SPDX-License-Identifier: Apache-2.0 OR GPL-2.0-only
//
// What this module is built on, for all of its files. In Tests/HostedTests the same sources are one module.
#if !HOSTED
  @_exported import Bytes
  @_exported import UEFI
#endif
