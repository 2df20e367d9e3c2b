/* SPDX-License-Identifier: Apache-2.0 OR GPL-2.0-only */
/* Random Number Generator Protocol (UEFI 2.10, 37.5), where the firmware has one. */
#include "efi_protocols.h"
#include "protocol_kit.h"

static const efi_guid_bytes rng_guid = GUID(0x3152bca5, 0xeade, 0x433d, 0x86, 0x2e, 0xc0, 0x1c, 0xdc, 0x29, 0x1f, 0x44);

enum { COUNT = 32 };

static const char *const ids[] = {
	"random.info-size", "random.info-size-returned", "random.info", "random.info-count", "random.info-null",
	"random.default", "random.default-fills", "random.default-differs", "random.each-algorithm", "random.stranger",
	"random.no-bytes", "random.null-value", "random.odd-length",
};

static int only(const uint8_t *bytes, uint8_t byte)
{
	for (unsigned i = 0; i < COUNT; i++)
		if (bytes[i] != byte)
			return 0;
	return 1;
}

void run_group(void)
{
	EFI_RNG_PROTOCOL *rng = 0;
	efi_guid_bytes algorithms[16];
	uint64_t size = 0;
	uint8_t first[COUNT], second[COUNT];

	if (BS(LocateProtocol)(&rng_guid, 0, (void **)&rng) != EFI_SUCCESS) {
		for (unsigned i = 0; i < sizeof(ids) / sizeof(*ids); i++)
			skip("37.5", ids[i], "the firmware has no Random Number Generator Protocol");
		return;
	}
	check_status("37.5.2", ids[0], CALL(rng_info, rng->GetInfo)(rng, &size, algorithms), EFI_BUFFER_TOO_SMALL,
		     "the buffer is too small for the list of algorithms");
	check("37.5.2", ids[1], size >= 16 && size % 16 == 0 && size <= sizeof(algorithms), "the size needed is returned");
	uint64_t needed = size;

	size = sizeof(algorithms);
	check_status("37.5.2", ids[2], CALL(rng_info, rng->GetInfo)(rng, &size, algorithms), EFI_SUCCESS,
		     "the list of algorithms is returned");
	check_equal("37.5.2", ids[3], size, needed, "the size of the list is returned");
	check_status("37.5.2", ids[4], CALL(rng_info, rng->GetInfo)(rng, 0, algorithms), EFI_INVALID_PARAMETER,
		     "a parameter is incorrect");

	memset(first, 0xa5, COUNT);
	check_status("37.5.3", ids[5], CALL(rng_get, rng->GetRNG)(rng, 0, COUNT, first), EFI_SUCCESS,
		     "without an algorithm the default one is used");
	check("37.5.3", ids[6], !only(first, 0xa5) && !only(first, 0), "the buffer is filled");
	CALL(rng_get, rng->GetRNG)(rng, 0, COUNT, second);
	check("37.5.3", ids[7], memcmp(first, second, COUNT) != 0, "other bytes each time");
	unsigned works = 0;

	for (uint64_t i = 0; i < size / 16; i++)
		works += CALL(rng_get, rng->GetRNG)(rng, &algorithms[i], COUNT, second) == EFI_SUCCESS;
	check_equal("37.5.3", ids[8], works, size / 16, "each algorithm of the list is to be had");
	check_status("37.5.3", ids[9], CALL(rng_get, rng->GetRNG)(rng, &mark_a, COUNT, second), EFI_UNSUPPORTED,
		     "the algorithm is not supported");
	check_status("37.5.3", ids[10], CALL(rng_get, rng->GetRNG)(rng, 0, 0, second), EFI_INVALID_PARAMETER,
		     "RNGValueLength is zero");
	check_status("37.5.3", ids[11], CALL(rng_get, rng->GetRNG)(rng, 0, COUNT, 0), EFI_INVALID_PARAMETER,
		     "RNGValue is NULL");
	memset(second, 0xa5, COUNT);
	CALL(rng_get, rng->GetRNG)(rng, 0, 13, second);
	check("37.5.3", ids[12], second[13] == 0xa5 && second[14] == 0xa5 && second[31] == 0xa5,
	      "no more bytes than asked for are written");
}
