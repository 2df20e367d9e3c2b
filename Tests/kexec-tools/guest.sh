#!/bin/sh
# SPDX-License-Identifier: Apache-2.0 OR GPL-2.0-only
# The guest's init: asks each kexec to load each file, and prints what becomes of it.
/bin/busybox --install -s /bin
mount -t proc proc /proc
mount -t sysfs sysfs /sys
mount -t tmpfs tmpfs /tmp
echo 1 >/proc/sys/kernel/printk
# Firmware has left the line unfinished.
echo
for folder in /tools/*; do
    loader=$(echo "$folder"/root/lib*/ld-linux*.so.*)
    libraries=$(echo "$folder"/root/lib/*-linux-gnu)
    for file in /images/*; do
        echo "@ ${folder#/tools/} ${file#/images/}"
        ORIGINAL=$file "$loader" --library-path "$libraries" --preload /watch.so "$folder/kexec" -s -l "$file" \
            --initrd=/initrd --command-line=x 2>&1
        rm -rf /tmp/*
    done
done
echo "@ end"
poweroff -f
