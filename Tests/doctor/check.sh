#!/bin/sh
# SPDX-License-Identifier: Apache-2.0 OR GPL-2.0-only
#
# The init of a guest in which `virgil doctor` runs, and in which what it says is tried: /image is loaded by both system
# calls. Sends the report, both programs' messages and their statuses.
export PATH=/bin:/usr/bin HOME=/
mount -t proc proc /proc
mount -t sysfs sysfs /sys
mount -t devtmpfs devtmpfs /dev
exec </dev/null >/dev/console 2>&1
for module in /record/*.ko; do [ ! -f "$module" ] || insmod "$module"; done
mount -t securityfs securityfs /sys/kernel/security
[ ! -d /sys/firmware/efi ] || mount -t efivarfs efivarfs /sys/firmware/efi/efivars
# A seed is passed on, and the loading waits for one.
busybox head -c 1 </dev/random >/dev/null

mkdir /out
virgil doctor --json >/out/report.json 2>/out/errors
echo $? >/out/status
cat /sys/kernel/kexec_loaded >/out/loaded
for way in c s; do
  kexec -$way -l /image --command-line=quiet >/out/messages-$way 2>&1
  cat /sys/kernel/kexec_loaded >/out/kexec-$way
  kexec -$way -u >/dev/null 2>&1
done

echo RECORD-BEGIN
tar -C /out -c . | gzip | base64
echo RECORD-END
echo "VIRGIL-MARK begin second"
echo "VIRGIL-MARK end"
poweroff -f
