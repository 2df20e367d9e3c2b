// SPDX-License-Identifier: GPL-2.0-only
/*
 * Describes the console in a few numbers, so that the emulator needs no driver
 * for it.
 *
 * Looked at are, in this order: earlycon= of the next kernel's command line,
 * the device tree's stdout-path, ACPI's SPCR, and on x86 console=ttyS0 to
 * ttyS3. With none of these, the emulator is silent.
 */
#define pr_fmt(fmt) "kexec_efi: " fmt

#include <linux/acpi.h>
#include <linux/kstrtox.h>
#include <linux/of.h>
#include <linux/of_address.h>
#include <linux/printk.h>
#include <linux/slab.h>
#include <linux/string.h>

#include "internal.h"

enum uart { UART_PL011, UART_16550 };

struct uart_place {
	enum uart uart;
	u64 base;
	u32 space;
	u32 width;
	u32 shift;
};

static void put_uart(struct kexec_efi_load *load, const struct uart_place *place)
{
	struct virgil_console_record console = {
		.record = { .type = VIRGIL_RECORD_CONSOLE, .size = sizeof(console) },
		.base = place->base,
		.space = place->space,
		.width = place->width,
	};

	if (place->uart == UART_PL011) {
		/* UARTFR: TXFF and RXFE. Words are what every SBSA UART takes. */
		console.width = 4;
		console.status_offset = 0x18;
		console.ready_mask = BIT(5);
		console.receive_mask = BIT(4);
	} else {
		/* LSR: THRE and DR */
		console.status_offset = 5 << place->shift;
		console.ready_mask = BIT(5);
		console.ready_value = BIT(5);
		console.receive_mask = BIT(0);
		console.receive_value = BIT(0);
	}
	kexec_efi_put(load, &console.record);
}

/* NAME,io|mmio|mmio32,ADDRESS[,OPTIONS] or NAME,0xADDRESS[,OPTIONS] */
static bool parse_earlycon(char *value, struct uart_place *place)
{
	char *name = strsep(&value, ",");
	char *type, *address;

	if (!strcmp(name, "pl011"))
		place->uart = UART_PL011;
	else if (!strcmp(name, "uart") || !strcmp(name, "uart8250") || !strcmp(name, "ns16550a"))
		place->uart = UART_16550;
	else
		return false;

	place->space = VIRGIL_CONSOLE_MMIO;
	place->width = 1;
	type = strsep(&value, ",");
	if (!type)
		return false;
	if (!strncmp(type, "0x", 2)) {
		address = type;
	} else {
		address = strsep(&value, ",");
		if (!strcmp(type, "io")) {
			place->space = VIRGIL_CONSOLE_PORT;
		} else if (!strcmp(type, "mmio32")) {
			place->width = 4;
			place->shift = 2;
		} else if (strcmp(type, "mmio")) {
			return false;
		}
	}
	return address && !kstrtou64(address, 0, &place->base) && place->base;
}

/* ttyS0 to ttyS3 are at the same place in every PC. */
static bool parse_standard_port(const char *value, struct uart_place *place)
{
	static const u16 ports[] = { 0x3f8, 0x2f8, 0x3e8, 0x2e8 };

	if (!IS_ENABLED(CONFIG_X86) || strncmp(value, "ttyS", 4) || value[4] < '0' ||
	    value[4] > '3')
		return false;
	if (value[5] && value[5] != ',')
		return false;
	*place = (struct uart_place){
		.uart = UART_16550,
		.base = ports[value[4] - '0'],
		.space = VIRGIL_CONSOLE_PORT,
		.width = 1,
	};
	return true;
}

static bool find_on_command_line(struct kexec_efi_load *load, struct uart_place *earlycon,
				 struct uart_place *console, bool *has_console)
{
	char *copy = kstrdup(load->cmdline, GFP_KERNEL);
	char *args = copy, *param, *value;
	bool found = false;

	if (!copy)
		load->error = load->error ?: -ENOMEM;

	while (args && *args && !found) {
		args = next_arg(skip_spaces(args), &param, &value);
		if (!value)
			continue;
		if (!strcmp(param, "console"))
			*has_console |= parse_standard_port(value, console);
		if (!strcmp(param, "earlycon") || !strcmp(param, "console"))
			found = parse_earlycon(value, earlycon);
	}
	kfree(copy);
	return found;
}

static bool find_stdout_path(struct uart_place *place)
{
	struct resource registers;
	u32 width = 1, shift = 0;

	if (!IS_ENABLED(CONFIG_OF_ADDRESS) || !of_stdout ||
	    of_address_to_resource(of_stdout, 0, &registers))
		return false;
	if (of_device_is_compatible(of_stdout, "arm,pl011") ||
	    of_device_is_compatible(of_stdout, "arm,sbsa-uart")) {
		place->uart = UART_PL011;
	} else if (of_device_is_compatible(of_stdout, "ns16550a") ||
		   of_device_is_compatible(of_stdout, "ns16550") ||
		   of_device_is_compatible(of_stdout, "snps,dw-apb-uart")) {
		place->uart = UART_16550;
		of_property_read_u32(of_stdout, "reg-io-width", &width);
		of_property_read_u32(of_stdout, "reg-shift", &shift);
	} else {
		return false;
	}
	if ((width != 1 && width != 4) || shift > 4)
		return false;
	place->base = registers.start;
	place->space = VIRGIL_CONSOLE_MMIO;
	place->width = width;
	place->shift = shift;
	return true;
}

#ifdef CONFIG_ACPI
static bool read_spcr(const struct acpi_table_spcr *spcr, struct uart_place *place)
{
	u32 width = spcr->serial_port.access_width ? 1 << (spcr->serial_port.access_width - 1) : 1;

	switch (spcr->interface_type) {
	case ACPI_DBG2_ARM_PL011:
	case ACPI_DBG2_ARM_SBSA_32BIT:
	case ACPI_DBG2_ARM_SBSA_GENERIC:
		place->uart = UART_PL011;
		break;
	case ACPI_DBG2_16550_COMPATIBLE:
	case ACPI_DBG2_16550_SUBSET:
	case ACPI_DBG2_16550_WITH_GAS:
		place->uart = UART_16550;
		break;
	default:
		return false;
	}
	place->base = spcr->serial_port.address;
	if (spcr->serial_port.space_id == ACPI_ADR_SPACE_SYSTEM_IO) {
		place->space = VIRGIL_CONSOLE_PORT;
		place->width = 1;
	} else if (spcr->serial_port.space_id == ACPI_ADR_SPACE_SYSTEM_MEMORY &&
		   (width == 1 || width == 4)) {
		place->space = VIRGIL_CONSOLE_MMIO;
		place->width = width;
		place->shift = width == 4 ? 2 : 0;
	} else {
		return false;
	}
	return place->base;
}

static bool find_spcr(struct uart_place *place)
{
	struct acpi_table_header *table;
	bool found = false;

	if (acpi_disabled || ACPI_FAILURE(acpi_get_table(ACPI_SIG_SPCR, 0, &table)))
		return false;
	if (table->length >= offsetofend(struct acpi_table_spcr, serial_port))
		found = read_spcr((struct acpi_table_spcr *)table, place);
	acpi_put_table(table);
	return found;
}
#else
static bool find_spcr(struct uart_place *place)
{
	return false;
}
#endif

/**
 * kexec_efi_put_console - hand over where messages can be written
 * @load:	the image that is loaded
 */
void kexec_efi_put_console(struct kexec_efi_load *load)
{
	struct uart_place place = {}, console = {};
	bool has_console = false;

	if (find_on_command_line(load, &place, &console, &has_console) ||
	    find_stdout_path(&place) || find_spcr(&place))
		put_uart(load, &place);
	else if (has_console)
		put_uart(load, &console);
}
