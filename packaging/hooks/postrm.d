#!/bin/sh
# SPDX-License-Identifier: Apache-2.0 OR GPL-2.0-only
#
# Run by kernels' packages when they are removed: zz-virgil VERSION [KERNEL].
set -eu

hook=@pkglibdir@/kernel-hook
[ -x "$hook" ] || exit 0
# On upgrades the kernel is still there.
[ -e "${2:-/boot/vmlinuz-$1}" ] || exec "$hook" remove "$1"
