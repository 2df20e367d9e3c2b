#!/bin/sh
# SPDX-License-Identifier: Apache-2.0 OR GPL-2.0-only
#
# Run by a unit in the guest, in each of the kernels that follow on one another. Says what it sees by lines `@ STAGE KEY=VALUE`.
# What it ends with boots the next kernel.
set -u
exec </dev/null >/dev/console 2>&1
stage=$(cat /var/lib/stage 2>/dev/null || echo 0)
say() { echo "@ $stage $*"; }
next() { echo "$1" >/var/lib/stage && sync; }
# Nothing that failed is taken for something else: the guest ends, and the runner misses what should have come.
end() { say "$*" && systemctl --force --force poweroff; exit; }

echo
say "release=$(uname -r)"
say "cmdline=$(cat /proc/cmdline)"
say "firmware=$(dmesg | sed -n 's/.*efi: \(EFI v.*\)/\1/p')"
say "stub=$(cat /sys/firmware/efi/efivars/StubInfo-* 2>/dev/null | tr -d "\000-\037")"
say "loaded=$(cat /sys/kernel/kexec_loaded)"
case $stage in
  0) # QEMU's boot
    say "list=$(virgil load --list)"
    systemctl kexec && end "error=systemctl kexec took nothing for a kernel"
    say "plain=refused"
    load=$(virgil load 2>&1) || end "error=$load"
    say "load=$load"
    say "loaded-now=$(cat /sys/kernel/kexec_loaded)"
    next 1
    systemctl kexec
    ;;
  1) # `virgil load && systemctl kexec`, kexec_file_load
    say "wrong=$(virgil load /usr/bin/virgil 2>&1)"
    say "kept-not=$(virgil load --keep --method classic 2>&1)"
    say "kept=$(virgil load --keep 2>&1)"
    say "unload=$(virgil load --unload 2>&1) $(cat /sys/kernel/kexec_loaded)"
    systemctl enable --now virgil-kexec.service || end "error=enabling the unit"
    say "unit=$(systemctl is-active virgil-kexec.service) $(cat /sys/kernel/kexec_loaded)"
    say "journal=$(journalctl -b -o cat -u virgil-kexec.service | tr '\n' '|')"
    next 2
    systemctl kexec
    ;;
  2) # the unit, plain `systemctl kexec`
    systemctl start virgil-kexec.service
    say "unit=$(systemctl is-active virgil-kexec.service) $(cat /sys/kernel/kexec_loaded)"
    # A new image: the hook has the unit load it.
    echo "$(cat /etc/kernel/cmdline) renewed=yes" >/etc/kernel/cmdline
    /etc/kernel/postinst.d/zz-virgil "$(uname -r)" "/boot/vmlinuz-$(uname -r)" || end "error=the hook"
    # The hook does not wait for the unit.
    while ! journalctl -b -o cat -u virgil-kexec.service | grep -q Reloaded; do sleep 1; done
    say "reloaded=yes"
    systemctl disable virgil-kexec.service
    next 3
    systemctl reboot
    ;;
  3) # `systemctl reboot`, which boots what is loaded; the image is the new one
    say "crash=$(virgil load --crash 2>&1) $(cat /sys/kernel/kexec_crash_loaded)"
    next 4
    echo 1 >/proc/sys/kernel/sysrq
    echo c >/proc/sysrq-trigger
    ;;
  4) # the crash kernel, which is the same image
    say "vmcore=$([ -s /proc/vmcore ] && echo yes)"
    end "end=yes"
    ;;
esac || end "error=there is nothing to boot"
