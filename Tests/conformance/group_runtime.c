/* SPDX-License-Identifier: Apache-2.0 OR GPL-2.0-only */
/*
 * Runtime services before ExitBootServices (UEFI 2.10, 8), but for variables. Each of them may be UNSUPPORTED on a
 * platform that lacks what it takes; what is asserted is that a wrong call is refused, and that a right one is right.
 */
#include "conformance.h"

static int is_time(const efi_time *time)
{
	static const uint8_t days[] = {31, 28, 31, 30, 31, 30, 31, 31, 30, 31, 30, 31};
	int leap = time->Year % 4 == 0 && (time->Year % 100 != 0 || time->Year % 400 == 0);

	return time->Year >= 1900 && time->Year <= 9999 && time->Month >= 1 && time->Month <= 12 && time->Day >= 1 &&
	       time->Day <= days[time->Month - 1] + (leap && time->Month == 2) && time->Hour <= 23 &&
	       time->Minute <= 59 && time->Second <= 59 && time->Nanosecond <= 999999999 &&
	       (time->TimeZone == 0x7ff || (time->TimeZone >= -1440 && time->TimeZone <= 1440)) &&
	       (time->Daylight & ~3) == 0;
}

static void get_time(void)
{
	efi_time time, again;
	efi_time_capabilities capabilities;
	efi_status status;

	memset(&time, 0xff, sizeof(time));
	memset(&again, 0xff, sizeof(again));
	check_status2("8.3.1", "runtime.get-time.null", RT(GetTime)(0, &capabilities), EFI_INVALID_PARAMETER,
		      EFI_UNSUPPORTED, "Time is NULL");
	status = RT(GetTime)(&time, &capabilities);
	check_status2("8.3.1", "runtime.get-time", status, EFI_SUCCESS, EFI_UNSUPPORTED, "the time, or no clock");
	if (status != EFI_SUCCESS) {
		skip("8.3.1", "runtime.get-time.valid", "there is no clock");
		skip("8.3.1", "runtime.get-time.no-capabilities", "there is no clock");
		skip("8.3.1", "runtime.get-time.resolution", "there is no clock");
		skip("8.3.1", "runtime.get-time.moves", "there is no clock");
		return;
	}
	check("8.3.1", "runtime.get-time.valid", is_time(&time), "every field is in its range");
	check("8.3.1", "runtime.get-time.resolution", capabilities.Resolution >= 1, "a clock has a resolution");
	BS(Stall)(1100000);
	check_status("8.3.1", "runtime.get-time.no-capabilities", RT(GetTime)(&again, 0), EFI_SUCCESS,
		     "Capabilities may be NULL");
	check("8.3.1", "runtime.get-time.moves", memcmp(&time, &again, sizeof(time)) != 0 && is_time(&again),
	      "more than a second later it is another time");
}

static void set_time(void)
{
	static const struct {
		const char *id, *text;
		efi_time time;
	} wrong[] = {
		{"runtime.set-time.year", "Year is 1900 to 9999", {1899, 1, 1, 0, 0, 0, 0, 0, 0, 0, 0}},
		{"runtime.set-time.month-0", "Month is 1 to 12", {2024, 0, 1, 0, 0, 0, 0, 0, 0, 0, 0}},
		{"runtime.set-time.month-13", "Month is 1 to 12", {2024, 13, 1, 0, 0, 0, 0, 0, 0, 0, 0}},
		{"runtime.set-time.day-0", "Day is 1 to 31", {2024, 1, 0, 0, 0, 0, 0, 0, 0, 0, 0}},
		{"runtime.set-time.day-32", "Day is 1 to 31", {2024, 1, 32, 0, 0, 0, 0, 0, 0, 0, 0}},
		{"runtime.set-time.hour", "Hour is 0 to 23", {2024, 1, 1, 24, 0, 0, 0, 0, 0, 0, 0}},
		{"runtime.set-time.minute", "Minute is 0 to 59", {2024, 1, 1, 0, 60, 0, 0, 0, 0, 0, 0}},
		{"runtime.set-time.second", "Second is 0 to 59", {2024, 1, 1, 0, 0, 60, 0, 0, 0, 0, 0}},
		{"runtime.set-time.nanosecond",
		 "Nanosecond is 0 to 999,999,999",
		 {2024, 1, 1, 0, 0, 0, 0, 1000000000, 0, 0, 0}},
		{"runtime.set-time.zone", "TimeZone is -1440 to 1440 or 2047", {2024, 1, 1, 0, 0, 0, 0, 0, 1441, 0, 0}},
	};
	uint8_t enabled = 0, pending = 0;
	efi_time time;

	check_status2("8.3.2", "runtime.set-time.null", RT(SetTime)(0), EFI_INVALID_PARAMETER, EFI_UNSUPPORTED,
		      "Time is NULL");
	for (uint64_t i = 0; i < sizeof(wrong) / sizeof(*wrong); i++) {
		time = wrong[i].time;
		check_status2("8.3.2", wrong[i].id, RT(SetTime)(&time), EFI_INVALID_PARAMETER, EFI_UNSUPPORTED,
			      wrong[i].text);
	}
	check_status2("8.3.3", "runtime.get-wakeup-time.null-enabled", RT(GetWakeupTime)(0, &pending, &time),
		      EFI_INVALID_PARAMETER, EFI_UNSUPPORTED, "Enabled is NULL");
	check_status2("8.3.3", "runtime.get-wakeup-time.null-pending", RT(GetWakeupTime)(&enabled, 0, &time),
		      EFI_INVALID_PARAMETER, EFI_UNSUPPORTED, "Pending is NULL");
	check_status2("8.3.3", "runtime.get-wakeup-time.null-time", RT(GetWakeupTime)(&enabled, &pending, 0),
		      EFI_INVALID_PARAMETER, EFI_UNSUPPORTED, "Time is NULL");
	check_status2("8.3.4", "runtime.set-wakeup-time.null-time", RT(SetWakeupTime)(1, 0), EFI_INVALID_PARAMETER,
		      EFI_UNSUPPORTED, "Enable is TRUE and Time is NULL");
	time = wrong[2].time;
	check_status2("8.3.4", "runtime.set-wakeup-time.month", RT(SetWakeupTime)(1, &time), EFI_INVALID_PARAMETER,
		      EFI_UNSUPPORTED, "a field is out of range");
}

static void virtual_memory(void)
{
	static uint64_t map[5];
	void *pointer = map;
	efi_status status;

	check_status("8.4.1", "runtime.set-virtual-address-map.boot",
		     RT(SetVirtualAddressMap)(sizeof(map), sizeof(map), 1, map), EFI_UNSUPPORTED,
		     "firmware is not at runtime");
	check_status2("8.4.2", "runtime.convert-pointer.null", RT(ConvertPointer)(0, 0), EFI_INVALID_PARAMETER,
		      EFI_UNSUPPORTED, "Address is NULL");
	status = RT(ConvertPointer)(0, &pointer);
	check_status2("8.4.2", "runtime.convert-pointer.boot", status, EFI_NOT_FOUND, EFI_UNSUPPORTED,
		      "no virtual address map is being set");
	check("8.4.2", "runtime.convert-pointer.unchanged", pointer == map,
	      "a pointer that is not converted stays as it is");
	pointer = 0;
	status = RT(ConvertPointer)(0, &pointer);
	check_status2("8.4.2", "runtime.convert-pointer.null-pointer", status, EFI_INVALID_PARAMETER, EFI_UNSUPPORTED,
		      "*Address is NULL and not optional");
}

static void capsules(void)
{
	static efi_capsule_header capsule = {
		GUID(0x6a0e5f1c, 0x4b7d, 0x4c0e, 0x9d, 0x11, 0x3a, 0x52, 0x0b, 0x77, 0xc1, 0x77),
		sizeof(efi_capsule_header), 0, sizeof(efi_capsule_header)};
	efi_capsule_header *list[1] = {&capsule};
	uint64_t maximum = 0;
	uint32_t reset = 0;

	check_status2("8.5.3", "runtime.update-capsule.none", RT(UpdateCapsule)(list, 0, 0), EFI_INVALID_PARAMETER,
		      EFI_UNSUPPORTED, "CapsuleCount is 0");
	check_status2("8.5.3", "runtime.update-capsule.unknown", RT(UpdateCapsule)(list, 1, 0), EFI_UNSUPPORTED,
		      EFI_INVALID_PARAMETER, "a type of capsule that the platform does not know");
	capsule.Flags = 0x00020000; /* CAPSULE_FLAGS_POPULATE_SYSTEM_TABLE without PERSIST_ACROSS_RESET */
	check_status2("8.5.3", "runtime.update-capsule.populate", RT(UpdateCapsule)(list, 1, 0), EFI_INVALID_PARAMETER,
		      EFI_UNSUPPORTED,
		      "CAPSULE_FLAGS_POPULATE_SYSTEM_TABLE must come with CAPSULE_FLAGS_PERSIST_ACROSS_RESET");
	capsule.Flags = 0x00040000; /* CAPSULE_FLAGS_INITIATE_RESET likewise */
	check_status2("8.5.3", "runtime.update-capsule.initiate", RT(UpdateCapsule)(list, 1, 0), EFI_INVALID_PARAMETER,
		      EFI_UNSUPPORTED,
		      "CAPSULE_FLAGS_INITIATE_RESET must come with CAPSULE_FLAGS_PERSIST_ACROSS_RESET");
	capsule.Flags = 0x00010000;
	check_status2("8.5.3", "runtime.update-capsule.no-list", RT(UpdateCapsule)(list, 1, 0), EFI_INVALID_PARAMETER,
		      EFI_UNSUPPORTED, "a capsule that persists needs a ScatterGatherList");
	capsule.Flags = 0;
	check_status2("8.5.4", "runtime.query-capsule.none", RT(QueryCapsuleCapabilities)(list, 0, &maximum, &reset),
		      EFI_INVALID_PARAMETER, EFI_UNSUPPORTED, "CapsuleCount is 0");
	check_status2("8.5.4", "runtime.query-capsule.null-maximum", RT(QueryCapsuleCapabilities)(list, 1, 0, &reset),
		      EFI_INVALID_PARAMETER, EFI_UNSUPPORTED, "MaximumCapsuleSize is NULL");
	check_status2("8.5.4", "runtime.query-capsule.null-reset", RT(QueryCapsuleCapabilities)(list, 1, &maximum, 0),
		      EFI_INVALID_PARAMETER, EFI_UNSUPPORTED, "ResetType is NULL");
	check_status2("8.5.4", "runtime.query-capsule.unknown", RT(QueryCapsuleCapabilities)(list, 1, &maximum, &reset),
		      EFI_UNSUPPORTED, EFI_INVALID_PARAMETER, "a type of capsule that the platform does not know");
}

void run_group(void)
{
	get_time();
	set_time();
	virtual_memory();
	capsules();
}
