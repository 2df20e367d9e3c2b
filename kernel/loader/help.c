// SPDX-License-Identifier: GPL-2.0-only
/*
 * What --help and --version say.
 */
#include "loader.h"

#ifndef VERSION
#define VERSION "unknown"
#endif

const char *const program = "kexec-efi-load: ";

const char *const version_text = "kexec-efi-load " VERSION;

const char *const help_text =
"usage: kexec-efi-load [OPTIONS] IMAGE\n"
"       kexec-efi-load --unload [--load-panic]\n"
"       kexec-efi-load --exec\n"
"\n"
"Loads an EFI image (a Unified Kernel Image, an EFI zboot kernel, a kernel with an EFI\n"
"stub, an EFI application) for kexec. The files go to the running kernel as they are, by\n"
"the system call kexec_file_load, and the kernel decides: it needs CONFIG_KEXEC_EFI.\n"
"\n"
"  -l, --load                load the image for the next kexec (the default)\n"
"  -p, --load-panic          load it as the crash kernel, for a panic to enter\n"
"  -u, --unload              unload what is loaded; with -p, the crash kernel\n"
"  -e, --exec                enter what is loaded, after IMAGE is if it is given. At once:\n"
"                            nothing is shut down. `systemctl kexec` shuts down first\n"
"      --initrd FILE         the initrd, or an archive of sidecars (also: --ramdisk)\n"
"      --command-line TEXT   the command line (also: --append); without it, and for TEXT\n"
"                            '', a UKI's own line counts\n"
"      --reuse-cmdline       the running kernel's command line, without BOOT_IMAGE= and,\n"
"                            with -p, without crashkernel=\n"
"  -d, --debug               say what is passed, and have the kernel log what it does\n"
"  -s, --kexec-file-syscall  as always; for lines that were written for kexec\n"
"  -h, --help                print this\n"
"  -v, --version             print the version\n"
"\n"
"Values follow their option as a word of its own, or behind '='.\n"
"\n"
"Example:\n"
"  kexec-efi-load --initrd=extra.cpio /boot/EFI/Linux/linux.efi && systemctl kexec\n"
"\n"
"Exit status:\n"
"  0   done\n"
"  1   the kernel refused; the message says why\n"
"  64  the command line is wrong\n"
"  66  a file cannot be read";
