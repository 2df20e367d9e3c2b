/* SPDX-License-Identifier: Apache-2.0 OR GPL-2.0-only */
/*
 * Event groups (UEFI 2.10, 7.1.2). Those of ExitBootServices are in group_exit.c.
 *
 * EDK2 signals only members of type EVT_NOTIFY_SIGNAL, and only they signal the group. The text makes no difference
 * between types ("when one member event is signaled, all other events are signaled"), and the example in 7.1.4 signals
 * a group by a member of type 0.
 */
#include "group_events.h"

static const efi_guid_bytes group = GUID(0x6a0e5f1c, 0x4b7d, 0x4c0e, 0x9d, 0x11, 0x3a, 0x52, 0x0b, 0x77, 0xc1, 0x01);
static const efi_guid_bytes other = GUID(0x6a0e5f1c, 0x4b7d, 0x4c0e, 0x9d, 0x11, 0x3a, 0x52, 0x0b, 0x77, 0xc1, 0x02);
static const efi_guid_bytes map_change =
	GUID(0x78bee926, 0x692f, 0x48fd, 0x9e, 0xdb, 0x01, 0x42, 0x2e, 0xf0, 0xd7, 0xab);
static const efi_guid_bytes ready_to_boot =
	GUID(0x7ce88fb3, 0x4bd7, 0x4679, 0x87, 0xa8, 0xa8, 0xd8, 0xde, 0xe5, 0x0d, 0x2b);

static efi_event quiet_member;
static efi_status quiet_state;

static void EFIAPI check_member(efi_event event, void *context)
{
	record(event, context);
	quiet_state = BS(CheckEvent)(quiet_member);
}

static efi_event join(const efi_guid_bytes *guid, uint32_t type, uint64_t tpl, efi_notify function, int number)
{
	efi_event event = 0;

	if (BS(CreateEventEx)(type, tpl, function, (void *)(uint64_t)number, guid, &event) != EFI_SUCCESS)
		note("an event of a group could not be made");
	return event;
}

static void errors(void)
{
	efi_event event;

	check_status("7.1.2", "groups.create.null-event",
		     BS(CreateEventEx)(EVT_NOTIFY_SIGNAL, TPL_CALLBACK, record, 0, &group, 0), EFI_INVALID_PARAMETER,
		     "Event is NULL");
	check_status("7.1.2", "groups.create.both-notify",
		     BS(CreateEventEx)(EVT_NOTIFY_SIGNAL | EVT_NOTIFY_WAIT, TPL_CALLBACK, record, 0, &group, &event),
		     EFI_INVALID_PARAMETER, "both notify bits are set");
	check_status("7.1.2", "groups.create.no-function",
		     BS(CreateEventEx)(EVT_NOTIFY_SIGNAL, TPL_CALLBACK, 0, 0, &group, &event), EFI_INVALID_PARAMETER,
		     "NotifyFunction is NULL");
	check_status("7.1.2", "groups.create.level",
		     BS(CreateEventEx)(EVT_NOTIFY_SIGNAL, TPL_APPLICATION, record, 0, &group, &event),
		     EFI_INVALID_PARAMETER, "NotifyTpl is not a supported TPL level");
	check_status("7.1.2", "groups.create.unknown-bit",
		     BS(CreateEventEx)(0x400, TPL_CALLBACK, record, 0, &group, &event), EFI_INVALID_PARAMETER,
		     "Type has an unsupported bit set");
	check_status("7.1.2", "groups.create.exit-type",
		     BS(CreateEventEx)(EVT_SIGNAL_EXIT_BOOT_SERVICES, TPL_CALLBACK, record, 0, &group, &event),
		     EFI_INVALID_PARAMETER, "EVT_SIGNAL_EXIT_BOOT_SERVICES is for CreateEvent");
	check_status("7.1.2", "groups.create.virtual-type",
		     BS(CreateEventEx)(EVT_SIGNAL_VIRTUAL_ADDRESS_CHANGE, TPL_CALLBACK, record, 0, &group, &event),
		     EFI_INVALID_PARAMETER, "EVT_SIGNAL_VIRTUAL_ADDRESS_CHANGE is for CreateEvent");
}

static void without_group(void)
{
	efi_event event = 0;

	calls = 0;
	check_status("7.1.2", "groups.none.create",
		     BS(CreateEventEx)(EVT_NOTIFY_SIGNAL, TPL_CALLBACK, record, (void *)9, 0, &event), EFI_SUCCESS,
		     "without a group it behaves as CreateEvent");
	BS(SignalEvent)(event);
	check("7.1.2", "groups.none.signal", was_called(1, 9, 0, 0), "and so does the event");
	BS(CloseEvent)(event);
}

static void members(void)
{
	efi_event low = join(&group, EVT_NOTIFY_SIGNAL, TPL_CALLBACK, record, 1),
		  high = join(&group, EVT_NOTIFY_SIGNAL, TPL_NOTIFY, check_member, 2), quiet = join(&group, 0, 0, 0, 0),
		  second = join(&group, 0, 0, 0, 0),
		  stranger = join(&other, EVT_NOTIFY_SIGNAL, TPL_CALLBACK, record, 3), trigger, timer, loud_timer;

	quiet_member = quiet;
	quiet_state = EFI_ABORTED;
	calls = 0;
	check_status("7.1.4", "groups.signal", BS(SignalEvent)(low), EFI_SUCCESS, "signals the whole group");
	check("7.1.2", "groups.signal.all", calls == 2, "every member's function runs, no other group's");
	check("7.1.2", "groups.signal.order", was_called(2, 2, 1, 0), "in the order of their levels");
	check_status("7.1.2", "groups.signal.before-functions", quiet_state, EFI_SUCCESS,
		     "all members are signaled before the first function runs");
	check_status("7.1.2", "groups.signal.quiet", BS(CheckEvent)(second), EFI_SUCCESS,
		     "a member without function is signaled, too");
	check_status("7.1.2", "groups.signal.quiet-cleared", BS(CheckEvent)(second), EFI_NOT_READY,
		     "each member has its own state");

	calls = 0;
	check_status("7.1.4", "groups.signal.by-quiet", BS(SignalEvent)(quiet), EFI_SUCCESS,
		     "any member signals the group");
	check("7.1.2", "groups.signal.by-quiet-all", calls == 2, "every function runs");
	BS(CheckEvent)(second);

	calls = 0;
	trigger = join(&group, 0, 0, 0, 0);
	BS(SignalEvent)(trigger);
	BS(CloseEvent)(trigger);
	check("7.1.4", "groups.signal.trigger", calls == 2, "an event made to signal the group, then closed");

	BS(CloseEvent)(low);
	calls = 0;
	BS(SignalEvent)(quiet);
	check("7.1.3", "groups.close", was_called(1, 2, 0, 0), "a closed event has left its group");

	calls = 0;
	timer = join(&group, EVT_TIMER, 0, 0, 0);
	loud_timer = join(&group, EVT_TIMER | EVT_NOTIFY_SIGNAL, TPL_CALLBACK, record, 4);
	BS(CheckEvent)(second);
	BS(SetTimer)(loud_timer, TimerRelative, 10000);
	BS(Stall)(120000);
	check("7.1.2", "groups.timer", was_called(2, 2, 4, 0), "a member that its timer signals signals the group");
	check_status("7.1.2", "groups.timer.quiet", BS(CheckEvent)(second), EFI_SUCCESS, "all of it");
	calls = 0;
	BS(SetTimer)(timer, TimerRelative, 10000);
	BS(Stall)(120000);
	check("7.1.2", "groups.timer.quiet-timer", was_called(2, 2, 4, 0),
	      "whatever the type of the member with the timer");
	BS(CloseEvent)(loud_timer);

	calls = 0;
	BS(SignalEvent)(stranger);
	check("7.1.2", "groups.other", was_called(1, 3, 0, 0), "another group is another group");
	BS(CloseEvent)(high);
	BS(CloseEvent)(quiet);
	BS(CloseEvent)(second);
	BS(CloseEvent)(stranger);
	BS(CloseEvent)(timer);
}

static void of_the_system(void)
{
	efi_event change = join(&map_change, EVT_NOTIFY_SIGNAL, TPL_CALLBACK, record, 1), ready, table;
	uint64_t pages = 0;
	void *pool = 0;

	calls = 0;
	BS(AllocatePages)(AllocateAnyPages, EfiLoaderData, 3, &pages);
	check("7.1.2", "groups.memory-map-change.allocate", calls >= 1, "AllocatePages has changed the memory map");
	calls = 0;
	BS(FreePages)(pages, 3);
	check("7.1.2", "groups.memory-map-change.free", calls >= 1, "FreePages has changed the memory map");
	calls = 0;
	BS(AllocatePool)(EfiLoaderData, 1 << 20, &pool);
	check("7.1.2", "groups.memory-map-change.pool", calls >= 1, "a large AllocatePool has changed the memory map");
	BS(FreePool)(pool);
	BS(CloseEvent)(change);

	calls = 0;
	ready = join(&ready_to_boot, EVT_NOTIFY_SIGNAL, TPL_CALLBACK, record, 2);
	BS(SignalEvent)(ready);
	check("7.1.2", "groups.ready-to-boot", calls == 1, "the group can be joined and signaled");
	BS(CloseEvent)(ready);

	calls = 0;
	table = join(&other, EVT_NOTIFY_SIGNAL, TPL_CALLBACK, record, 4);
	BS(InstallConfigurationTable)(&other, &calls);
	check("7.5.6", "groups.configuration-table", was_called(1, 4, 0, 0),
	      "a new table signals the group of its GUID");
	BS(InstallConfigurationTable)(&other, 0);
	BS(CloseEvent)(table);
}

void event_groups(void)
{
	errors();
	without_group();
	members();
	of_the_system();
}
