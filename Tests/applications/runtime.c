/* SPDX-License-Identifier: Apache-2.0 OR GPL-2.0-only */
/*
 * subsystem: efi_runtime_driver
 *
 * A runtime driver that plays the kernel as well: it exits boot services, uses the runtime services, moves itself and them
 * to other virtual addresses, uses them there, and powers the machine off. What it finds it says on QEMU's serial port;
 * Tests/boot/cases.toml has what is expected.
 */
#include <stdint.h>

#include "application.h"

/* Where the second copy of the first 512 GiB of addresses is. */
#define DISTANCE (1ULL << 39)
#define RUNTIME (1ULL << 63)

/* A service takes five arguments at most; those it does not have are not looked at. */
typedef efi_status(EFIAPI *service)(uint64_t, uint64_t, uint64_t, uint64_t, uint64_t);
#define CALL5(f, a, b, c, d, e, ...) \
	((service)(f))((uint64_t)(a), (uint64_t)(b), (uint64_t)(c), (uint64_t)(d), (uint64_t)(e))
#define CALL(f, ...) CALL5(f, __VA_ARGS__, 0, 0, 0, 0, 0)

static const efi_guid_bytes vendor = {{0x1122334455667788, 0x99aabbccddeeff00}};
static EFI_RUNTIME_SERVICES *runtime;
static uint64_t *shared;      /* runtime services data, converted by the notification function */
static void *myself = &myself; /* has a base relocation */
static uint64_t notified;
static uint8_t map[64 * 1024];

static void put(char c)
{
#if defined(__aarch64__)
	*(volatile uint32_t *)0x09000000 = (uint8_t)c;
#else
	__asm__ volatile("outb %0, %1" ::"a"((uint8_t)c), "Nd"((uint16_t)0x3f8));
#endif
}

static void say(const char *text)
{
	while (*text)
		put(*text++);
}

static void check(int good, const char *what)
{
	say(good ? "runtime: good: " : "runtime: BAD: ");
	say(what);
	say("\r\n");
}

static void EFIAPI notify(void *event, void *context)
{
	notified = CALL(runtime->ConvertPointer, 0, &shared) == 0 && context == &notified ? 1 : 2;
}

/* The first 512 GiB a second time, by the page tables' root. */
static void make_alias(void)
{
	uint64_t *root;
#if defined(__aarch64__)
	uint64_t level;

	__asm__ volatile("mrs %0, CurrentEL" : "=r"(level));
	if (level >> 2 == 2)
		__asm__ volatile("mrs %0, ttbr0_el2" : "=r"(root));
	else
		__asm__ volatile("mrs %0, ttbr0_el1" : "=r"(root));
	root = (uint64_t *)((uint64_t)root & 0xfffffffff000);
	root[1] = root[0];
	__asm__ volatile("dsb ish\n\tisb" ::: "memory");
#else
	__asm__ volatile("mov %%cr3, %0" : "=r"(root));
	root = (uint64_t *)((uint64_t)root & 0xffffffffff000);
	root[1] = root[0];
	__asm__ volatile("mov %0, %%cr3" ::"r"(root) : "memory");
#endif
}

static void read_variables(const char *what)
{
	uint8_t value[4];
	uint64_t size = sizeof value, count = 0;
	uint32_t attributes = 0;
	static uint8_t name[512];
	efi_guid_bytes guid = {{0, 0}};
	efi_status status;

	say(what);
	say("\r\n");
	check(CALL(runtime->GetVariable, u"VirgilTest", &vendor, &attributes, &size, value) == 0 && size == 3 &&
		      attributes == 6 && value[0] == 1 && value[2] == 3, "GetVariable");
	size = sizeof value;
	check(CALL(runtime->GetVariable, u"VirgilBoot", &vendor, 0, &size, value) == (14 | 1ULL << 63),
	      "a boot variable is gone");
	check(CALL(runtime->SetVariable, u"VirgilNew", &vendor, 6, (uint64_t)1, value) == (3 | 1ULL << 63),
	      "SetVariable is unsupported");
	name[0] = name[1] = 0;
	do {
		size = sizeof name;
		status = CALL(runtime->GetNextVariableName, &size, name, &guid);
		count++;
	} while (status == 0 && count < 100);
	check(status == (14 | 1ULL << 63) && count > 2, "GetNextVariableName");
}

/* The map with each runtime region DISTANCE further, in place. */
static uint64_t make_virtual(uint64_t size, uint64_t descriptor_size)
{
	uint64_t kept = 0;

	for (uint64_t offset = 0; offset + descriptor_size <= size; offset += descriptor_size) {
		uint64_t *from = (uint64_t *)(map + offset), *to = (uint64_t *)(map + kept);

		if (!(from[4] & RUNTIME))
			continue;
		for (uint64_t word = 0; word < descriptor_size / 8; word++)
			to[word] = from[word];
		to[2] = to[1] + DISTANCE;
		kept += descriptor_size;
	}
	return kept;
}

efi_status EFIAPI efi_main(efi_handle image, EFI_SYSTEM_TABLE *system)
{
	EFI_BOOT_SERVICES *boot = system->BootServices;
	uint64_t size = sizeof map, key, descriptor_size;
	uint32_t version;
	uint64_t time[2] = {0, 0};
	int clock;
	void *event;
	efi_status status;

	runtime = system->RuntimeServices;
	print(system, u"runtime: ready\r\n");
	/* EFI_TIME: the year in the first 16 bits. */
	clock = CALL(runtime->GetTime, time, 0) == 0 && (time[0] & 0xffff) >= 2024 && (time[0] & 0xffff) < 2100;
	if (CALL(runtime->SetVariable, u"VirgilTest", &vendor, 6, (uint64_t)3, "\1\2\3") ||
	    CALL(runtime->SetVariable, u"VirgilBoot", &vendor, 2, (uint64_t)1, "\1") ||
	    CALL(boot->AllocatePool, 6, (uint64_t)64, (void **)&shared) ||
	    CALL(boot->CreateEvent, 0x60000202, (uint64_t)16, notify, &notified, &event))
		return 9 | 1ULL << 63;
	*shared = 42;
	if (CALL(boot->GetMemoryMap, &size, map, &key, &descriptor_size, &version))
		return 9 | 1ULL << 63;
	if (CALL(boot->ExitBootServices, image, key))
		return 9 | 1ULL << 63;
	check(clock, "GetTime at boot time");
	check(CALL(runtime->GetTime, time, 0) == (3 | 1ULL << 63), "GetTime is unsupported");
	read_variables("runtime: physical");
	check(CALL(runtime->ConvertPointer, 0, &shared) == (3 | 1ULL << 63),
	      "ConvertPointer has its time");

	size = make_virtual(size, descriptor_size);
	make_alias();
	check(CALL(runtime->SetVirtualAddressMap, size, descriptor_size, version + 1, map) == (2 | 1ULL << 63),
	      "a wrong version");
	check(CALL(runtime->SetVirtualAddressMap, descriptor_size, descriptor_size, version, map) == (17 | 1ULL << 63),
	      "a map without some region");
	status = CALL(runtime->SetVirtualAddressMap, size, descriptor_size, version, map);
	check(status == 0, "SetVirtualAddressMap");
	check(notified == 1, "the notification");
	check((uint64_t)shared > DISTANCE && *shared == 42, "ConvertPointer");
	check((uint64_t)myself == (uint64_t)&myself + DISTANCE, "a driver's relocations");
	check((uint64_t)system->RuntimeServices == (uint64_t)runtime + DISTANCE, "the system table");
	runtime = system->RuntimeServices;
	check((uint64_t)runtime->GetVariable > DISTANCE, "the runtime services table");
	check(CALL(runtime->SetVirtualAddressMap, size, descriptor_size, version, map) == (3 | 1ULL << 63),
	      "a second SetVirtualAddressMap");
	read_variables("runtime: virtual");
	say("runtime: off\r\n");
	CALL(runtime->ResetSystem, 2, 0, 0, 0);
	say("runtime: BAD: still here\r\n");
	for (;;)
		;
}
