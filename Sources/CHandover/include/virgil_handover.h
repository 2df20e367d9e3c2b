/* SPDX-License-Identifier: Apache-2.0 OR GPL-2.0-only */
/*
 * The handover block: what whoever starts the emulator tells it. Defined here and nowhere else: the
 * kernel's loader includes this header, the Swift side imports it.
 *
 * One header, then records of any number in any order, each with its own length. A reader skips the
 * types it does not know. All integers are little-endian, all addresses are physical, all sizes are
 * in bytes. Header and records are aligned to 8 bytes.
 */
#ifndef VIRGIL_HANDOVER_H
#define VIRGIL_HANDOVER_H

#include "virgil_types.h"

#define VIRGIL_HANDOVER_MAGIC 0x52564f4c49475256ULL /* "VRGILOVR" */
#define VIRGIL_HANDOVER_VERSION 1

/* Addresses in range records are relative to the handover header (two's complement). */
#define VIRGIL_HANDOVER_RELATIVE 0x1

struct virgil_handover {
	VIRGIL_U64 magic;
	VIRGIL_U32 version;
	VIRGIL_U32 header_size; /* of this structure; the first record follows */
	VIRGIL_U64 total_size;	/* header and records */
	VIRGIL_U32 checksum;	/* CRC-32 of all, this field taken as 0 (UEFI 2.10, 4.2.1) */
	VIRGIL_U32 flags;
};

/* What a record is; in parentheses which structure it has. */
enum virgil_record_type {
	/* (virgil_image_record) what is started */
	VIRGIL_RECORD_IMAGE = 1,
	/* (range) bytes to lay over the start of an in-place image before it runs */
	VIRGIL_RECORD_HEADERS = 2,
	/* (range) UTF-8, without the NUL */
	VIRGIL_RECORD_COMMAND_LINE = 3,
	/* (range) */
	VIRGIL_RECORD_INITRD = 4,
	/* (range) flattened device tree */
	VIRGIL_RECORD_DEVICE_TREE = 5,
	/* (range) cpio newc */
	VIRGIL_RECORD_SIDECARS = 6,
	/* (range) the emulator with its .bss */
	VIRGIL_RECORD_EMULATOR = 7,
	/* (range) RAM that is the emulator's from the first instruction on; at least 512 KiB */
	VIRGIL_RECORD_SCRATCH = 8,
	/* (virgil_memory_record) one for each region of the memory map */
	VIRGIL_RECORD_MEMORY = 9,
	/* (virgil_table_record) one for each EFI configuration table */
	VIRGIL_RECORD_TABLE = 10,
	/* (virgil_console_record) */
	VIRGIL_RECORD_CONSOLE = 11,
	/* (record header) then the seed itself */
	VIRGIL_RECORD_RANDOM_SEED = 12,
	/* (virgil_secure_boot_record) */
	VIRGIL_RECORD_SECURE_BOOT = 13,
	/* (range) the log ring */
	VIRGIL_RECORD_LOG = 14,
	/* (record header) then where the image is among the sidecars: UTF-8, slashes */
	VIRGIL_RECORD_IMAGE_PATH = 15,
	/* (virgil_clock_record) */
	VIRGIL_RECORD_CLOCK = 16,
	/* (virgil_policy_record) */
	VIRGIL_RECORD_POLICY = 17,
	/* (virgil_reset_record) */
	VIRGIL_RECORD_RESET = 18,
	/* (range) goes with the image; is joined to VIRGIL_RECORD_INITRD, behind it */
	VIRGIL_RECORD_IMAGE_INITRD = 19,
	/* (range) counts where VIRGIL_RECORD_COMMAND_LINE is blank or missing */
	VIRGIL_RECORD_IMAGE_COMMAND_LINE = 20,
	/* (record header) then EFI_SIGNATURE_LISTs: the next kernel's variable db */
	VIRGIL_RECORD_SIGNATURES = 21,
	/* (virgil_verified_record) one for each file whose signature has been verified */
	VIRGIL_RECORD_VERIFIED = 22,
};

struct virgil_record {
	VIRGIL_U32 type;
	VIRGIL_U32 size; /* with this header; the next record starts at the next multiple of 8 */
};

struct virgil_range_record {
	struct virgil_record record;
	VIRGIL_U64 address;
	VIRGIL_U64 size;
};

enum virgil_image_origin {
	VIRGIL_IMAGE_IN_PLACE = 1, /* laid out at its RVAs already: run it where it is */
	VIRGIL_IMAGE_FILE = 2,	   /* a file in memory: load it */
	/* VIRGIL_RECORD_INITRD begins with the file, the initrd proper follows it */
	VIRGIL_IMAGE_IN_INITRD = 3,
};

struct virgil_image_record {
	struct virgil_record record;
	VIRGIL_U64 address;
	VIRGIL_U64 size;	/* in place: SizeOfImage; a file: its size; else of a placeholder */
	VIRGIL_U32 origin;	/* enum virgil_image_origin */
	VIRGIL_U32 verified;	/* 1: the first kernel has verified its signature */
	VIRGIL_U8 sha256[32];	/* of the file; zero when unknown */
};

/*
 * Bytes in memory, a file among the sidecars, whose signature whoever starts the emulator has
 * verified. With Secure Boot or lockdown on, no other add-ons are taken.
 */
struct virgil_verified_record {
	struct virgil_record record;
	VIRGIL_U64 address;
	VIRGIL_U64 size;
	VIRGIL_U8 sha256[32];
};

/* One region, in the terms of EFI_MEMORY_DESCRIPTOR (UEFI 2.10, 7.2.3). */
struct virgil_memory_record {
	struct virgil_record record;
	VIRGIL_U64 physical_start;
	VIRGIL_U64 number_of_pages; /* 4 KiB */
	VIRGIL_U64 attribute;
	VIRGIL_U64 virtual_start; /* where a runtime region is mapped already, else 0 */
	VIRGIL_U32 type;	  /* EFI_MEMORY_TYPE */
	VIRGIL_U32 reserved;
};

struct virgil_table_record {
	struct virgil_record record;
	VIRGIL_U8 guid[16];
	VIRGIL_U64 address;
};

enum virgil_console_space {
	VIRGIL_CONSOLE_MMIO = 0,
	VIRGIL_CONSOLE_PORT = 1,
};

/*
 * A serial console without a driver: write a byte to data when (status & ready_mask) ==
 * ready_value; read one from data when (status & receive_mask) == receive_value. Offsets are in
 * bytes from base.
 */
struct virgil_console_record {
	struct virgil_record record;
	VIRGIL_U64 base;
	VIRGIL_U32 space; /* enum virgil_console_space */
	VIRGIL_U32 width; /* of an access: 1 or 4 bytes */
	VIRGIL_U32 data_offset;
	VIRGIL_U32 status_offset;
	VIRGIL_U32 ready_mask;
	VIRGIL_U32 ready_value;
	VIRGIL_U32 receive_mask;
	VIRGIL_U32 receive_value;
};

enum virgil_clock_kind {
	VIRGIL_CLOCK_PL031 = 1, /* base: its registers; the first one counts seconds since 1970 */
	VIRGIL_CLOCK_CMOS = 2,	/* base: the index port, 0x70; the data port follows it */
};

/* A real-time clock that can be read without a driver. */
struct virgil_clock_record {
	struct virgil_record record;
	VIRGIL_U32 kind; /* enum virgil_clock_kind */
	VIRGIL_U32 reserved;
	VIRGIL_U64 base;
};

enum virgil_failure_action {
	VIRGIL_FAILURE_RESET = 0,
	VIRGIL_FAILURE_HALT = 1,
	VIRGIL_FAILURE_POWEROFF = 2,
};

/*
 * What happens after a failure has been reported, and how much is reported. A level is that of the
 * least important lines: 0 error, 1 warning, 2 notice, 3 debug.
 */
struct virgil_policy_record {
	struct virgil_record record;
	VIRGIL_U32 on_failure;	  /* enum virgil_failure_action */
	VIRGIL_U32 console_level; /* of what is shown */
	VIRGIL_U32 log_level;	  /* of what the next kernel can read */
	VIRGIL_U32 reserved;
};

enum virgil_psci_conduit {
	VIRGIL_PSCI_NONE = 0,
	VIRGIL_PSCI_HVC = 1,
	VIRGIL_PSCI_SMC = 2,
};

/*
 * How the machine is reset and powered off. Addresses are those of generic address structures
 * (ACPI 6.5, 5.2.3.2); 0: there is no such register.
 */
struct virgil_reset_record {
	struct virgil_record record;
	VIRGIL_U32 psci;	  /* enum virgil_psci_conduit */
	VIRGIL_U8 reset_space;	  /* 0: memory, 1: I/O port */
	VIRGIL_U8 reset_value;	  /* what is written to reset_address */
	VIRGIL_U8 sleep_type_a;	  /* SLP_TYPa and SLP_TYPb of S5 */
	VIRGIL_U8 sleep_type_b;
	VIRGIL_U64 reset_address; /* RESET_REG */
	VIRGIL_U32 pm1a_control;  /* I/O port of PM1a_CNT; 0: none, or its value is not known */
	VIRGIL_U32 pm1b_control;
};

/*
 * The variables SecureBoot and SetupMode, and whether the first kernel is locked down: 0 or 1.
 * Lockdown is to images what Secure Boot is; the variable does not tell of it.
 */
struct virgil_secure_boot_record {
	struct virgil_record record;
	VIRGIL_U8 secure_boot;
	VIRGIL_U8 setup_mode;
	VIRGIL_U8 lockdown;
	VIRGIL_U8 reserved[5];
};

#endif
