/* SPDX-License-Identifier: Apache-2.0 OR GPL-2.0-only */
#include "payload.h"

typedef uint64_t(EFIAPI *entry_point)(uint64_t, uint64_t, uint64_t, uint64_t, uint64_t, uint64_t, uint64_t, uint64_t,
				      uint64_t, uint64_t, uint64_t, uint64_t);

uint64_t payload_call(efi_slot function, const uint64_t a[PAYLOAD_ARGUMENTS])
{
	return ((entry_point)(void *)function)(a[0], a[1], a[2], a[3], a[4], a[5], a[6], a[7], a[8], a[9], a[10], a[11]);
}

static payload_dispatcher current_dispatcher;

void payload_set_dispatcher(payload_dispatcher dispatcher) { current_dispatcher = dispatcher; }

#define SLOTS(X) X(0) X(1) X(2) X(3) X(4) X(5) X(6) X(7) X(8) X(9) X(10) X(11) X(12) X(13) X(14) X(15) \
	X(16) X(17) X(18) X(19) X(20) X(21) X(22) X(23)
#define DEFINE(n)                                                                                                  \
	static EFIAPI uint64_t slot_##n(uint64_t a, uint64_t b, uint64_t c, uint64_t d, uint64_t e, uint64_t f)    \
	{                                                                                                          \
		const uint64_t arguments[6] = { a, b, c, d, e, f };                                                \
		return current_dispatcher(n, arguments);                                                           \
	}
#define ADDRESS(n) slot_##n,
SLOTS(DEFINE)

uint64_t payload_entry(uint32_t slot)
{
	static uint64_t(EFIAPI *const slots[])(uint64_t, uint64_t, uint64_t, uint64_t, uint64_t,
					       uint64_t) = { SLOTS(ADDRESS) };
	return slot < PAYLOAD_SLOTS ? (uint64_t)slots[slot] : 0;
}
