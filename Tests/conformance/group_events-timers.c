/* SPDX-License-Identifier: Apache-2.0 OR GPL-2.0-only */
/* Timers (UEFI 2.10, 7.1.7). Times are generous: firmware's tick may be as long as 55 ms, and guests are slow. */
#include "group_events.h"

#define MILLISECONDS 10000ULL /* in units of 100 ns */

static void errors(void)
{
	efi_event plain = make_event(0, 0, 0, 0), signal = make_event(EVT_NOTIFY_SIGNAL, TPL_CALLBACK, record, 1),
		  timer = make_event(EVT_TIMER, 0, 0, 0);

	check_status("7.1.7", "timers.set.no-timer", BS(SetTimer)(plain, TimerRelative, 1), EFI_INVALID_PARAMETER,
		     "Event is not of type EVT_TIMER");
	check_status("7.1.7", "timers.cancel.no-timer", BS(SetTimer)(plain, TimerCancel, 0), EFI_INVALID_PARAMETER,
		     "Event is not of type EVT_TIMER");
	check_status("7.1.7", "timers.set.signal-no-timer", BS(SetTimer)(signal, TimerPeriodic, 1),
		     EFI_INVALID_PARAMETER, "Event is not of type EVT_TIMER");
	check_status("7.1.7", "timers.set.type", BS(SetTimer)(timer, 3, 1), EFI_INVALID_PARAMETER, "Type is not valid");
	check_status("7.1.7", "timers.set.type-huge", BS(SetTimer)(timer, 0xffffffff, 1), EFI_INVALID_PARAMETER,
		     "Type is not valid");
	check_status("7.1.7", "timers.cancel.unset", BS(SetTimer)(timer, TimerCancel, 0), EFI_SUCCESS,
		     "a timer that is not set");
	BS(CloseEvent)(plain);
	BS(CloseEvent)(signal);
	BS(CloseEvent)(timer);
}

static void relative(void)
{
	efi_event timer = make_event(EVT_TIMER, 0, 0, 0);
	uint64_t index = 77;

	check_status("7.1.7", "timers.relative.set", BS(SetTimer)(timer, TimerRelative, 2000 * MILLISECONDS),
		     EFI_SUCCESS, "set");
	check_status("7.1.7", "timers.relative.early", BS(CheckEvent)(timer), EFI_NOT_READY, "it has not expired");
	check_status("7.1.7", "timers.relative.reset", BS(SetTimer)(timer, TimerRelative, 20 * MILLISECONDS),
		     EFI_SUCCESS, "a new setting takes the place of the old");
	BS(Stall)(120000);
	check_status("7.1.7", "timers.relative.expired", BS(CheckEvent)(timer), EFI_SUCCESS, "it has expired");
	BS(Stall)(120000);
	check_status("7.1.7", "timers.relative.once", BS(CheckEvent)(timer), EFI_NOT_READY,
		     "a relative timer goes off once");

	BS(SetTimer)(timer, TimerRelative, 20 * MILLISECONDS);
	check_status("7.1.7", "timers.relative.wait", BS(WaitForEvent)(1, &timer, &index), EFI_SUCCESS,
		     "WaitForEvent waits for it");
	check_equal("7.1.5", "timers.relative.wait-index", index, 0, "Index says which one");

	BS(SetTimer)(timer, TimerRelative, 20 * MILLISECONDS);
	check_status("7.1.7", "timers.cancel", BS(SetTimer)(timer, TimerCancel, 0), EFI_SUCCESS, "cancelled");
	BS(Stall)(120000);
	check_status("7.1.7", "timers.cancel.silent", BS(CheckEvent)(timer), EFI_NOT_READY,
		     "a cancelled timer does not go off");

	BS(SetTimer)(timer, TimerRelative, 0);
	BS(Stall)(120000);
	check_status("7.1.7", "timers.relative.zero", BS(CheckEvent)(timer), EFI_SUCCESS, "0 is the next timer tick");
	BS(Stall)(120000);
	check_status("7.1.7", "timers.relative.zero-once", BS(CheckEvent)(timer), EFI_NOT_READY, "and only that one");
	BS(SetTimer)(timer, TimerRelative, 2000 * MILLISECONDS);
	BS(SetTimer)(timer, TimerPeriodic, 10 * MILLISECONDS);
	check_status("7.1.7", "timers.relative.to-periodic", BS(WaitForEvent)(1, &timer, &index), EFI_SUCCESS,
		     "a periodic setting takes the place of a relative one");
	BS(CloseEvent)(timer);
}

static void periodic(void)
{
	efi_event timer = make_event(EVT_TIMER | EVT_NOTIFY_SIGNAL, TPL_CALLBACK, record, 5),
		  quiet = make_event(EVT_TIMER, 0, 0, 0);
	uint64_t index, tpl;
	int before;

	calls = 0;
	check_status("7.1.7", "timers.periodic.set", BS(SetTimer)(timer, TimerPeriodic, 20 * MILLISECONDS), EFI_SUCCESS,
		     "set");
	for (int i = 0; i < 20; i++)
		BS(Stall)(25000);
	check("7.1.7", "timers.periodic.repeats", calls >= 3, "the function is called each period");
	check("7.1.7", "timers.periodic.context", called[0] == 5, "with its context");
	BS(SetTimer)(timer, TimerCancel, 0);
	before = calls;
	BS(Stall)(120000);
	check("7.1.7", "timers.periodic.cancel", calls == before, "until it is cancelled");

	BS(SetTimer)(quiet, TimerPeriodic, 0);
	check_status("7.1.7", "timers.periodic.zero", BS(WaitForEvent)(1, &quiet, &index), EFI_SUCCESS,
		     "0 is every timer tick");
	check_status("7.1.7", "timers.periodic.zero-again", BS(WaitForEvent)(1, &quiet, &index), EFI_SUCCESS,
		     "each of them");
	BS(SetTimer)(quiet, TimerCancel, 0);

	calls = 0;
	tpl = BS(RaiseTPL)(TPL_CALLBACK);
	BS(SetTimer)(timer, TimerRelative, 20 * MILLISECONDS);
	BS(Stall)(120000);
	check("7.1.8", "timers.masked", calls == 0, "a notification at the current level waits");
	BS(RestoreTPL)(tpl);
	check("7.1.9", "timers.unmasked", calls == 1, "it runs when the level falls");

	calls = 0;
	BS(SetTimer)(timer, TimerRelative, 20 * MILLISECONDS);
	BS(CloseEvent)(timer);
	BS(Stall)(120000);
	check("7.1.3", "timers.close", calls == 0, "a closed timer does not go off");
	BS(CloseEvent)(quiet);
}

static void with_wait(void)
{
	efi_event timer = make_event(EVT_TIMER | EVT_NOTIFY_WAIT, TPL_CALLBACK, record, 6), short_timer, list[2];
	uint64_t index = 77;

	calls = 0;
	check_status("7.1.6", "timers.wait-type.not-ready", BS(CheckEvent)(timer), EFI_NOT_READY,
		     "neither expired nor signaled");
	check("7.1.6", "timers.wait-type.function", calls == 1, "its function is asked");
	BS(SetTimer)(timer, TimerRelative, 10 * MILLISECONDS);
	BS(Stall)(120000);
	calls = 0;
	check_status("7.1.6", "timers.wait-type.expired", BS(CheckEvent)(timer), EFI_SUCCESS,
		     "the timer has signaled it");
	check("7.1.6", "timers.wait-type.expired-function", calls == 0, "its function is not asked then");

	short_timer = make_event(EVT_TIMER, 0, 0, 0);
	list[0] = timer;
	list[1] = short_timer;
	BS(SetTimer)(timer, TimerRelative, 20000 * MILLISECONDS);
	BS(SetTimer)(short_timer, TimerRelative, 10 * MILLISECONDS);
	BS(WaitForEvent)(2, list, &index);
	check_equal("7.1.5", "timers.wait.shorter", index, 1, "the timer that expires first ends the wait");
	BS(CloseEvent)(timer);
	BS(CloseEvent)(short_timer);
}

void timers(void)
{
	errors();
	relative();
	periodic();
	with_wait();
}
