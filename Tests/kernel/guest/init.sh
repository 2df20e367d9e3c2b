#!/bin/sh
# SPDX-License-Identifier: Apache-2.0 OR GPL-2.0-only
#
# What the first kernel runs: /do, with `load` and `enter` at hand. It says what happens by lines of `VIRGIL-FIRST`.
export PATH=/bin
mount -t proc proc /proc
mount -t sysfs sysfs /sys
mount -t devtmpfs devtmpfs /dev
mount -t debugfs debugfs /sys/kernel/debug
exec </dev/null >/dev/console 2>&1
say() { echo "VIRGIL-FIRST $*"; }

# load NAME ARGUMENT...: one call of kexec-efi-load. Says what came of it, and what is loaded then: for a reboot, for a panic.
load() {
  name=$1
  shift
  said=$(kexec-efi-load "$@" 2>&1)
  status=$?
  error=$(echo "$said" | sed -n 's/.*(\(E[A-Z]*\)).*/\1/p' | head -n 1)
  say "load $name ${error:-$status} $(cat /sys/kernel/kexec_loaded) $(cat /sys/kernel/kexec_crash_loaded)"
  [ -z "$said" ] || echo "$said"
}

# KiB
cma_free() { sed -n 's/^CmaFree: *\([0-9]*\) .*/\1/p' /proc/meminfo; }

enter() {
  dmesg | grep kexec_efi
  say "enter"
  kexec-efi-load --exec
  say "enter failed"
}

say "release $(uname -r)"
if [ -d /sys/firmware/efi ]; then say "efi yes"; else say "efi no"; fi
# shellcheck disable=SC1091 # made for each case
. /do
say "end"
reboot -f
