// SPDX-License-Identifier: Apache-2.0 OR GPL-2.0-only

/// What the first kernel's initramfs runs: loads an image with kexec and enters it.
///
/// It says where it is by lines that begin with `VIRGIL-FIRST`; `/virgil/kexec` holds the kexec command to run.
let firstScript = #"""
  #!/bin/sh
  # SPDX-License-Identifier: Apache-2.0 OR GPL-2.0-only
  export PATH=/bin
  mount -t proc proc /proc
  mount -t sysfs sysfs /sys
  mount -t devtmpfs devtmpfs /dev
  exec </dev/null >/dev/console 2>&1
  say() { echo "VIRGIL-FIRST $*"; }

  say "begin $(uname -r)"
  # Waits until there are random numbers, as in any system that is up: before, nobody passes a seed on.
  head -c 1 /dev/random >/dev/null
  say "cpus $(grep -c ^processor /proc/cpuinfo)"
  if [ -d /sys/firmware/efi ]; then
    say "efi yes"
    for module in /virgil/modules/$(uname -r)/*.ko; do [ ! -f "$module" ] || insmod "$module"; done
    mount -t efivarfs efivarfs /sys/firmware/efi/efivars && say "efivars $(ls /sys/firmware/efi/efivars | wc -l)"
  else
    say "efi no"
  fi
  cat /virgil/kexec
  say "load"
  sh /virgil/kexec
  status=$?
  loaded=/sys/kernel/kexec_loaded
  grep -q ' -p ' /virgil/kexec && loaded=/sys/kernel/kexec_crash_loaded
  if [ $status -ne 0 ] || [ "$(cat $loaded)" != 1 ]; then
    dmesg | tail -n 5
    say "failed load status $status"
    reboot -f
  fi
  say "execute"
  [ $loaded = /sys/kernel/kexec_loaded ] || echo c >/proc/sysrq-trigger
  kexec -e
  say "failed execute status $?"
  dmesg | tail -n 5
  reboot -f

  """#
