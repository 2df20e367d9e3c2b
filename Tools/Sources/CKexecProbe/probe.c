// SPDX-License-Identifier: Apache-2.0 OR GPL-2.0-only
// All of it is in the header: SwiftPM wants a file to compile.
#include "kexec_probe.h"
