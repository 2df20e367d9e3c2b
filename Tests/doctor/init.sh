#!/bin/sh
# SPDX-License-Identifier: Apache-2.0 OR GPL-2.0-only
#
# The init of a guest that is recorded: copies what `virgil doctor` reads into a folder, and sends that folder as an
# archive over the serial port. `/record/paths` lists what is read, `/record/probe` asks the two system calls.
export PATH=/bin
mount -t proc proc /proc
mount -t sysfs sysfs /sys
mount -t devtmpfs devtmpfs /dev
exec </dev/null >/dev/console 2>&1
for module in /record/*.ko; do [ ! -f "$module" ] || insmod "$module"; done
mount -t securityfs securityfs /sys/kernel/security
mount -t debugfs debugfs /sys/kernel/debug
[ ! -d /sys/firmware/efi ] || mount -t efivarfs efivarfs /sys/firmware/efi/efivars

mkdir /out
while read -r pattern; do
  for path in $pattern; do
    [ -e "$path" ] || continue
    mkdir -p "/out${path%/*}"
    # Files of proc and sysfs say that their size is 0, and some cannot be read: what cannot is left out.
    if [ -d "$path" ]; then mkdir -p "/out$path"; else cat "$path" >"/out$path" 2>/dev/null || rm -f "/out$path"; fi
  done
done </record/paths
/record/probe >/out/probes.json

echo RECORD-BEGIN
tar -C /out -c . | gzip | base64
echo RECORD-END
echo "VIRGIL-MARK begin second"
echo "VIRGIL-MARK end"
poweroff -f
