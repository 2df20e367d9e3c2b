// SPDX-License-Identifier: Apache-2.0 OR GPL-2.0-only
#if !HOSTED
  @_exported import Bytes
  @_exported import CPIO
  @_exported import CUEFI
  @_exported import DeviceTree
  @_exported import Handover
  @_exported import PE
  @_exported import UEFI
  @_exported import Variables
#else
  import CUEFI
#endif
