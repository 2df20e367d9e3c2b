/* SPDX-License-Identifier: Apache-2.0 OR GPL-2.0-only */
/*
 * Simple Text Output and Simple Text Input (UEFI 2.10, 12.4, 12.3), on the consoles of the system table. What moves the
 * cursor or clears the screen is done first and reported afterwards: the report goes to the same console.
 */
#include "conformance.h"
#include "efi_protocols.h"

static EFI_SIMPLE_TEXT_OUTPUT_PROTOCOL *out;

#define OUT(type, slot) CALL(type, out->slot)

/* Where the cursor is: column and row in one number. */
static uint64_t cursor(void)
{
	return (uint64_t)(uint32_t)out->Mode->CursorColumn << 32 | (uint32_t)out->Mode->CursorRow;
}
#define AT(column, row) ((uint64_t)(column) << 32 | (row))

/* Whatever was written before: an assertion starts a line. */
static void begin_report(void) { OUT(text_string, OutputString)(out, u"\r\n"); }

static void modes(uint64_t *columns, uint64_t *rows)
{
	uint64_t none;

	check("12.4.1", "console.mode", out->Mode != 0 && out->Mode->MaxMode >= 1, "there is a mode at least");
	check("12.4.1", "console.current-mode", out->Mode->Mode >= 0 && out->Mode->Mode < out->Mode->MaxMode,
	      "the mode is one of them");
	check_status("12.4.5", "console.query-mode-0", OUT(text_query_mode, QueryMode)(out, 0, columns, rows),
		     EFI_SUCCESS, "mode 0 is always there");
	check("12.4.5", "console.mode-0-size", *columns == 80 && *rows == 25, "mode 0 is 80 by 25");
	check_status("12.4.5", "console.query-mode-beyond",
		     OUT(text_query_mode, QueryMode)(out, (uint64_t)out->Mode->MaxMode, &none, &none), EFI_UNSUPPORTED,
		     "the mode number is not valid");
	check_status("12.4.5", "console.query-mode-far-beyond",
		     OUT(text_query_mode, QueryMode)(out, ~0ULL, &none, &none), EFI_UNSUPPORTED,
		     "the mode number is not valid");
	check_status("12.4.6", "console.set-mode-beyond", OUT(text_number, SetMode)(out, (uint64_t)out->Mode->MaxMode),
		     EFI_UNSUPPORTED, "the mode number is not valid");
	efi_status set = OUT(text_number, SetMode)(out, 0);
	uint64_t at = cursor();

	begin_report();
	check_status("12.4.6", "console.set-mode-0", set, EFI_SUCCESS, "mode 0 is always there");
	check("12.4.6", "console.set-mode-clears", at == AT(0, 0) && out->Mode->Mode == 0,
	      "the screen is cleared, and the cursor is at the top left");
}

static void attributes(void)
{
	int32_t before = out->Mode->Attribute;
	efi_status bad = OUT(text_number, SetAttribute)(out, 0x80), worse = OUT(text_number, SetAttribute)(out, 0x100);
	int32_t kept = out->Mode->Attribute;
	efi_status set = OUT(text_number, SetAttribute)(out, 0x1f);
	int32_t bright = out->Mode->Attribute;
	efi_status back = OUT(text_number, SetAttribute)(out, 0x07);
	int32_t plain = out->Mode->Attribute;

	begin_report();
	check_status("12.4.7", "console.attribute", set, EFI_SUCCESS, "white on blue");
	check_equal("12.4.7", "console.attribute-noted", (uint64_t)bright, 0x1f, "Mode has the current attribute");
	check_status("12.4.7", "console.attribute-back", back, EFI_SUCCESS, "light grey on black");
	check_equal("12.4.7", "console.attribute-back-noted", (uint64_t)plain, 0x07, "Mode has the current attribute");
	check_status("12.4.7", "console.attribute-bit-7", bad, EFI_UNSUPPORTED, "the attribute is not defined");
	check_status("12.4.7", "console.attribute-bit-8", worse, EFI_UNSUPPORTED, "the attribute is not defined");
	check_equal("12.4.7", "console.attribute-refusals-keep", (uint64_t)kept, (uint64_t)before,
		    "a refused attribute changes nothing");
}

static void positions(uint64_t columns, uint64_t rows)
{
	OUT(text_position, SetCursorPosition)(out, 5, 3);
	efi_status cleared = OUT(text_clear, ClearScreen)(out);
	uint64_t after_clear = cursor();
	efi_status set = OUT(text_position, SetCursorPosition)(out, 5, 3);
	uint64_t middle = cursor();
	efi_status right = OUT(text_position, SetCursorPosition)(out, columns, 0);
	efi_status below = OUT(text_position, SetCursorPosition)(out, 0, rows);
	efi_status far = OUT(text_position, SetCursorPosition)(out, ~0ULL, ~0ULL);
	uint64_t kept = cursor();
	efi_status corner = OUT(text_position, SetCursorPosition)(out, columns - 1, rows - 1);
	uint64_t last = cursor();
	efi_status reset = OUT(text_reset, Reset)(out, 0);
	uint64_t after_reset = cursor();

	begin_report();
	check_status("12.4.8", "console.clear", cleared, EFI_SUCCESS, "the screen is cleared");
	check_equal("12.4.8", "console.clear-cursor", after_clear, AT(0, 0), "the cursor is at (0, 0)");
	check_status("12.4.9", "console.position", set, EFI_SUCCESS, "the cursor is moved");
	check_equal("12.4.9", "console.position-noted", middle, AT(5, 3), "Mode has the current position");
	check_status("12.4.9", "console.position-right", right, EFI_UNSUPPORTED, "right of the screen");
	check_status("12.4.9", "console.position-below", below, EFI_UNSUPPORTED, "below the screen");
	check_status("12.4.9", "console.position-far", far, EFI_UNSUPPORTED, "far outside the screen");
	check_equal("12.4.9", "console.position-refusals-keep", kept, AT(5, 3), "a refused position changes nothing");
	check_status("12.4.9", "console.position-corner", corner, EFI_SUCCESS, "the last column of the last row");
	check_equal("12.4.9", "console.position-corner-noted", last, AT(columns - 1, rows - 1),
		    "Mode has the current position");
	check_status("12.4.2", "console.reset", reset, EFI_SUCCESS, "the device is reset");
	check_equal("12.4.2", "console.reset-cursor", after_reset, AT(0, 0), "the cursor is at (0, 0)");
}

static void strings(uint64_t columns)
{
	uint64_t at[7];

	OUT(text_position, SetCursorPosition)(out, 0, 2);
	efi_status written = OUT(text_string, OutputString)(out, u"ab");
	at[0] = cursor();
	OUT(text_string, OutputString)(out, u"\n");
	at[1] = cursor();
	OUT(text_string, OutputString)(out, u"c\b");
	at[2] = cursor();
	OUT(text_string, OutputString)(out, u"\r");
	at[3] = cursor();
	OUT(text_string, OutputString)(out, u"\b");
	at[4] = cursor();
	OUT(text_position, SetCursorPosition)(out, columns - 1, 4);
	OUT(text_string, OutputString)(out, u"x");
	at[5] = cursor();
	OUT(text_string, OutputString)(out, u"");
	at[6] = cursor();
	efi_status tested = OUT(text_string, TestString)(out, u"plain text");
	uint64_t after_test = cursor();

	OUT(text_clear, ClearScreen)(out);
	begin_report();
	check_status("12.4.3", "console.output", written, EFI_SUCCESS, "the string was output");
	check_equal("12.4.3", "console.output-advances", at[0], AT(2, 2), "the cursor moves on with each character");
	check_equal("12.4.3", "console.output-line-feed", at[1], AT(2, 3), "a line feed moves it down, in its column");
	check_equal("12.4.3", "console.output-backspace", at[2], AT(2, 3), "a backspace moves it back");
	check_equal("12.4.3", "console.output-carriage-return", at[3], AT(0, 3),
		    "a carriage return moves it to column 0");
	check_equal("12.4.3", "console.output-backspace-at-margin", at[4], AT(0, 3),
		    "in column 0 a backspace does nothing");
	check_equal("12.4.3", "console.output-wraps", at[5], AT(0, 5), "behind the last column comes the next row");
	check_equal("12.4.3", "console.output-empty", at[6], AT(0, 5), "an empty string does nothing");
	check_status("12.4.4", "console.test", tested, EFI_SUCCESS, "the device can render plain text");
	check_equal("12.4.4", "console.test-writes-nothing", after_test, AT(0, 5), "a test writes nothing");
}

static void cursors(void)
{
	efi_status hidden = OUT(text_flag, EnableCursor)(out, 0);
	uint8_t is_hidden = !out->Mode->CursorVisible;
	efi_status shown = OUT(text_flag, EnableCursor)(out, 1);

	begin_report();
	check_status2("12.4.10", "console.cursor-hidden", hidden, EFI_SUCCESS, EFI_UNSUPPORTED,
		      "the cursor is made invisible, unless the device cannot");
	check("12.4.10", "console.cursor-hidden-noted", hidden != EFI_SUCCESS || is_hidden,
	      "Mode says whether it is visible");
	check_status("12.4.10", "console.cursor-shown", shown, EFI_SUCCESS, "the cursor is made visible");
	check_equal("12.4.10", "console.cursor-shown-noted", out->Mode->CursorVisible, 1,
		    "Mode says whether it is visible");
}

static void input(void)
{
	EFI_SIMPLE_TEXT_INPUT_PROTOCOL *in = st->ConIn;
	EFI_INPUT_KEY key = {1, 1};
	uint64_t index = 7;
	efi_event timer = 0;

	check_status("12.3.2", "console.input-reset", CALL(text_reset, in->Reset)(in, 0), EFI_SUCCESS,
		     "the device is reset");
	check_status("12.3.3", "console.input-no-key", CALL(read_key, in->ReadKeyStroke)(in, &key), EFI_NOT_READY,
		     "there was no keystroke data available");
	check("12.3.1", "console.input-event", in->WaitForKey != 0, "WaitForKey is an event");
	check_status("12.3.1", "console.input-event-waits", BS(CheckEvent)(in->WaitForKey), EFI_NOT_READY,
		     "WaitForKey is signaled when a key is available, and none is");
	/* 1 ms: it is the timer that ends the wait. */
	BS(CreateEvent)(EVT_TIMER, TPL_APPLICATION, 0, 0, &timer);
	BS(SetTimer)(timer, TimerRelative, 10000);
	efi_event events[2] = {in->WaitForKey, timer};
	efi_status waited = BS(WaitForEvent)(2, events, &index);

	check("12.3.1", "console.input-event-waited-for", waited == EFI_SUCCESS && index == 1,
	      "WaitForKey can be waited for, with a timer beside it");
	BS(CloseEvent)(timer);
}

void run_group(void)
{
	uint64_t columns = 0, rows = 0;

	out = st->ConOut;
	modes(&columns, &rows);
	attributes();
	positions(columns, rows);
	strings(columns);
	cursors();
	input();
}
