/* SPDX-License-Identifier: Apache-2.0 OR GPL-2.0-only */
/*
 * The tables of UEFI 2.10 in the platform's calling convention. Swift imports a structure of function pointers
 * but forgets their convention, so Swift never calls a member: it implements the virgil_* functions of
 * services.h, which the tables reach through thunks, and calls out through the efi_call_* functions.
 */
#ifndef VIRGIL_EFI_H
#define VIRGIL_EFI_H

#include <stddef.h>
#include <stdint.h>

#if defined(__x86_64__)
#define EFIAPI __attribute__((ms_abi))
#else
#define EFIAPI
#endif

typedef uint64_t efi_status;
typedef void *efi_handle;
typedef void *efi_event;
typedef uint16_t efi_char16;

typedef struct {
	uint64_t words[2];
} efi_guid_bytes;

/* 4.2.1 */
typedef struct {
	uint64_t Signature;
	uint32_t Revision;
	uint32_t HeaderSize;
	uint32_t CRC32;
	uint32_t Reserved;
} EFI_TABLE_HEADER;

/* A slot whose signature matters only to thunks.c and to the payload. */
typedef void (*efi_slot)(void);

/* 4.4.1: 44 slots, one of them reserved. */
typedef struct {
	EFI_TABLE_HEADER Hdr;
	efi_slot RaiseTPL, RestoreTPL;
	efi_slot AllocatePages, FreePages, GetMemoryMap, AllocatePool, FreePool;
	efi_slot CreateEvent, SetTimer, WaitForEvent, SignalEvent, CloseEvent, CheckEvent;
	efi_slot InstallProtocolInterface, ReinstallProtocolInterface, UninstallProtocolInterface, HandleProtocol;
	void *Reserved;
	efi_slot RegisterProtocolNotify, LocateHandle, LocateDevicePath, InstallConfigurationTable;
	efi_slot LoadImage, StartImage, Exit, UnloadImage, ExitBootServices;
	efi_slot GetNextMonotonicCount, Stall, SetWatchdogTimer;
	efi_slot ConnectController, DisconnectController;
	efi_slot OpenProtocol, CloseProtocol, OpenProtocolInformation;
	efi_slot ProtocolsPerHandle, LocateHandleBuffer, LocateProtocol;
	efi_slot InstallMultipleProtocolInterfaces, UninstallMultipleProtocolInterfaces;
	efi_slot CalculateCrc32;
	efi_slot CopyMem, SetMem, CreateEventEx;
} EFI_BOOT_SERVICES;

/* 4.5.1 */
typedef struct {
	EFI_TABLE_HEADER Hdr;
	efi_slot GetTime, SetTime, GetWakeupTime, SetWakeupTime;
	efi_slot SetVirtualAddressMap, ConvertPointer;
	efi_slot GetVariable, GetNextVariableName, SetVariable;
	efi_slot GetNextHighMonotonicCount, ResetSystem;
	efi_slot UpdateCapsule, QueryCapsuleCapabilities, QueryVariableInfo;
} EFI_RUNTIME_SERVICES;

/* 4.6.1 */
typedef struct {
	efi_guid_bytes VendorGuid;
	void *VendorTable;
} EFI_CONFIGURATION_TABLE;

/* 12.4.1, 12.3.1 */
typedef struct {
	int32_t MaxMode, Mode, Attribute, CursorColumn, CursorRow;
	uint8_t CursorVisible;
} SIMPLE_TEXT_OUTPUT_MODE;

typedef struct {
	efi_slot Reset, OutputString, TestString, QueryMode, SetMode, SetAttribute, ClearScreen, SetCursorPosition, EnableCursor;
	SIMPLE_TEXT_OUTPUT_MODE *Mode;
} EFI_SIMPLE_TEXT_OUTPUT_PROTOCOL;

typedef struct {
	efi_slot Reset, ReadKeyStroke;
	efi_event WaitForKey;
} EFI_SIMPLE_TEXT_INPUT_PROTOCOL;

typedef struct {
	uint16_t ScanCode;
	efi_char16 UnicodeChar;
} EFI_INPUT_KEY;

/* 4.3.1 */
typedef struct {
	EFI_TABLE_HEADER Hdr;
	efi_char16 *FirmwareVendor;
	uint32_t FirmwareRevision;
	efi_handle ConsoleInHandle;
	EFI_SIMPLE_TEXT_INPUT_PROTOCOL *ConIn;
	efi_handle ConsoleOutHandle;
	EFI_SIMPLE_TEXT_OUTPUT_PROTOCOL *ConOut;
	efi_handle StandardErrorHandle;
	EFI_SIMPLE_TEXT_OUTPUT_PROTOCOL *StdErr;
	EFI_RUNTIME_SERVICES *RuntimeServices;
	EFI_BOOT_SERVICES *BootServices;
	uint64_t NumberOfTableEntries;
	EFI_CONFIGURATION_TABLE *ConfigurationTable;
} EFI_SYSTEM_TABLE;

/* 9.1.1 */
typedef struct {
	uint32_t Revision;
	efi_handle ParentHandle;
	EFI_SYSTEM_TABLE *SystemTable;
	efi_handle DeviceHandle;
	void *FilePath;
	void *Reserved;
	uint32_t LoadOptionsSize;
	void *LoadOptions;
	void *ImageBase;
	uint64_t ImageSize;
	uint32_t ImageCodeType;
	uint32_t ImageDataType;
	efi_slot Unload;
} EFI_LOADED_IMAGE_PROTOCOL;

/* 13.1.1, 13.2.1: LoadFile and LoadFile2 have the same shape. */
typedef struct {
	efi_slot LoadFile;
} EFI_LOAD_FILE_PROTOCOL;

/* 37.5.1 */
typedef struct {
	efi_slot GetInfo, GetRNG;
} EFI_RNG_PROTOCOL;

/* 37.7.1 */
typedef struct {
	efi_slot GetMemoryAttributes, SetMemoryAttributes, ClearMemoryAttributes;
} EFI_MEMORY_ATTRIBUTE_PROTOCOL;

/* EFI_DT_FIXUP_PROTOCOL, a specification of its own. */
typedef struct {
	uint64_t Revision;
	efi_slot Fixup;
} EFI_DT_FIXUP_PROTOCOL;

/* 11.1.1 */
typedef struct {
	efi_slot Supported, Start, Stop;
	uint32_t Version;
	efi_handle ImageHandle, DriverBindingHandle;
} EFI_DRIVER_BINDING_PROTOCOL;

/* 11.2.1, 11.3.1, 11.9.1: what they have in common. */
typedef struct {
	efi_slot Get;
} EFI_DRIVER_OVERRIDE_PROTOCOL;

/* 7.3.11 */
typedef struct {
	efi_handle AgentHandle;
	efi_handle ControllerHandle;
	uint32_t Attributes;
	uint32_t OpenCount;
} EFI_OPEN_PROTOCOL_INFORMATION_ENTRY;

/* Fills a table with thunks; headers and data members are the caller's. */
void efi_fill_boot_services(EFI_BOOT_SERVICES *table);
void efi_fill_runtime_services(EFI_RUNTIME_SERVICES *table);
void efi_fill_text_output(EFI_SIMPLE_TEXT_OUTPUT_PROTOCOL *protocol);
void efi_fill_text_input(EFI_SIMPLE_TEXT_INPUT_PROTOCOL *protocol);
void efi_fill_load_file2(EFI_LOAD_FILE_PROTOCOL *protocol);
void efi_fill_rng(EFI_RNG_PROTOCOL *protocol);
void efi_fill_memory_attribute(EFI_MEMORY_ATTRIBUTE_PROTOCOL *protocol);

/* Calls into a payload, in its convention. */
void efi_call_notify(uint64_t function, efi_event event, void *context);
efi_status efi_call_unload(uint64_t function, efi_handle image);
efi_status efi_call_load_file(void *protocol, void *path, uint8_t boot_policy, uint64_t *size, void *buffer);
efi_status efi_call_driver_supported(void *protocol, efi_handle controller, void *remaining);
efi_status efi_call_driver_start(void *protocol, efi_handle controller, void *remaining);
efi_status efi_call_driver_stop(void *protocol, efi_handle controller, uint64_t count, efi_handle *children);
efi_status efi_call_get_driver(void *protocol, efi_handle controller, efi_handle *driver);
uint32_t efi_call_driver_family_version(void *protocol);

/* Calls virgil_runtime_fill() of a runtime image: ours, so in the plain C convention. */
void efi_call_runtime_fill(uint64_t function, void *parameters);

/*
 * Runs an image's entry point and comes back when it returns or calls Exit(): efi_exit_image() unwinds to
 * the efi_start_image() that was given the same context, which then returns the status.
 */
typedef struct {
	uint64_t registers[24];
} efi_image_context;
efi_status efi_start_image(efi_image_context *context, uint64_t entry, efi_handle image, void *system_table);
void efi_exit_image(efi_image_context *context, efi_status status) __attribute__((noreturn));

#endif
