/* SPDX-License-Identifier: Apache-2.0 OR GPL-2.0-only */
/* A group's entry point and its report: a line an assertion, which starts with '@', and `@ end N` to close. */
#include "conformance.h"

efi_handle image;
EFI_SYSTEM_TABLE *st;

static uint64_t assertions;
static int on_serial_port;

/* Output is gathered to a line: firmware's consoles are slow by the call. */
static char16 line[512];
static uint64_t used;

void *memset(void *to, int value, size_t count)
{
	volatile uint8_t *bytes = to; /* volatile: or the compiler makes a call to memset of it */

	while (count--)
		*bytes++ = (uint8_t)value;
	return to;
}

void *memcpy(void *to, const void *from, size_t count)
{
	volatile uint8_t *target = to;
	const uint8_t *source = from;

	while (count--)
		*target++ = *source++;
	return to;
}

int memcmp(const void *a, const void *b, size_t count)
{
	const uint8_t *left = a, *right = b;

	for (; count; count--, left++, right++)
		if (*left != *right)
			return *left - *right;
	return 0;
}

/* QEMU's first serial port: on `virt` a PL011, on a PC a 16550. */
static void serial_write(uint8_t byte)
{
#if defined(__aarch64__)
	volatile uint32_t *uart = (volatile uint32_t *)0x9000000;

	while (uart[0x18 / 4] & 1 << 5) /* the transmit FIFO is full */
		;
	uart[0] = byte;
#else
	uint8_t state;

	do
		__asm__ volatile("inb %%dx, %%al" : "=a"(state) : "d"(0x3fd));
	while (!(state & 0x20));
	__asm__ volatile("outb %%al, %%dx" : : "a"(byte), "d"(0x3f8));
#endif
}

/* Ends QEMU's machine without any service: PSCI's SYSTEM_OFF by HVC, and a PC's reset register (QEMU has -no-reboot). */
static void power_off(void)
{
#if defined(__aarch64__)
	register uint64_t function __asm__("x0") = 0x84000008;

	__asm__ volatile("hvc #0" : "+r"(function) : : "memory");
#else
	__asm__ volatile("outb %%al, %%dx" : : "a"((uint8_t)0x0e), "d"(0xcf9));
#endif
	for (;;)
		;
}

static void flush(void)
{
	if (on_serial_port) {
		for (uint64_t i = 0; i < used; i++)
			serial_write((uint8_t)line[i]);
	} else {
		line[used] = 0;
		print(st, line);
	}
	used = 0;
}

static void say(const char *text)
{
	for (; *text; text++) {
		if (used == sizeof(line) / sizeof(*line) - 1)
			flush();
		line[used++] = (uint8_t)*text;
	}
}

static void end_line(void)
{
	say("\r\n");
	flush();
}

static void say_number(uint64_t number, uint64_t base)
{
	char digits[24];
	int at = sizeof(digits) - 1;

	digits[at] = 0;
	do
		digits[--at] = "0123456789abcdef"[number % base];
	while ((number /= base) != 0);
	say(base == 16 ? "0x" : "");
	say(digits + at);
}

static void say_status(efi_status status)
{
	static const char *const names[] = {
		"SUCCESS",	"LOAD_ERROR",	"INVALID_PARAMETER", "UNSUPPORTED",	 "BAD_BUFFER_SIZE",
		"BUFFER_TOO_SMALL", "NOT_READY",	"DEVICE_ERROR",	     "WRITE_PROTECTED",	 "OUT_OF_RESOURCES",
		"VOLUME_CORRUPTED", "VOLUME_FULL", "NO_MEDIA",	     "MEDIA_CHANGED",	 "NOT_FOUND",
		"ACCESS_DENIED",    "NO_RESPONSE", "NO_MAPPING",	     "TIMEOUT",		 "NOT_STARTED",
		"ALREADY_STARTED",  "ABORTED",	"ICMP_ERROR",	     "TFTP_ERROR",	 "PROTOCOL_ERROR",
		"INCOMPATIBLE_VERSION", "SECURITY_VIOLATION",
	};
	uint64_t number = status & ~EFI_ERROR_BIT;

	if (number < sizeof(names) / sizeof(*names) && (number == 0) == (status == 0))
		say(names[number]);
	else
		say_number(status, 16);
}

static void begin(const char *result, const char *section, const char *id)
{
	assertions++;
	say("@ ");
	say(result);
	say(" ");
	say(section);
	say(" ");
	say(id);
}

static int passes(int ok, const char *section, const char *id)
{
	begin(ok ? "pass" : "fail", section, id);
	if (ok)
		end_line();
	else
		say(": ");
	return ok;
}

static void end_failure(const char *text)
{
	say(": ");
	say(text);
	end_line();
}

void check(const char *section, const char *id, _Bool ok, const char *text)
{
	if (!passes(ok, section, id)) {
		say(text);
		end_line();
	}
}

void check_status(const char *section, const char *id, efi_status got, efi_status wanted, const char *text)
{
	if (!passes(got == wanted, section, id)) {
		say("got ");
		say_status(got);
		say(", wanted ");
		say_status(wanted);
		end_failure(text);
	}
}

void check_status2(const char *section, const char *id, efi_status got, efi_status a, efi_status b, const char *text)
{
	if (!passes(got == a || got == b, section, id)) {
		say("got ");
		say_status(got);
		say(", wanted ");
		say_status(a);
		say(" or ");
		say_status(b);
		end_failure(text);
	}
}

void check_equal(const char *section, const char *id, uint64_t got, uint64_t wanted, const char *text)
{
	if (!passes(got == wanted, section, id)) {
		say("got ");
		say_number(got, 16);
		say(", wanted ");
		say_number(wanted, 16);
		end_failure(text);
	}
}

void skip(const char *section, const char *id, const char *reason)
{
	begin("skip", section, id);
	say(": ");
	say(reason);
	end_line();
}

void expect_reset(const char *section, const char *id)
{
	begin("reset", section, id);
	end_line();
}

void missed_reset(const char *text)
{
	say("@ no reset: ");
	say(text);
	end_line();
}

void note(const char *text)
{
	say("# ");
	say(text);
	end_line();
}

void leave_console(void) { on_serial_port = 1; }

efi_status EFIAPI efi_main(efi_handle own, EFI_SYSTEM_TABLE *system)
{
	image = own;
	st = system;
	/* Firmware may have put something on the line already. */
	end_line();
	run_group();
	say("@ end ");
	say_number(assertions, 10);
	end_line();
	if (on_serial_port)
		power_off();
	RT(ResetSystem)(EfiResetShutdown, EFI_SUCCESS, 0, 0);
	return EFI_SUCCESS;
}
