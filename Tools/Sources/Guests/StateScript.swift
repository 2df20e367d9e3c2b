// SPDX-License-Identifier: Apache-2.0 OR GPL-2.0-only

/// What user space can see of how it was booted, as marks whose keys begin with `state-`: an image that is booted by
/// kexec is to show the same as by firmware. Tests/boot/state.py compares them.
///
/// A part of the second kernel's script, which has mounted what is read here. Every file, variable and table has a mark
/// of its own, so that a difference has a name. Keys have no `=`.
let stateScript = #"""
  # SPDX-License-Identifier: Apache-2.0 OR GPL-2.0-only
  state() { echo "VIRGIL-MARK state-$1=$2"; }
  hash() { sha256sum | cut -d' ' -f1; }
  # What can be printed of it; UTF-16 as far as it is ASCII.
  text() { tr -d '\000' | tr -c ' -~' ' ' | head -c 200 | sed 's/ *$//'; }
  # Size and hash of a file.
  digest() { echo "$(wc -c <"$1") bytes, sha256 $(sha256sum <"$1" | cut -d' ' -f1)"; }

  state release "$(uname -r)"
  state cmdline "$(cat /proc/cmdline)"
  state cpus "$(grep -c ^processor /proc/cpuinfo)"
  state consoles "$(cut -d' ' -f1 /proc/consoles | list)"
  state tainted "$(cat /proc/sys/kernel/tainted)"
  revision=$(sed -n 's/^microcode[^:]*: *//p' /proc/cpuinfo | sort -u | list)
  [ -z "$revision" ] || state microcode "$revision"

  # The initrd: as a file, which 6.1 does not show, and as what was unpacked from it.
  [ ! -f /sys/firmware/initrd ] || state initrd "$(digest /sys/firmware/initrd)"
  unpacked() {
    cd /
    find . -xdev ! -type l -exec stat -c '%n %A %u:%g' {} +
    find . -xdev -type l -exec stat -c '%N' {} +
    find . -xdev -type f -exec sha256sum {} +
  }
  state unpacked "$(cd / && find . -xdev | wc -l) files, sha256 $(unpacked | sort | hash)"
  # systemd-stub's: credentials, extensions, PCR signatures, os-release, the profile.
  if [ -d /.extra ]; then
    for file in $(cd /.extra && find . -type f | sed 's/^..//' | sort); do
      state "extra:$file" "$(stat -c %A /.extra/$file), $(digest /.extra/$file)"
    done
  fi

  # Firmware's interface.
  bits=$(cat /sys/firmware/efi/fw_platform_size 2>/dev/null)
  state efi "${bits:-none}"
  for table in $(dmesg | sed -n 's/.*efi: \([A-Z].*=0x.*\)/\1/p' | sed 's/=0x[0-9a-f]* */\n/g' | tr ' ' '-' | sort); do
    state "efi-table:$table" yes
  done
  [ -d /sys/firmware/efi/runtime-map ] && state runtime-map yes || state runtime-map no
  variables=/sys/firmware/efi/efivars
  for file in $(ls $variables 2>/dev/null | grep -e '-4a67b082-0a4c-41cf-b6c7-440b29bb8c4f$'); do
    # Four bytes of attributes, then the data.
    state "variable:${file%-????????-????-????-????-????????????}" "$(
      echo "attributes $(head -c 4 $variables/$file | od -An -tu4 | tr -d ' '), $(digest $variables/$file):" \
        "$(tail -c +5 $variables/$file | text)")"
  done
  # Absent means off, as user space reads it.
  secure=$variables/SecureBoot-8be4df61-93ca-11d2-aa0d-00e098032b8c
  [ -f $secure ] && [ "$(tail -c +5 $secure | od -An -tu1 | tr -d ' ')" = 1 ] && secure=on || secure=off
  state secure-boot $secure
  # Whom the kernel's own kexec trusts.
  db=$variables/db-d719b2cb-3d3a-4596-a3bc-dad00e67656f
  [ ! -f $db ] || state db "$(tail -c +5 $db | hash)"
  keys=$(sed -n 's/.* \.platform: *//p' /proc/keys 2>/dev/null)
  [ -z "$keys" ] || state keyring:.platform "$keys"
  mount -t securityfs securityfs /sys/kernel/security 2>/dev/null
  [ ! -f /sys/kernel/security/lockdown ] || state lockdown "$(cat /sys/kernel/security/lockdown)"

  # The machine's description. FACP without its checksum and the addresses of FACS and DSDT (ACPI 6.5, table 5.9), which
  # are the firmware's choice at every boot.
  fixed() { if [ ${1##*/} = FACP ]; then head -c 132 $1 | tail -c +45 && tail -c +149 $1; else cat $1; fi; }
  for file in /sys/firmware/acpi/tables/* /sys/firmware/acpi/tables/dynamic/*; do
    [ ! -f $file ] || state "acpi:${file##*/}" "$(wc -c <$file) bytes, sha256 $(fixed $file | hash)"
  done
  for file in /sys/class/dmi/id/*; do
    [ ! -f $file ] || [ ${file##*/} = uevent ] || state "dmi:${file##*/}" "$(cat $file 2>/dev/null | text)"
  done
  # Without what kexec and the stubs write: where they have put things.
  described() {
    cd /sys/firmware/devicetree/base
    find . -type f | grep -v -e '^./chosen/' -e '^./memory@' -e '^./reserved-memory/'
  }
  if [ -d /sys/firmware/devicetree/base ]; then
    state devicetree:model "$(text </sys/firmware/devicetree/base/model)"
    state devicetree:nodes "$(described | wc -l) properties, sha256 $(
      described | sort | (cd /sys/firmware/devicetree/base && xargs sha256sum) | hash)"
  fi

  # Memory, in KiB: what the kernel was given (of which it has marked some as reserved), and what it has left.
  sum() {
    total=0
    while read -r range name; do
      [ "$name" != ": $1" ] || total=$((total + 0x${range#*-} - 0x${range%-*} + 1))
    done </proc/iomem
    echo $((total / 1024))
  }
  state memory:given "$(sum 'System RAM')"
  state memory:total "$(sed -n 's/^MemTotal: *\([0-9]*\) kB/\1/p' /proc/meminfo)"
  mark memory "$(dmesg | sed -n 's/.*Memory: \(.*\)/\1/p' | head -n 1)"
  for kind in Reserved 'ACPI Tables' 'ACPI Non-volatile Storage' 'Persistent Memory'; do
    mark "iomem:$kind" "$(sum "$kind")"
  done

  """#
