/* SPDX-License-Identifier: Apache-2.0 OR GPL-2.0-only */
/*
 * ExitBootServices (UEFI 2.10, 7.4.6). Once it has been called, but for a wrong key, nothing may be said on the console
 * and nothing but memory services called: all is done first, and reported on QEMU's serial port.
 */
#include "memory_map.h"

static const efi_guid_bytes before_group =
	GUID(0x8be0e274, 0x3970, 0x4b44, 0x80, 0xc5, 0x1a, 0xb9, 0x50, 0x2f, 0x3b, 0xfc);
static const efi_guid_bytes exit_group =
	GUID(0x27abf055, 0xb1b8, 0x4c26, 0x80, 0x48, 0x74, 0x8f, 0x37, 0xba, 0xa2, 0xdf);
static const efi_guid_bytes vendor = GUID(0x1b3f6c2e, 0x5d0a, 0x4f4e, 0xa1, 0x27, 0x6d, 0x10, 0x9e, 0x44, 0x8b, 0x03);

enum { BEFORE, BEFORE_HIGH, EXIT_LOW, EXIT_HIGH, EXIT_GROUP, TIMER, EVENTS };
/* How often each was notified, when last, and at which level. */
static int count[EVENTS], place[EVENTS], notifications;
static uint64_t level[EVENTS];
static int ticks_at_exit = -1;
static int ticks_before;

static memory_map map;

static void EFIAPI notified(efi_event event, void *context)
{
	int which = (int)(uint64_t)context;

	(void)event;
	count[which]++;
	place[which] = ++notifications;
	level[which] = BS(RaiseTPL)(TPL_HIGH_LEVEL);
	BS(RestoreTPL)(level[which]);
}

static void EFIAPI tick(efi_event event, void *context)
{
	(void)event;
	(void)context;
	count[TIMER]++;
}

/* At the lowest level, so it comes last; timers would be served while it stalls. */
static void EFIAPI last_exit(efi_event event, void *context)
{
	notified(event, context);
	ticks_at_exit = count[TIMER];
	BS(Stall)(150000);
	if (count[TIMER] == ticks_at_exit)
		ticks_at_exit = 0;
}

static efi_event make(uint32_t type, uint64_t tpl, efi_notify function, const efi_guid_bytes *group, int which)
{
	efi_event event = 0;
	void *context = (void *)(uint64_t)which;
	efi_status status = group ? BS(CreateEventEx)(type, tpl, function, context, group, &event)
				  : BS(CreateEvent)(type, tpl, function, context, &event);

	if (status != EFI_SUCCESS)
		note("an event could not be made");
	return event;
}

static uint32_t crc32(const EFI_TABLE_HEADER *header)
{
	const uint8_t *bytes = (const uint8_t *)header;
	uint32_t crc = ~0u;

	for (uint32_t i = 0; i < header->HeaderSize; i++) {
		crc ^= i >= 16 && i < 20 ? 0 : bytes[i]; /* the field itself counts as 0 */
		for (int bit = 0; bit < 8; bit++)
			crc = crc >> 1 ^ (crc & 1 ? 0xedb88320u : 0);
	}
	return ~crc;
}

static efi_status wrong, stale, map_after, allocate_after, pool_after, last;

/* Fails twice, then succeeds. */
static void leave(void)
{
	uint64_t pages = 0;
	void *pool = 0;

	read_map(&map);
	wrong = BS(ExitBootServices)(image, map.key + 1);
	map_after = read_map(&map);
	allocate_after = BS(AllocatePages)(AllocateAnyPages, EfiLoaderData, 1, &pages);
	pool_after = BS(AllocatePool)(EfiLoaderData, 100, &pool);
	stale = BS(ExitBootServices)(image, map.key);
	for (int attempt = 0; attempt < 3; attempt++) {
		read_map(&map);
		last = BS(ExitBootServices)(image, map.key);
		if (last == EFI_SUCCESS)
			return;
	}
}

static void report_notifications(void)
{
	check_equal("7.1.2", "exit.before.once", count[BEFORE], 1,
		    "EFI_EVENT_GROUP_BEFORE_EXIT_BOOT_SERVICES is signaled, once");
	check("7.1.2", "exit.before.order", place[BEFORE_HIGH] < place[BEFORE], "the higher level first");
	check("7.1.2", "exit.before.before", place[BEFORE] < place[EXIT_HIGH],
	      "before EFI_EVENT_GROUP_EXIT_BOOT_SERVICES");
	check_equal("7.1.1", "exit.event.once", count[EXIT_HIGH], 1, "EVT_SIGNAL_EXIT_BOOT_SERVICES is signaled, once");
	check_equal("7.1.1", "exit.event.low-once", count[EXIT_LOW], 1, "every event of it");
	check_equal("7.1.2", "exit.group.once", count[EXIT_GROUP], 1,
		    "EFI_EVENT_GROUP_EXIT_BOOT_SERVICES means the same");
	check("7.1.2", "exit.event.order", place[EXIT_HIGH] < place[EXIT_LOW] && place[EXIT_GROUP] < place[EXIT_LOW],
	      "the higher level first");
	check_equal("7.1.1", "exit.event.level", level[EXIT_HIGH], TPL_NOTIFY, "notified at NotifyTpl");
	check_equal("7.1.1", "exit.event.low-level", level[EXIT_LOW], TPL_CALLBACK, "notified at NotifyTpl");
	check("7.1.7", "exit.timers.before", ticks_before > 0, "a periodic timer goes off before that");
	check_equal("7.1.2", "exit.timers", ticks_at_exit, 0,
		    "timer services are deactivated right after EFI_EVENT_GROUP_BEFORE_EXIT_BOOT_SERVICES");
}

static void report_tables(void)
{
	check("7.4.6", "exit.table.con-in", st->ConIn == 0 && st->ConsoleInHandle == 0,
	      "ConIn and its handle are NULL");
	check("7.4.6", "exit.table.con-out", st->ConOut == 0 && st->ConsoleOutHandle == 0,
	      "ConOut and its handle are NULL");
	check("7.4.6", "exit.table.std-err", st->StdErr == 0 && st->StandardErrorHandle == 0,
	      "StdErr and its handle are NULL");
	check("7.4.6", "exit.table.boot-services", st->BootServices == 0, "BootServices is NULL");
	check_equal("7.4.6", "exit.table.crc", st->Hdr.CRC32, crc32(&st->Hdr), "the system table's CRC is recomputed");
	check("4.5", "exit.table.runtime-services", st->RuntimeServices != 0, "the runtime services stay");
	check_equal("4.5.1", "exit.runtime.signature", st->RuntimeServices->Hdr.Signature, 0x56524553544e5552,
		    "their table stays");
	check_equal("4.2.1", "exit.runtime.crc", st->RuntimeServices->Hdr.CRC32, crc32(&st->RuntimeServices->Hdr),
		    "its CRC is right");
	check("4.3.1", "exit.table.vendor", st->FirmwareVendor != 0 && st->FirmwareVendor[0] != 0,
	      "FirmwareVendor stays");
	check("4.6", "exit.table.configuration", st->NumberOfTableEntries == 0 || st->ConfigurationTable != 0,
	      "the configuration table stays");
}

static void report_variables(void)
{
	uint64_t size = 16;
	uint8_t value[16];
	efi_status boot = RT(GetVariable)(u"ExitBoot", &vendor, 0, &size, value), runtime, write;

	size = 16;
	runtime = RT(GetVariable)(u"ExitRuntime", &vendor, 0, &size, value);
	write = RT(SetVariable)(u"ExitNew", &vendor, EFI_VARIABLE_BOOTSERVICE_ACCESS, 1, "x");
	check_status2("8.2.1", "exit.variables.boot", boot, EFI_NOT_FOUND, EFI_UNSUPPORTED,
		      "a variable without runtime access is not visible any more");
	check_status2("8.2.1", "exit.variables.runtime", runtime, EFI_SUCCESS, EFI_UNSUPPORTED,
		      "one with runtime access is");
	if (runtime == EFI_SUCCESS)
		check("8.2.1", "exit.variables.value", size == 3 && memcmp(value, "rt!", 3) == 0, "with its value");
	else
		skip("8.2.1", "exit.variables.value", "GetVariable is not supported at runtime");
	check("8.2.3", "exit.variables.write", write & EFI_ERROR_BIT,
	      "at runtime a variable without runtime access cannot be written");
}

void run_group(void)
{
	efi_event timer;

	make(EVT_NOTIFY_SIGNAL, TPL_CALLBACK, notified, &before_group, BEFORE);
	make(EVT_NOTIFY_SIGNAL, TPL_NOTIFY, notified, &before_group, BEFORE_HIGH);
	make(EVT_SIGNAL_EXIT_BOOT_SERVICES, TPL_CALLBACK, last_exit, 0, EXIT_LOW);
	make(EVT_SIGNAL_EXIT_BOOT_SERVICES, TPL_NOTIFY, notified, 0, EXIT_HIGH);
	make(EVT_NOTIFY_SIGNAL, TPL_NOTIFY, notified, &exit_group, EXIT_GROUP);
	timer = make(EVT_TIMER | EVT_NOTIFY_SIGNAL, TPL_NOTIFY, tick, 0, TIMER);
	BS(SetTimer)(timer, TimerPeriodic, 10000);
	RT(SetVariable)(u"ExitBoot", &vendor, EFI_VARIABLE_BOOTSERVICE_ACCESS, 3, "bs!");
	RT(SetVariable)(u"ExitRuntime", &vendor, EFI_VARIABLE_BOOTSERVICE_ACCESS | EFI_VARIABLE_RUNTIME_ACCESS, 3,
			"rt!");

	BS(Stall)(120000);
	ticks_before = count[TIMER];
	leave();
	leave_console();
	check_status("7.4.6", "exit.key.wrong", wrong, EFI_INVALID_PARAMETER, "MapKey is incorrect");
	check_status("7.4.6", "exit.key.map-after", map_after, EFI_SUCCESS, "after a failure, GetMemoryMap works");
	check_status("7.4.6", "exit.key.pages-after", allocate_after, EFI_SUCCESS,
		     "and the other memory allocation services");
	check_status("7.4.6", "exit.key.pool-after", pool_after, EFI_SUCCESS,
		     "and the other memory allocation services");
	check_status("7.4.6", "exit.key.stale", stale, EFI_INVALID_PARAMETER, "the map has changed since MapKey");
	check_status("7.4.6", "exit.key.right", last, EFI_SUCCESS, "with the current key the boot services end");
	if (last != EFI_SUCCESS)
		return;
	report_notifications();
	report_tables();
	report_variables();
}
