/* SPDX-License-Identifier: Apache-2.0 OR GPL-2.0-only */
/* Unicode Collation Protocol (UEFI 2.10, 13.11), where the firmware has one. */
#include "efi_protocols.h"
#include "protocol_kit.h"

static const efi_guid_bytes collation_guid = GUID(0xa4c751fc, 0x23ae, 0x4c3e, 0x92, 0xe9, 0x49, 0x64, 0xcf, 0x63, 0xf3, 0x49);
static collation *unicode;

#define COMPARE(a, b) CALL(compare_strings, unicode->StriColl)(unicode, a, b)

static int same_text(const efi_char16 *a, const efi_char16 *b)
{
	for (; *a && *a == *b; a++, b++)
		;
	return *a == *b;
}

static void match(const char *id, const efi_char16 *string, const efi_char16 *pattern, int matches, const char *text)
{
	check_equal("13.11.3", id, CALL(match_string, unicode->MetaiMatch)(unicode, string, pattern) != 0, (uint64_t)matches, text);
}

static void fat_names(void)
{
	efi_char16 wide[16];
	char fat[16];

	memset(fat, 0x55, sizeof(fat));
	uint8_t lossy = CALL(to_fat, unicode->StrToFat)(unicode, u"FILE~1 .TXT", 12, fat);

	check("13.11.7", "collation.to-fat", !lossy && memcmp(fat, "FILE~1TXT", 9) == 0,
	      "characters of FAT names are kept, periods and spaces skipped");
	check("13.11.7", "collation.to-fat-lossy", CALL(to_fat, unicode->StrToFat)(unicode, u"a\x4e00", 12, fat) != 0,
	      "TRUE when a character has no mapping");
	memset(wide, 0x55, sizeof(wide));
	CALL(from_fat, unicode->FatToStr)(unicode, 4, "ABCDEF", wide);
	check("13.11.6", "collation.from-fat", same_text(wide, u"ABCD"), "FatSize characters, and a NUL");
	CALL(from_fat, unicode->FatToStr)(unicode, 8, "AB\0CDEFG", wide);
	check("13.11.6", "collation.from-fat-nul", same_text(wide, u"AB"), "a NUL ends it before FatSize");
}

void run_group(void)
{
	efi_char16 text[] = u"aB1-z";

	if (BS(LocateProtocol)(&collation_guid, 0, (void **)&unicode) != EFI_SUCCESS) {
		skip("13.11.1", "collation.protocol", "the firmware has no Unicode Collation Protocol");
		return;
	}
	check("13.11.1", "collation.languages", unicode->SupportedLanguages && unicode->SupportedLanguages[0],
	      "SupportedLanguages is a list of RFC 4646 codes");
	check_equal("13.11.2", "collation.equal", (uint64_t)COMPARE(u"abc", u"abc"), 0, "equal strings");
	check_equal("13.11.2", "collation.equal-but-case", (uint64_t)COMPARE(u"aBc", u"AbC"), 0, "case makes no difference");
	check_equal("13.11.2", "collation.equal-empty", (uint64_t)COMPARE(u"", u""), 0, "empty strings");
	check("13.11.2", "collation.less", COMPARE(u"abc", u"abd") < 0, "less than zero: the first is less");
	check("13.11.2", "collation.less-but-case", COMPARE(u"abc", u"ABD") < 0, "case makes no difference");
	check("13.11.2", "collation.greater", COMPARE(u"b", u"abc") > 0, "greater than zero: the first is greater");
	check("13.11.2", "collation.longer", COMPARE(u"abc", u"ab") > 0, "a longer string is greater");

	match("collation.match-plain", u"file.txt", u"FILE.TXT", 1, "case makes no difference");
	match("collation.match-star", u"file.txt", u"*.TXT", 1, "* matches any characters");
	match("collation.match-star-none", u"abc", u"abc*", 1, "* matches no characters as well");
	match("collation.match-stars", u"abcabd", u"*ab*d", 1, "several *");
	match("collation.match-star-not", u"file.txt", u"*.TX", 0, "the whole string has to match");
	match("collation.match-question", u"file1", u"file?", 1, "? matches one character");
	match("collation.match-question-not", u"file", u"file?", 0, "? matches one character, not none");
	match("collation.match-set", u"b1", u"[abc]1", 1, "a set matches one of its characters");
	match("collation.match-range", u"g", u"[a-m]", 1, "a set may hold ranges");
	match("collation.match-range-case", u"G", u"[a-m]", 1, "case makes no difference");
	match("collation.match-set-not", u"z", u"[a-m]", 0, "a character that is not in the set");
	match("collation.match-empty", u"", u"", 1, "empty strings match");
	match("collation.match-too-short", u"abcd", u"abc", 0, "the whole string has to match");

	CALL(change_string, unicode->StrUpr)(unicode, text);
	check("13.11.5", "collation.upper", same_text(text, u"AB1-Z"), "letters become capitals");
	CALL(change_string, unicode->StrLwr)(unicode, text);
	check("13.11.4", "collation.lower", same_text(text, u"ab1-z"), "letters become small");
	fat_names();
}
