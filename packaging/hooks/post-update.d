#!/bin/sh
# SPDX-License-Identifier: Apache-2.0 OR GPL-2.0-only
#
# Run by update-initramfs when it has made an initrd: virgil VERSION INITRD.
set -eu

hook=@pkglibdir@/kernel-hook
[ -x "$hook" ] || exit 0
exec "$hook" update "$1"
