/* SPDX-License-Identifier: Apache-2.0 OR GPL-2.0-only */
/*
 * What the thunks call: one plain C function for each service, implemented in Swift (@c @implementation), in
 * the order of the tables. The variadic services arrive as an array of pairs.
 */
#ifndef VIRGIL_SERVICES_H
#define VIRGIL_SERVICES_H

#include "efi.h"

/* 7.1 events, timers, task priority */
uint64_t virgil_raise_tpl(uint64_t new_tpl);
void virgil_restore_tpl(uint64_t old_tpl);
efi_status virgil_create_event(uint32_t type, uint64_t notify_tpl, uint64_t function, void *context, const void *group,
			       efi_event *event);
efi_status virgil_set_timer(efi_event event, uint32_t type, uint64_t trigger_time);
efi_status virgil_wait_for_event(uint64_t count, efi_event *events, uint64_t *index);
efi_status virgil_signal_event(efi_event event);
efi_status virgil_close_event(efi_event event);
efi_status virgil_check_event(efi_event event);

/* 7.2 memory */
efi_status virgil_allocate_pages(uint32_t type, uint32_t memory_type, uint64_t pages, uint64_t *memory);
efi_status virgil_free_pages(uint64_t memory, uint64_t pages);
efi_status virgil_get_memory_map(uint64_t *size, void *map, uint64_t *key, uint64_t *descriptor_size,
				 uint32_t *descriptor_version);
efi_status virgil_allocate_pool(uint32_t memory_type, uint64_t size, void **buffer);
efi_status virgil_free_pool(void *buffer);

/* 7.3 protocols */
efi_status virgil_install_protocol_interface(efi_handle *handle, const void *protocol, uint32_t type, void *interface);
efi_status virgil_reinstall_protocol_interface(efi_handle handle, const void *protocol, void *old_interface,
					       void *new_interface);
efi_status virgil_uninstall_protocol_interface(efi_handle handle, const void *protocol, void *interface);
efi_status virgil_handle_protocol(efi_handle handle, const void *protocol, void **interface);
efi_status virgil_register_protocol_notify(const void *protocol, efi_event event, void **registration);
efi_status virgil_locate_handle(uint32_t search, const void *protocol, void *key, uint64_t *size, efi_handle *buffer);
efi_status virgil_locate_device_path(const void *protocol, void **path, efi_handle *device);
efi_status virgil_connect_controller(efi_handle controller, efi_handle *drivers, void *remaining, uint8_t recursive);
efi_status virgil_disconnect_controller(efi_handle controller, efi_handle driver, efi_handle child);
efi_status virgil_open_protocol(efi_handle handle, const void *protocol, void **interface, efi_handle agent,
				efi_handle controller, uint32_t attributes);
efi_status virgil_close_protocol(efi_handle handle, const void *protocol, efi_handle agent, efi_handle controller);
efi_status virgil_open_protocol_information(efi_handle handle, const void *protocol, void **entries, uint64_t *count);
efi_status virgil_protocols_per_handle(efi_handle handle, void **guids, uint64_t *count);
efi_status virgil_locate_handle_buffer(uint32_t search, const void *protocol, void *key, uint64_t *count, void **buffer);
efi_status virgil_locate_protocol(const void *protocol, void *registration, void **interface);
efi_status virgil_install_multiple(efi_handle *handle, const void *const *pairs, uint64_t count);
efi_status virgil_uninstall_multiple(efi_handle handle, const void *const *pairs, uint64_t count);

/* 7.4 images */
efi_status virgil_load_image(uint8_t boot_policy, efi_handle parent, void *path, void *source, uint64_t size,
			     efi_handle *image);
efi_status virgil_start_image(efi_handle image, uint64_t *exit_data_size, efi_char16 **exit_data);
efi_status virgil_exit(efi_handle image, efi_status status, uint64_t exit_data_size, efi_char16 *exit_data);
efi_status virgil_unload_image(efi_handle image);
efi_status virgil_exit_boot_services(efi_handle image, uint64_t key);

/* 7.5 miscellaneous */
efi_status virgil_install_configuration_table(const void *guid, void *table);
efi_status virgil_get_next_monotonic_count(uint64_t *count);
efi_status virgil_stall(uint64_t microseconds);
efi_status virgil_set_watchdog_timer(uint64_t seconds, uint64_t code, uint64_t data_size, efi_char16 *data);
efi_status virgil_calculate_crc32(const void *data, uint64_t size, uint32_t *crc);
void virgil_copy_mem(void *destination, const void *source, uint64_t length);
void virgil_set_mem(void *buffer, uint64_t size, uint8_t value);

/* 8 runtime services, as they are before ExitBootServices */
efi_status virgil_get_time(void *time, void *capabilities);
efi_status virgil_set_time(const void *time);
efi_status virgil_get_wakeup_time(uint8_t *enabled, uint8_t *pending, void *time);
efi_status virgil_set_wakeup_time(uint8_t enable, const void *time);
efi_status virgil_set_virtual_address_map(uint64_t size, uint64_t descriptor_size, uint32_t version, void *map);
efi_status virgil_convert_pointer(uint64_t disposition, void **address);
efi_status virgil_get_variable(const efi_char16 *name, const void *guid, uint32_t *attributes, uint64_t *size, void *data);
efi_status virgil_get_next_variable_name(uint64_t *size, efi_char16 *name, void *guid);
efi_status virgil_set_variable(const efi_char16 *name, const void *guid, uint32_t attributes, uint64_t size,
			       const void *data);
efi_status virgil_get_next_high_monotonic_count(uint32_t *count);
void virgil_reset_system(uint32_t type, efi_status status, uint64_t size, const void *data);
efi_status virgil_update_capsule(void **capsules, uint64_t count, uint64_t scatter_gather);
efi_status virgil_query_capsule_capabilities(void **capsules, uint64_t count, uint64_t *maximum, uint32_t *reset);
efi_status virgil_query_variable_info(uint32_t attributes, uint64_t *storage, uint64_t *remaining, uint64_t *maximum);

/* Protocols */
efi_status virgil_text_output_string(void *self, const efi_char16 *string, uint8_t test_only);
efi_status virgil_text_query_mode(void *self, uint64_t mode, uint64_t *columns, uint64_t *rows);
efi_status virgil_text_set(void *self, uint32_t what, uint64_t first, uint64_t second);
efi_status virgil_text_read_key(void *self, EFI_INPUT_KEY *key);
efi_status virgil_text_input_reset(void *self);
efi_status virgil_load_file2(void *self, void *path, uint8_t boot_policy, uint64_t *size, void *buffer);
efi_status virgil_rng_get_info(void *self, uint64_t *size, void *algorithms);
efi_status virgil_rng_get(void *self, const void *algorithm, uint64_t length, uint8_t *value);
efi_status virgil_memory_attributes(void *self, uint32_t what, uint64_t base, uint64_t length, uint64_t *attributes);
efi_status virgil_dt_fixup(void *self, void *tree, uint64_t *size, uint32_t flags);

/* A service has answered with an error: a line for the log. */
void virgil_failed(const char *name, efi_status status);

#endif
