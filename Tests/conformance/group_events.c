/* SPDX-License-Identifier: Apache-2.0 OR GPL-2.0-only */
/* Events and task priority (UEFI 2.10, 7.1). Timers and event groups have parts of their own. */
#include "group_events.h"

int called[32];
int calls;
static efi_event seen_event;
static uint64_t seen_tpl;

void EFIAPI record(efi_event event, void *context)
{
	if (calls < 32)
		called[calls++] = (int)(uint64_t)context;
	seen_event = event;
}

static void EFIAPI record_tpl(efi_event event, void *context)
{
	(void)event;
	(void)context;
	seen_tpl = BS(RaiseTPL)(TPL_HIGH_LEVEL);
	BS(RestoreTPL)(seen_tpl);
}

static void EFIAPI signal_itself(efi_event event, void *context)
{
	record(event, context);
	BS(SignalEvent)(event);
}

static void EFIAPI close_itself(efi_event event, void *context)
{
	record(event, context);
	BS(CloseEvent)(event);
}

static void EFIAPI signal_context(efi_event event, void *context)
{
	(void)event;
	BS(SignalEvent)(*(efi_event *)context);
	called[calls++] = 7;
}

efi_event make_event(uint32_t type, uint64_t tpl, efi_notify function, int number)
{
	efi_event event = 0;

	if (BS(CreateEvent)(type, tpl, function, (void *)(uint64_t)number, &event) != EFI_SUCCESS)
		note("an event could not be made");
	return event;
}

int was_called(int count, int first, int second, int third)
{
	int expected[3] = {first, second, third};

	if (calls != count)
		return 0;
	for (int i = 0; i < count && i < 3; i++)
		if (called[i] != expected[i])
			return 0;
	return 1;
}

static void task_priority(void)
{
	uint64_t old = BS(RaiseTPL)(TPL_CALLBACK);

	check_equal("7.1.8", "events.raise-tpl.application", old, TPL_APPLICATION,
		    "an application runs at TPL_APPLICATION; RaiseTPL returns the previous level");
	check_equal("7.1.8", "events.raise-tpl.same", BS(RaiseTPL)(TPL_CALLBACK), TPL_CALLBACK,
		    "the same level is allowed");
	check_equal("7.1.8", "events.raise-tpl.callback", BS(RaiseTPL)(TPL_NOTIFY), TPL_CALLBACK,
		    "returns the previous level");
	check_equal("7.1.8", "events.raise-tpl.notify", BS(RaiseTPL)(TPL_HIGH_LEVEL), TPL_NOTIFY,
		    "returns the previous level");
	BS(RestoreTPL)(TPL_NOTIFY);
	check_equal("7.1.9", "events.restore-tpl.notify", BS(RaiseTPL)(TPL_HIGH_LEVEL), TPL_NOTIFY,
		    "restores the level");
	BS(RestoreTPL)(TPL_APPLICATION);
	check_equal("7.1.9", "events.restore-tpl.application", BS(RaiseTPL)(TPL_HIGH_LEVEL), TPL_APPLICATION,
		    "restores the level over several raises");
	BS(RestoreTPL)(TPL_APPLICATION);
}

static void create(void)
{
	efi_event event;
	const char *no_function = "NotifyFunction is NULL and the type has a notify bit";
	const char *no_level = "NotifyTpl is not a supported TPL level for notifications";

	check_status("7.1.1", "events.create.null-event", BS(CreateEvent)(0, 0, 0, 0, 0), EFI_INVALID_PARAMETER,
		     "Event is NULL");
	check_status("7.1.1", "events.create.both-notify",
		     BS(CreateEvent)(EVT_NOTIFY_WAIT | EVT_NOTIFY_SIGNAL, TPL_CALLBACK, record, 0, &event),
		     EFI_INVALID_PARAMETER, "both notify bits are set");
	check_status("7.1.1", "events.create.timer-both-notify",
		     BS(CreateEvent)(EVT_TIMER | EVT_NOTIFY_WAIT | EVT_NOTIFY_SIGNAL, TPL_CALLBACK, record, 0, &event),
		     EFI_INVALID_PARAMETER, "both notify bits are set");
	check_status("7.1.1", "events.create.signal-no-function",
		     BS(CreateEvent)(EVT_NOTIFY_SIGNAL, TPL_CALLBACK, 0, 0, &event), EFI_INVALID_PARAMETER,
		     no_function);
	check_status("7.1.1", "events.create.wait-no-function",
		     BS(CreateEvent)(EVT_NOTIFY_WAIT, TPL_CALLBACK, 0, 0, &event), EFI_INVALID_PARAMETER, no_function);
	check_status("7.1.1", "events.create.exit-no-function",
		     BS(CreateEvent)(EVT_SIGNAL_EXIT_BOOT_SERVICES, TPL_CALLBACK, 0, 0, &event), EFI_INVALID_PARAMETER,
		     no_function);
	check_status("7.1.1", "events.create.signal-tpl-application",
		     BS(CreateEvent)(EVT_NOTIFY_SIGNAL, TPL_APPLICATION, record, 0, &event), EFI_INVALID_PARAMETER,
		     no_level);
	check_status("7.1.1", "events.create.wait-tpl-application",
		     BS(CreateEvent)(EVT_NOTIFY_WAIT, TPL_APPLICATION, record, 0, &event), EFI_INVALID_PARAMETER,
		     no_level);
	check_status("7.1.1", "events.create.signal-tpl-zero", BS(CreateEvent)(EVT_NOTIFY_SIGNAL, 0, record, 0, &event),
		     EFI_INVALID_PARAMETER, no_level);
	check_status("7.1.1", "events.create.signal-tpl-32", BS(CreateEvent)(EVT_NOTIFY_SIGNAL, 32, record, 0, &event),
		     EFI_INVALID_PARAMETER, no_level);
	check_status("7.1.1", "events.create.signal-tpl-huge",
		     BS(CreateEvent)(EVT_NOTIFY_SIGNAL, ~0ULL, record, 0, &event), EFI_INVALID_PARAMETER, no_level);
	check_status("7.1.1", "events.create.unknown-bit", BS(CreateEvent)(0x400, TPL_CALLBACK, record, 0, &event),
		     EFI_INVALID_PARAMETER, "Type has an unsupported bit set");
	check_status("7.1.1", "events.create.unknown-high-bit",
		     BS(CreateEvent)(EVT_NOTIFY_SIGNAL | 0x01000000, TPL_CALLBACK, record, 0, &event),
		     EFI_INVALID_PARAMETER, "Type has an unsupported bit set");
}

static void create_types(void)
{
	static const struct {
		const char *id;
		uint32_t type;
		uint64_t tpl;
		efi_notify function;
	} kinds[] = {
		{"events.create.plain", 0, 0, 0},
		{"events.create.timer", EVT_TIMER, 0, 0},
		{"events.create.signal", EVT_NOTIFY_SIGNAL, TPL_CALLBACK, record},
		{"events.create.signal-notify", EVT_NOTIFY_SIGNAL, TPL_NOTIFY, record},
		{"events.create.wait", EVT_NOTIFY_WAIT, TPL_NOTIFY, record},
		{"events.create.timer-signal", EVT_TIMER | EVT_NOTIFY_SIGNAL, TPL_CALLBACK, record},
		{"events.create.timer-wait", EVT_TIMER | EVT_NOTIFY_WAIT, TPL_CALLBACK, record},
		{"events.create.exit-boot-services", EVT_SIGNAL_EXIT_BOOT_SERVICES, TPL_NOTIFY, record},
		{"events.create.virtual-address-change", EVT_SIGNAL_VIRTUAL_ADDRESS_CHANGE, TPL_NOTIFY, record},
	};

	calls = 0;
	for (uint64_t i = 0; i < sizeof(kinds) / sizeof(*kinds); i++) {
		efi_event event = 0;

		check_status("7.1.1", kinds[i].id,
			     BS(CreateEvent)(kinds[i].type, kinds[i].tpl, kinds[i].function, 0, &event), EFI_SUCCESS,
			     "a type that 7.1.1 defines");
		if (event)
			BS(CloseEvent)(event);
	}
	check("7.1.1", "events.create.calls-nothing", calls == 0, "making and closing an event notifies nobody");
}

static void check_event(void)
{
	efi_event plain = make_event(0, 0, 0, 0), wait = make_event(EVT_NOTIFY_WAIT, TPL_CALLBACK, record, 1),
		  signal = make_event(EVT_NOTIFY_SIGNAL, TPL_CALLBACK, record, 2),
		  eager = make_event(EVT_NOTIFY_WAIT, TPL_NOTIFY, signal_itself, 3);
	uint64_t tpl;

	check_status("7.1.6", "events.check.fresh", BS(CheckEvent)(plain), EFI_NOT_READY, "not signaled, no function");
	check_status("7.1.4", "events.signal.plain", BS(SignalEvent)(plain), EFI_SUCCESS,
		     "places the event in the signaled state");
	check_status("7.1.4", "events.signal.again", BS(SignalEvent)(plain), EFI_SUCCESS, "already signaled: SUCCESS");
	check_status("7.1.6", "events.check.signaled", BS(CheckEvent)(plain), EFI_SUCCESS, "the event is signaled");
	check_status("7.1.6", "events.check.clears", BS(CheckEvent)(plain), EFI_NOT_READY,
		     "the state is cleared; signals do not count");
	check_status("7.1.6", "events.check.notify-signal", BS(CheckEvent)(signal), EFI_INVALID_PARAMETER,
		     "Event is of type EVT_NOTIFY_SIGNAL");

	calls = 0;
	check_status("7.1.6", "events.check.wait-not-ready", BS(CheckEvent)(wait), EFI_NOT_READY,
		     "the function does not signal it");
	check("7.1.6", "events.check.wait-function", was_called(1, 1, 0, 0),
	      "the notification function is queued and runs");
	calls = 0;
	check_status("7.1.6", "events.check.wait-ready", BS(CheckEvent)(eager), EFI_SUCCESS, "the function signals it");
	check("7.1.6", "events.check.wait-once", was_called(1, 3, 0, 0), "the function runs once");
	calls = 0;
	BS(SignalEvent)(wait);
	check("7.1.4", "events.signal.wait-type", calls == 0,
	      "a signal does not call the function of an EVT_NOTIFY_WAIT event");
	check_status("7.1.6", "events.check.wait-signaled", BS(CheckEvent)(wait), EFI_SUCCESS, "it is signaled");
	check("7.1.6", "events.check.wait-signaled-function", calls == 0,
	      "the function is asked only when it is not signaled");

	calls = 0;
	tpl = BS(RaiseTPL)(TPL_NOTIFY);
	check_status("7.1.6", "events.check.wait-masked", BS(CheckEvent)(eager), EFI_NOT_READY,
		     "the function is queued at NotifyTpl, which is masked");
	check("7.1.6", "events.check.wait-masked-function", calls == 0, "nothing at or below the current level runs");
	BS(RestoreTPL)(tpl);
	check("7.1.9", "events.check.wait-unmasked", was_called(1, 3, 0, 0),
	      "the queued function runs when the level falls");
	check_status("7.1.6", "events.check.wait-after", BS(CheckEvent)(eager), EFI_SUCCESS,
		     "its function has signaled it");

	BS(CloseEvent)(plain);
	BS(CloseEvent)(wait);
	BS(CloseEvent)(signal);
	BS(CloseEvent)(eager);
}

static void notification(void)
{
	efi_event callback = make_event(EVT_NOTIFY_SIGNAL, TPL_CALLBACK, record, 1),
		  second = make_event(EVT_NOTIFY_SIGNAL, TPL_CALLBACK, record, 2),
		  third = make_event(EVT_NOTIFY_SIGNAL, TPL_CALLBACK, record, 3),
		  notify = make_event(EVT_NOTIFY_SIGNAL, TPL_NOTIFY, record, 4),
		  level = make_event(EVT_NOTIFY_SIGNAL, TPL_NOTIFY, record_tpl, 0), chain = 0, ignored = 0;
	uint64_t tpl;

	calls = 0;
	seen_event = 0;
	check_status("7.1.4", "events.signal.function", BS(SignalEvent)(callback), EFI_SUCCESS,
		     "schedules the function");
	check("7.1.4", "events.signal.runs", was_called(1, 1, 0, 0),
	      "it runs at once when its level is not masked, with its context");
	check("7.1.1", "events.signal.argument", seen_event == callback, "the function gets its event");
	BS(SignalEvent)(callback);
	check("7.1.4", "events.signal.runs-again", was_called(2, 1, 1, 0),
	      "each signal after a notification notifies anew");
	BS(SignalEvent)(level);
	check_equal("7.1.1", "events.signal.level", seen_tpl, TPL_NOTIFY, "the function runs at NotifyTpl");

	calls = 0;
	tpl = BS(RaiseTPL)(TPL_CALLBACK);
	BS(SignalEvent)(callback);
	check("7.1.4", "events.signal.masked", calls == 0, "a notification at the current level waits");
	BS(SignalEvent)(callback);
	BS(SignalEvent)(notify);
	check("7.1.4", "events.signal.above", was_called(1, 4, 0, 0), "one above it does not");
	BS(RestoreTPL)(tpl);
	check("7.1.9", "events.restore-tpl.dispatches", was_called(2, 4, 1, 0),
	      "RestoreTPL runs what waits; two signals before it are one notification");

	calls = 0;
	tpl = BS(RaiseTPL)(TPL_HIGH_LEVEL);
	check_status("7.1.4", "events.signal.high-level", BS(SignalEvent)(second), EFI_SUCCESS,
		     "may be invoked from any level");
	BS(SignalEvent)(third);
	BS(SignalEvent)(notify);
	BS(SignalEvent)(callback);
	check("7.1", "events.queue.masked", calls == 0, "at TPL_HIGH_LEVEL nothing runs");
	BS(RestoreTPL)(TPL_CALLBACK);
	check("7.1.9", "events.queue.partly", was_called(1, 4, 0, 0), "only what is above the new level runs");
	BS(RestoreTPL)(tpl);
	check("7.1", "events.queue.highest-first", called[0] == 4, "the highest level's queue first");
	check("7.1", "events.queue.fifo", calls == 4 && called[1] == 2 && called[2] == 3 && called[3] == 1,
	      "notifications of a level run in the order they were signaled in");

	calls = 0;
	BS(CreateEvent)(EVT_NOTIFY_SIGNAL, TPL_CALLBACK, signal_context, &notify, &chain);
	BS(SignalEvent)(chain);
	check("7.1", "events.queue.preempts", was_called(2, 4, 7, 0),
	      "a function that signals a higher one is interrupted by it");

	calls = 0;
	BS(CreateEvent)(0, TPL_CALLBACK, record, 0, &ignored);
	BS(SignalEvent)(ignored);
	check("7.1.1", "events.signal.no-notify-bit", calls == 0, "without a notify bit the function is ignored");

	BS(CloseEvent)(callback);
	BS(CloseEvent)(second);
	BS(CloseEvent)(third);
	BS(CloseEvent)(notify);
	BS(CloseEvent)(level);
	BS(CloseEvent)(chain);
	BS(CloseEvent)(ignored);
}

static void close(void)
{
	efi_event event = make_event(EVT_NOTIFY_SIGNAL, TPL_CALLBACK, record, 1);
	uint64_t tpl = BS(RaiseTPL)(TPL_CALLBACK);

	calls = 0;
	BS(SignalEvent)(event);
	check_status("7.1.3", "events.close.queued", BS(CloseEvent)(event), EFI_SUCCESS, "the event is closed");
	BS(RestoreTPL)(tpl);
	check("7.1.3", "events.close.queued-function", calls == 0, "a closed event notifies nobody any more");

	event = make_event(EVT_NOTIFY_SIGNAL, TPL_CALLBACK, close_itself, 2);
	calls = 0;
	check_status("7.1.3", "events.close.in-function", BS(SignalEvent)(event), EFI_SUCCESS,
		     "CloseEvent within the event's own function is safe");
	check("7.1.3", "events.close.in-function-once", was_called(1, 2, 0, 0), "the function ran once");
}

static void wait(void)
{
	efi_event first = make_event(0, 0, 0, 0), second = make_event(0, 0, 0, 0),
		  signal = make_event(EVT_NOTIFY_SIGNAL, TPL_CALLBACK, record, 1),
		  eager = make_event(EVT_NOTIFY_WAIT, TPL_CALLBACK, signal_itself, 2);
	efi_event list[3] = {first, second, signal};
	uint64_t index = 77, tpl;

	check_status("7.1.5", "events.wait.none", BS(WaitForEvent)(0, list, &index), EFI_INVALID_PARAMETER,
		     "NumberOfEvents is 0");
	tpl = BS(RaiseTPL)(TPL_CALLBACK);
	BS(SignalEvent)(first);
	check_status("7.1.5", "events.wait.level", BS(WaitForEvent)(1, list, &index), EFI_UNSUPPORTED,
		     "the current level is not TPL_APPLICATION");
	BS(RestoreTPL)(tpl);
	check_status("7.1.5", "events.wait.signaled", BS(WaitForEvent)(2, list, &index), EFI_SUCCESS,
		     "an event is signaled");
	check_equal("7.1.5", "events.wait.index", index, 0, "Index says which one");
	check_status("7.1.5", "events.wait.clears", BS(CheckEvent)(first), EFI_NOT_READY, "its state is cleared");

	BS(SignalEvent)(second);
	check_status("7.1.5", "events.wait.second", BS(WaitForEvent)(2, list, &index), EFI_SUCCESS,
		     "an event is signaled");
	check_equal("7.1.5", "events.wait.second-index", index, 1, "Index says which one");

	BS(SignalEvent)(second);
	BS(SignalEvent)(first);
	BS(WaitForEvent)(2, list, &index);
	check_equal("7.1.5", "events.wait.order", index, 0, "the list is evaluated from its first to its last event");
	check_status("7.1.5", "events.wait.keeps-others", BS(CheckEvent)(second), EFI_SUCCESS,
		     "the other one stays signaled");

	index = 77;
	check_status("7.1.5", "events.wait.notify-signal", BS(WaitForEvent)(3, list, &index), EFI_INVALID_PARAMETER,
		     "an event of type EVT_NOTIFY_SIGNAL is in the list");
	check_equal("7.1.5", "events.wait.notify-signal-index", index, 2, "Index says which one caused the failure");
	BS(SignalEvent)(second);
	check_status("7.1.5", "events.wait.before-bad", BS(WaitForEvent)(3, list, &index), EFI_SUCCESS,
		     "a signaled event before it is found first");
	check_equal("7.1.5", "events.wait.before-bad-index", index, 1, "Index says which one");

	calls = 0;
	list[2] = eager;
	check_status("7.1.5", "events.wait.wait-type", BS(WaitForEvent)(3, list, &index), EFI_SUCCESS,
		     "the notification function of an EVT_NOTIFY_WAIT event is given its chance");
	check("7.1.5", "events.wait.wait-type-function", calls == 1 && index == 2, "it signaled its event");

	BS(CloseEvent)(first);
	BS(CloseEvent)(second);
	BS(CloseEvent)(signal);
	BS(CloseEvent)(eager);
}

void run_group(void)
{
	task_priority();
	create();
	create_types();
	check_event();
	notification();
	close();
	wait();
	timers();
	event_groups();
}
