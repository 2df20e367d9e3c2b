/* SPDX-License-Identifier: Apache-2.0 OR GPL-2.0-only */
/* InstallConfigurationTable (UEFI 2.10, 7.5.6) and what it does to the system table (4.3, 4.6). */
#include "protocol_kit.h"

/* The entries of a GUID; *table is the last one's. */
static unsigned entries(const efi_guid_bytes *guid, void **table)
{
	unsigned found = 0;

	*table = 0;
	for (uint64_t i = 0; i < st->NumberOfTableEntries; i++) {
		if (same_guid(&st->ConfigurationTable[i].VendorGuid, guid)) {
			found++;
			*table = st->ConfigurationTable[i].VendorTable;
		}
	}
	return found;
}

/* Whether the CRC of the system table is right (4.2.1). */
static int crc_is_right(void)
{
	EFI_SYSTEM_TABLE copy;
	uint32_t crc = 0;

	memcpy(&copy, st, sizeof(copy));
	copy.Hdr.CRC32 = 0;
	return BS(CalculateCrc32)(&copy, sizeof(copy), &crc) == EFI_SUCCESS && crc == st->Hdr.CRC32;
}

static unsigned signals;

static void EFIAPI count_signal(efi_event event, void *context) { signals++; }

static void many(uint64_t before)
{
	efi_guid_bytes guid = mark_c;
	unsigned right = 0, present = 0;
	void *table;

	for (unsigned i = 0; i < 100; i++) {
		guid.words[1] = i;
		right += BS(InstallConfigurationTable)(&guid, (uint8_t *)places + i) == EFI_SUCCESS;
	}
	check_equal("7.5.6", "configuration.many", right, 100, "there is room for many tables");
	for (unsigned i = 0; i < 100; i++) {
		guid.words[1] = i;
		present += entries(&guid, &table) == 1 && table == (uint8_t *)places + i;
	}
	check_equal("4.6", "configuration.many-found", present, 100, "each is in the system table's list");
	check("4.2.1", "configuration.many-crc", crc_is_right(), "the system table's CRC follows its content");
	for (unsigned i = 0; i < 100; i++) {
		guid.words[1] = i;
		BS(InstallConfigurationTable)(&guid, 0);
	}
	check_equal("7.5.6", "configuration.many-removed", st->NumberOfTableEntries, before, "all can be removed again");
}

void run_group(void)
{
	uint64_t before = st->NumberOfTableEntries;
	efi_event event = 0;
	void *table;

	BS(CreateEventEx)(EVT_NOTIFY_SIGNAL, TPL_CALLBACK, count_signal, 0, &mark_a, &event);
	check_status("7.5.6", "configuration.null-guid", BS(InstallConfigurationTable)(0, INTERFACE(0)), EFI_INVALID_PARAMETER,
		     "Guid is not valid");
	check_status("7.5.6", "configuration.remove-nothing", BS(InstallConfigurationTable)(&mark_a, 0), EFI_NOT_FOUND,
		     "an attempt was made to delete a nonexistent entry");
	check_equal("7.5.6", "configuration.refusals-keep", st->NumberOfTableEntries, before, "a refused request changes nothing");

	check_status("7.5.6", "configuration.add", BS(InstallConfigurationTable)(&mark_a, INTERFACE(0)), EFI_SUCCESS,
		     "the pair was added");
	check("4.6", "configuration.add-found", entries(&mark_a, &table) == 1 && table == INTERFACE(0),
	      "it is in the system table's list");
	check_equal("4.3.1", "configuration.add-count", st->NumberOfTableEntries, before + 1, "NumberOfTableEntries counts it");
	check("4.2.1", "configuration.add-crc", crc_is_right(), "the system table's CRC follows its content");
	check_equal("7.5.6", "configuration.add-signals", signals, 1, "the event group of the same GUID is signaled");

	check_status("7.5.6", "configuration.replace", BS(InstallConfigurationTable)(&mark_a, INTERFACE(1)), EFI_SUCCESS,
		     "the pair was updated");
	check("7.5.6", "configuration.replace-found", entries(&mark_a, &table) == 1 && table == INTERFACE(1),
	      "the entry is replaced, not added");
	check_equal("7.5.6", "configuration.replace-signals", signals, 2, "the event group of the same GUID is signaled");

	BS(InstallConfigurationTable)(&mark_b, INTERFACE(2));
	check_equal("7.5.6", "configuration.other-signals-nothing", signals, 2, "another table's GUID does not signal it");
	check_status("7.5.6", "configuration.remove", BS(InstallConfigurationTable)(&mark_a, 0), EFI_SUCCESS,
		     "the pair was removed");
	check("7.5.6", "configuration.remove-gone", entries(&mark_a, &table) == 0, "the entry is gone");
	check("7.5.6", "configuration.remove-keeps", entries(&mark_b, &table) == 1 && table == INTERFACE(2),
	      "other entries stay");
	check_equal("7.5.6", "configuration.remove-signals", signals, 3, "the event group of the same GUID is signaled");
	check_status("7.5.6", "configuration.remove-twice", BS(InstallConfigurationTable)(&mark_a, 0), EFI_NOT_FOUND,
		     "an attempt was made to delete a nonexistent entry");
	BS(InstallConfigurationTable)(&mark_b, 0);
	check_equal("4.3.1", "configuration.remove-count", st->NumberOfTableEntries, before, "NumberOfTableEntries counts them");
	check("4.2.1", "configuration.remove-crc", crc_is_right(), "the system table's CRC follows its content");
	BS(CloseEvent)(event);
	many(before);
}
