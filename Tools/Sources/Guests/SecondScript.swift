// SPDX-License-Identifier: Apache-2.0 OR GPL-2.0-only

/// What the second kernel's initramfs runs: says what it finds by lines of `VIRGIL-MARK key=value`, the last of which
/// is `VIRGIL-MARK end`, and resets the machine.
///
/// The initrd's hash is that of the first `virgil.initrd_size` bytes (from the command line, which must also say
/// `retain_initrd`) of what the kernel got: systemd-stub appends archives of its own.
let secondScript = #"""
  #!/bin/sh
  # SPDX-License-Identifier: Apache-2.0 OR GPL-2.0-only
  export PATH=/bin
  mount -t proc proc /proc
  mount -t sysfs sysfs /sys
  mount -t devtmpfs devtmpfs /dev
  # The kernel's messages must not tear the marks apart.
  dmesg -n 1
  # The serial port, whatever console= says, unless virgil.port= names it.
  named=$(sed -n 's/\(^\|.* \)virgil\.port=\([A-Za-z0-9]*\).*/\2/p' /proc/cmdline)
  for port in ${named:+/dev/$named} /dev/ttyAMA0 /dev/ttyS0 /dev/console; do [ ! -c $port ] || break; done
  exec </dev/null >$port 2>&1
  mark() { echo "VIRGIL-MARK $1=$2"; }
  list() { sort | tr '\n' ' ' | sed 's/ $//'; }

  echo
  mark release "$(uname -r)"
  mark machine "$(uname -m)"
  mark cmdline "$(cat /proc/cmdline)"
  mark cpus "$(grep -c ^processor /proc/cpuinfo)"
  mark memtotal "$(sed -n 's/^MemTotal: *//p' /proc/meminfo)"
  level=$(dmesg | sed -n 's/.*CPU: All CPU(s) started at \(EL[0-9]\).*/\1/p')
  [ -z "$level" ] || mark el "$level"

  if [ -f /sys/firmware/initrd ]; then
    mark initrd-size "$(wc -c </sys/firmware/initrd)"
    size=$(sed -n 's/\(^\|.* \)virgil\.initrd_size=\([0-9]*\).*/\2/p' /proc/cmdline)
    [ -z "$size" ] || mark initrd-sha256 "$(head -c "$size" /sys/firmware/initrd | sha256sum | cut -d' ' -f1)"
  fi
  # Archives that were joined: which were unpacked, and which of two came later (Tests/boot/initrds.py).
  if [ -d /virgil/initrds ]; then
    mark initrds "$(cd /virgil/initrds && for file in *; do echo "$file:$(cat "$file")"; done | list)"
    [ ! -f /kernel/x86/microcode/virgil.bin ] || mark initrds-microcode yes
    [ ! -f /sys/firmware/initrd ] ||
      mark initrd-first "$(head -c 174 /sys/firmware/initrd | tail -c +111 | tr '\000' '\n' | head -n 1)"
  fi
  # systemd-stub puts credentials and the like there.
  if [ -d /.extra ]; then
    mark extra "$(cd /.extra && find . -type f | sed 's/^..//' | list)"
    mark extra-sha256 "$(cd /.extra && find . -type f | sort | xargs sha256sum | sha256sum | cut -d' ' -f1)"
  fi

  [ -d /sys/firmware/acpi ] && mark acpi yes || mark acpi no
  [ -f /sys/firmware/fdt ] && mark devicetree yes || mark devicetree no
  tree=/sys/firmware/devicetree/base
  if [ -d $tree ]; then
    mark dt-chosen "$(ls $tree/chosen 2>/dev/null | list)"
    mark dt-memory "$(ls $tree | grep '^memory@' | list)"
    mark dt-reserved "$(ls $tree/reserved-memory 2>/dev/null | grep @ | list)"
  fi
  # A crashed kernel's memory, which is an ELF file.
  [ ! -f /proc/vmcore ] || mark vmcore "$(head -c 4 /proc/vmcore | od -An -c | tr -d ' ')"
  if [ -d /sys/firmware/efi ]; then
    mark efi yes
    mark efi-line "$(dmesg | sed -n 's/.*efi: \(EFI v.* by .*\)/\1/p')"
    mark efi-tables "$(dmesg | sed -n 's/.*efi: \([A-Z].*=0x.*\)/\1/p' | sed 's/=0x[0-9a-f]*//g; s/ $//')"
    for module in /virgil/modules/$(uname -r)/*.ko; do [ ! -f "$module" ] || insmod "$module"; done
    if mount -t efivarfs efivarfs /sys/firmware/efi/efivars 2>/dev/null; then
      mark efivars "$(ls /sys/firmware/efi/efivars | wc -l)"
      # The boot loader interface's variables, without their GUID.
      mark efivars-loader "$(ls /sys/firmware/efi/efivars | sed -n 's/-4a67b082-0a4c-41cf-b6c7-440b29bb8c4f$//p' | list)"
      cd /sys/firmware/efi/efivars
      grep -q ' efivarfs ro' /proc/mounts && mark efivars-access ro || mark efivars-access rw
      # A file is the attributes, then the data.
      value() { [ ! -f "$1" ] || mark $2 "$(tail -c +5 $1 | tr -d '\000')"; }
      value StubInfo-4a67b082-0a4c-41cf-b6c7-440b29bb8c4f efivar-stub-info
      value LoaderImageIdentifier-4a67b082-0a4c-41cf-b6c7-440b29bb8c4f efivar-loader-image
      secure=SecureBoot-8be4df61-93ca-11d2-aa0d-00e098032b8c
      [ ! -f $secure ] || mark secure-boot "$(tail -c +5 $secure | od -An -tu1 | tr -d ' ')"
      setup=SetupMode-8be4df61-93ca-11d2-aa0d-00e098032b8c
      [ ! -f $setup ] || mark setup-mode "$(tail -c +5 $setup | od -An -tu1 | tr -d ' ')"
      # What happened between the kernels.
      if [ -f VirgilLog-76697267-696c-4b65-8e78-65636b657865 ]; then
        mark virgil-log "$(tail -c +5 VirgilLog-* | head -n 1)"
        tail -c +5 VirgilLog-* | sed 's/^/VIRGIL-LOG /'
      fi
      cd /
    fi
  else
    mark efi no
  fi
  # What must be the same by every road.
  . /virgil/state
  grep -q 'virgil\.end=poweroff' /proc/cmdline && end=poweroff || end=reboot
  echo "VIRGIL-MARK end"
  $end -f

  """#
