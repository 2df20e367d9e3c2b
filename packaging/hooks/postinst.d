#!/bin/sh
# SPDX-License-Identifier: Apache-2.0 OR GPL-2.0-only
#
# Run by kernels' packages when they are installed, after initramfs-tools or dracut: zz-virgil VERSION [KERNEL].
set -eu

hook=@pkglibdir@/kernel-hook
[ -x "$hook" ] || exit 0
# What the package's own script was called with, quoted.
case ${DEB_MAINT_PARAMS:-configure} in
  configure* | "'configure'"*) exec "$hook" update "$@" ;;
esac
