/* SPDX-License-Identifier: Apache-2.0 OR GPL-2.0-only */
/* Simple Text Input Ex (UEFI 2.10, 12.2) on the console of the system table, while no key is pressed. */
#include "efi_protocols.h"
#include "protocol_kit.h"

static const efi_guid_bytes input_ex_guid = GUID(0xdd9e7534, 0x7762, 0x4698, 0x8c, 0x14, 0xf5, 0x85, 0x17, 0xa6, 0x25, 0xaa);
static text_input_ex *input;

static efi_status EFIAPI on_key(key_data *data) { return EFI_SUCCESS; }

#define REGISTER(data, function, handle) CALL(register_key, input->RegisterKeyNotify)(input, data, function, handle)
#define UNREGISTER(handle) CALL(unregister_key, input->UnregisterKeyNotify)(input, handle)

void run_group(void)
{
	key_data data = {0}, key = {.Key = {.UnicodeChar = 'x'}};
	void *first = 0, *second = 0;

	input = interface_on(st->ConsoleInHandle, &input_ex_guid);
	check("12.2.1", "keys.protocol", input != 0, "the console's input handle has the protocol");
	if (!input)
		return;
	check_status("12.2.2", "keys.reset", CALL(text_reset, input->Reset)(input, 0), EFI_SUCCESS, "the device is reset");
	check_status("12.2.3", "keys.none", CALL(read_key_ex, input->ReadKeyStrokeEx)(input, &data), EFI_NOT_READY,
		     "there was no keystroke data available");
	check_status("12.2.3", "keys.null", CALL(read_key_ex, input->ReadKeyStrokeEx)(input, 0), EFI_INVALID_PARAMETER,
		     "KeyData is NULL");
	check_status("12.2.1", "keys.event", input->WaitForKeyEx ? BS(CheckEvent)(input->WaitForKeyEx) : EFI_INVALID_PARAMETER,
		     EFI_NOT_READY, "WaitForKeyEx is signaled when a key is available, and none is");
	check_status("12.2.4", "keys.state-null", CALL(unregister_key, input->SetState)(input, 0), EFI_INVALID_PARAMETER,
		     "KeyToggleState is NULL");
	check_status("12.2.5", "keys.register", REGISTER(&key, on_key, &first), EFI_SUCCESS, "the function is registered");
	check("12.2.5", "keys.register-handle", first != 0, "a unique value is returned");
	key.Key.UnicodeChar = 'y';
	check("12.2.5", "keys.register-another", REGISTER(&key, on_key, &second) == EFI_SUCCESS && second != first,
	      "another key has another value");
	check_status("12.2.5", "keys.register-null-key", REGISTER(0, on_key, &first),
		     EFI_INVALID_PARAMETER, "KeyData is NULL");
	check_status("12.2.5", "keys.register-null-function", REGISTER(&key, 0, &second), EFI_INVALID_PARAMETER,
		     "KeyNotificationFunction is NULL");
	check_status("12.2.5", "keys.register-null-handle", REGISTER(&key, on_key, 0), EFI_INVALID_PARAMETER,
		     "NotifyHandle is NULL");
	check_status("12.2.6", "keys.unregister", UNREGISTER(first), EFI_SUCCESS, "the function is unregistered");
	check_status("12.2.6", "keys.unregister-null", UNREGISTER(0), EFI_INVALID_PARAMETER, "the handle is not valid");
	check_status("12.2.6", "keys.unregister-another", UNREGISTER(second), EFI_SUCCESS, "the function is unregistered");
}
