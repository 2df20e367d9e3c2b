// SPDX-License-Identifier: Apache-2.0 OR GPL-2.0-only
//
// What this module is built on, for all of its files. In Tests/HostedTests only its pure parts are compiled.
#if !HOSTED
  @_exported import CPlatform
  @_exported import Core
#endif
