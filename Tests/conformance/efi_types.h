/* SPDX-License-Identifier: Apache-2.0 OR GPL-2.0-only */
/*
 * Types for the untyped slots of efi.h's tables: BS(AllocatePages)(...) and RT(GetTime)(...) call a service with its
 * parameters checked by the compiler. The types are those of UEFI 2.10, sections 7 and 8.
 */
#ifndef VIRGIL_CONFORMANCE_EFI_TYPES_H
#define VIRGIL_CONFORMANCE_EFI_TYPES_H

#include "efi.h"

#define BS(service) ((efi_##service)st->BootServices->service)
#define RT(service) ((efi_##service)st->RuntimeServices->service)

/* Appendix D */
#define EFI_ERROR_BIT (1ULL << 63)
#define EFI_SUCCESS 0ULL
#define EFI_LOAD_ERROR (EFI_ERROR_BIT | 1)
#define EFI_INVALID_PARAMETER (EFI_ERROR_BIT | 2)
#define EFI_UNSUPPORTED (EFI_ERROR_BIT | 3)
#define EFI_BAD_BUFFER_SIZE (EFI_ERROR_BIT | 4)
#define EFI_BUFFER_TOO_SMALL (EFI_ERROR_BIT | 5)
#define EFI_NOT_READY (EFI_ERROR_BIT | 6)
#define EFI_DEVICE_ERROR (EFI_ERROR_BIT | 7)
#define EFI_WRITE_PROTECTED (EFI_ERROR_BIT | 8)
#define EFI_OUT_OF_RESOURCES (EFI_ERROR_BIT | 9)
#define EFI_NO_MEDIA (EFI_ERROR_BIT | 12)
#define EFI_NOT_FOUND (EFI_ERROR_BIT | 14)
#define EFI_ACCESS_DENIED (EFI_ERROR_BIT | 15)
#define EFI_TIMEOUT (EFI_ERROR_BIT | 18)
#define EFI_NOT_STARTED (EFI_ERROR_BIT | 19)
#define EFI_ALREADY_STARTED (EFI_ERROR_BIT | 20)
#define EFI_ABORTED (EFI_ERROR_BIT | 21)
#define EFI_SECURITY_VIOLATION (EFI_ERROR_BIT | 26)

/* A GUID as it is written: GUID(0x8be4df61, 0x93ca, 0x11d2, 0xaa, 0x0d, 0x00, 0xe0, 0x98, 0x03, 0x2b, 0x8c) */
#define GUID(a, b, c, d0, d1, d2, d3, d4, d5, d6, d7)                                                                  \
	{                                                                                                              \
		{                                                                                                      \
			(uint64_t)(a) | (uint64_t)(b) << 32 | (uint64_t)(c) << 48,                                     \
				(uint64_t)(d0) | (uint64_t)(d1) << 8 | (uint64_t)(d2) << 16 | (uint64_t)(d3) << 24 |   \
					(uint64_t)(d4) << 32 | (uint64_t)(d5) << 40 | (uint64_t)(d6) << 48 |           \
					(uint64_t)(d7) << 56                                                           \
		}                                                                                                      \
	}

typedef void(EFIAPI *efi_notify)(efi_event, void *);

/* 7.1 */
enum { TPL_APPLICATION = 4, TPL_CALLBACK = 8, TPL_NOTIFY = 16, TPL_HIGH_LEVEL = 31 };
#define EVT_TIMER 0x80000000u
#define EVT_RUNTIME 0x40000000u
#define EVT_NOTIFY_WAIT 0x00000100u
#define EVT_NOTIFY_SIGNAL 0x00000200u
#define EVT_SIGNAL_EXIT_BOOT_SERVICES 0x00000201u
#define EVT_SIGNAL_VIRTUAL_ADDRESS_CHANGE 0x60000202u
enum { TimerCancel, TimerPeriodic, TimerRelative };

typedef uint64_t(EFIAPI *efi_RaiseTPL)(uint64_t level);
typedef void(EFIAPI *efi_RestoreTPL)(uint64_t level);
typedef efi_status(EFIAPI *efi_CreateEvent)(uint32_t type, uint64_t tpl, efi_notify function, void *context, efi_event *event);
typedef efi_status(EFIAPI *efi_CreateEventEx)(uint32_t type, uint64_t tpl, efi_notify function, const void *context,
					      const efi_guid_bytes *group, efi_event *event);
typedef efi_status(EFIAPI *efi_SetTimer)(efi_event event, uint32_t type, uint64_t time);
typedef efi_status(EFIAPI *efi_WaitForEvent)(uint64_t count, efi_event *events, uint64_t *index);
typedef efi_status(EFIAPI *efi_SignalEvent)(efi_event event);
typedef efi_status(EFIAPI *efi_CloseEvent)(efi_event event);
typedef efi_status(EFIAPI *efi_CheckEvent)(efi_event event);

/* 7.2 */
enum { AllocateAnyPages, AllocateMaxAddress, AllocateAddress, MaxAllocateType };
enum {
	EfiReservedMemoryType,
	EfiLoaderCode,
	EfiLoaderData,
	EfiBootServicesCode,
	EfiBootServicesData,
	EfiRuntimeServicesCode,
	EfiRuntimeServicesData,
	EfiConventionalMemory,
	EfiUnusableMemory,
	EfiACPIReclaimMemory,
	EfiACPIMemoryNVS,
	EfiMemoryMappedIO,
	EfiMemoryMappedIOPortSpace,
	EfiPalCode,
	EfiPersistentMemory,
	EfiUnacceptedMemoryType,
	EfiMaxMemoryType
};
#define EFI_MEMORY_UC 0x1ULL
#define EFI_MEMORY_WB 0x8ULL
#define EFI_MEMORY_RUNTIME (1ULL << 63)

typedef struct {
	uint32_t Type;
	uint64_t PhysicalStart, VirtualStart, NumberOfPages, Attribute;
} efi_memory_descriptor;

typedef efi_status(EFIAPI *efi_AllocatePages)(uint32_t kind, uint32_t type, uint64_t pages, uint64_t *memory);
typedef efi_status(EFIAPI *efi_FreePages)(uint64_t memory, uint64_t pages);
typedef efi_status(EFIAPI *efi_GetMemoryMap)(uint64_t *size, void *map, uint64_t *key, uint64_t *descriptor_size,
					     uint32_t *version);
typedef efi_status(EFIAPI *efi_AllocatePool)(uint32_t type, uint64_t size, void **buffer);
typedef efi_status(EFIAPI *efi_FreePool)(void *buffer);

/* 7.3 */
enum { EFI_NATIVE_INTERFACE };
enum { AllHandles, ByRegisterNotify, ByProtocol };
#define EFI_OPEN_PROTOCOL_BY_HANDLE_PROTOCOL 0x01u
#define EFI_OPEN_PROTOCOL_GET_PROTOCOL 0x02u
#define EFI_OPEN_PROTOCOL_TEST_PROTOCOL 0x04u
#define EFI_OPEN_PROTOCOL_BY_CHILD_CONTROLLER 0x08u
#define EFI_OPEN_PROTOCOL_BY_DRIVER 0x10u
#define EFI_OPEN_PROTOCOL_EXCLUSIVE 0x20u

typedef efi_status(EFIAPI *efi_InstallProtocolInterface)(efi_handle *handle, const efi_guid_bytes *protocol, uint32_t type,
							 void *interface);
typedef efi_status(EFIAPI *efi_ReinstallProtocolInterface)(efi_handle handle, const efi_guid_bytes *protocol,
							   void *old_interface, void *new_interface);
typedef efi_status(EFIAPI *efi_UninstallProtocolInterface)(efi_handle handle, const efi_guid_bytes *protocol,
							   void *interface);
typedef efi_status(EFIAPI *efi_HandleProtocol)(efi_handle handle, const efi_guid_bytes *protocol, void **interface);
typedef efi_status(EFIAPI *efi_RegisterProtocolNotify)(const efi_guid_bytes *protocol, efi_event event, void **registration);
typedef efi_status(EFIAPI *efi_LocateHandle)(uint32_t search, const efi_guid_bytes *protocol, void *key, uint64_t *size,
					     efi_handle *buffer);
typedef efi_status(EFIAPI *efi_LocateDevicePath)(const efi_guid_bytes *protocol, void **path, efi_handle *device);
typedef efi_status(EFIAPI *efi_ConnectController)(efi_handle controller, efi_handle *drivers, void *remaining,
						  uint8_t recursive);
typedef efi_status(EFIAPI *efi_DisconnectController)(efi_handle controller, efi_handle driver, efi_handle child);
typedef efi_status(EFIAPI *efi_OpenProtocol)(efi_handle handle, const efi_guid_bytes *protocol, void **interface,
					     efi_handle agent, efi_handle controller, uint32_t attributes);
typedef efi_status(EFIAPI *efi_CloseProtocol)(efi_handle handle, const efi_guid_bytes *protocol, efi_handle agent,
					      efi_handle controller);
typedef efi_status(EFIAPI *efi_OpenProtocolInformation)(efi_handle handle, const efi_guid_bytes *protocol,
							EFI_OPEN_PROTOCOL_INFORMATION_ENTRY **entries, uint64_t *count);
typedef efi_status(EFIAPI *efi_ProtocolsPerHandle)(efi_handle handle, efi_guid_bytes ***protocols, uint64_t *count);
typedef efi_status(EFIAPI *efi_LocateHandleBuffer)(uint32_t search, const efi_guid_bytes *protocol, void *key,
						   uint64_t *count, efi_handle **buffer);
typedef efi_status(EFIAPI *efi_LocateProtocol)(const efi_guid_bytes *protocol, void *registration, void **interface);
typedef efi_status(EFIAPI *efi_InstallMultipleProtocolInterfaces)(efi_handle *handle, ...);
typedef efi_status(EFIAPI *efi_UninstallMultipleProtocolInterfaces)(efi_handle handle, ...);

/* 7.4 */
typedef efi_status(EFIAPI *efi_LoadImage)(uint8_t boot_policy, efi_handle parent, void *path, void *source, uint64_t size,
					  efi_handle *image);
typedef efi_status(EFIAPI *efi_StartImage)(efi_handle image, uint64_t *exit_data_size, efi_char16 **exit_data);
typedef efi_status(EFIAPI *efi_Exit)(efi_handle image, efi_status status, uint64_t exit_data_size, efi_char16 *exit_data);
typedef efi_status(EFIAPI *efi_UnloadImage)(efi_handle image);
typedef efi_status(EFIAPI *efi_ExitBootServices)(efi_handle image, uint64_t key);

/* 7.5 */
typedef efi_status(EFIAPI *efi_InstallConfigurationTable)(const efi_guid_bytes *guid, void *table);
typedef efi_status(EFIAPI *efi_GetNextMonotonicCount)(uint64_t *count);
typedef efi_status(EFIAPI *efi_Stall)(uint64_t microseconds);
typedef efi_status(EFIAPI *efi_SetWatchdogTimer)(uint64_t seconds, uint64_t code, uint64_t size, efi_char16 *data);
typedef efi_status(EFIAPI *efi_CalculateCrc32)(const void *data, uint64_t size, uint32_t *crc);
typedef void(EFIAPI *efi_CopyMem)(void *destination, const void *source, uint64_t length);
typedef void(EFIAPI *efi_SetMem)(void *buffer, uint64_t size, uint8_t value);

/* 8 */
typedef struct {
	uint16_t Year;
	uint8_t Month, Day, Hour, Minute, Second, Pad1;
	uint32_t Nanosecond;
	int16_t TimeZone;
	uint8_t Daylight, Pad2;
} efi_time;
typedef struct {
	uint32_t Resolution, Accuracy;
	uint8_t SetsToZero;
} efi_time_capabilities;
typedef struct {
	efi_guid_bytes CapsuleGuid;
	uint32_t HeaderSize, Flags, CapsuleImageSize;
} efi_capsule_header;

#define EFI_VARIABLE_NON_VOLATILE 0x01u
#define EFI_VARIABLE_BOOTSERVICE_ACCESS 0x02u
#define EFI_VARIABLE_RUNTIME_ACCESS 0x04u
#define EFI_VARIABLE_HARDWARE_ERROR_RECORD 0x08u
#define EFI_VARIABLE_AUTHENTICATED_WRITE_ACCESS 0x10u
#define EFI_VARIABLE_TIME_BASED_AUTHENTICATED_WRITE_ACCESS 0x20u
#define EFI_VARIABLE_APPEND_WRITE 0x40u
enum { EfiResetCold, EfiResetWarm, EfiResetShutdown, EfiResetPlatformSpecific };

typedef efi_status(EFIAPI *efi_GetTime)(efi_time *time, efi_time_capabilities *capabilities);
typedef efi_status(EFIAPI *efi_SetTime)(efi_time *time);
typedef efi_status(EFIAPI *efi_GetWakeupTime)(uint8_t *enabled, uint8_t *pending, efi_time *time);
typedef efi_status(EFIAPI *efi_SetWakeupTime)(uint8_t enable, efi_time *time);
typedef efi_status(EFIAPI *efi_SetVirtualAddressMap)(uint64_t size, uint64_t descriptor_size, uint32_t version, void *map);
typedef efi_status(EFIAPI *efi_ConvertPointer)(uint64_t disposition, void **address);
typedef efi_status(EFIAPI *efi_GetVariable)(const efi_char16 *name, const efi_guid_bytes *guid, uint32_t *attributes,
					    uint64_t *size, void *data);
typedef efi_status(EFIAPI *efi_GetNextVariableName)(uint64_t *size, efi_char16 *name, efi_guid_bytes *guid);
typedef efi_status(EFIAPI *efi_SetVariable)(const efi_char16 *name, const efi_guid_bytes *guid, uint32_t attributes,
					    uint64_t size, const void *data);
typedef efi_status(EFIAPI *efi_GetNextHighMonotonicCount)(uint32_t *count);
typedef void(EFIAPI *efi_ResetSystem)(uint32_t type, efi_status status, uint64_t size, void *data);
typedef efi_status(EFIAPI *efi_UpdateCapsule)(efi_capsule_header **capsules, uint64_t count, uint64_t list);
typedef efi_status(EFIAPI *efi_QueryCapsuleCapabilities)(efi_capsule_header **capsules, uint64_t count, uint64_t *maximum,
							 uint32_t *reset);
typedef efi_status(EFIAPI *efi_QueryVariableInfo)(uint32_t attributes, uint64_t *storage, uint64_t *remaining,
						  uint64_t *maximum);

#endif
