/* SPDX-License-Identifier: Apache-2.0 OR GPL-2.0-only */
/* StartImage, the entry point, Exit (UEFI 2.10, 7.4.2, 7.4.4, 7.4.5). */
#include "image_kit.h"

static void entry_point(void)
{
	efi_handle handle = load(child_file, CHILD_SIZE);
	child_orders orders = {.status = 0x1234};

	check_equal("7.4.1", "images.start.not-before", (uint64_t)orders.runs, 0, "LoadImage runs nothing");
	check_status("7.4.2", "images.start.status", run(handle, &orders), 0x1234, "StartImage returns the image's exit code");
	check_equal("7.4.2", "images.start.once", (uint64_t)orders.runs, 1, "the entry point is called");
	check("7.4.4", "images.start.handle", orders.handle == handle, "the entry point gets the image's handle");
	check("7.4.4", "images.start.system-table", orders.system_table == st, "the entry point gets the system table");
	check("7.4.1", "images.start.relocated", orders.relocated, "the image's relocations were applied");
	check("7.4.1", "images.start.zeroed", orders.zeroed, "memory that no file holds is zero");
	check("7.4.4", "images.start.application-goes", !exists(handle), "an application is unloaded when it returns");
	check_status("7.4.2", "images.start.null", BS(StartImage)(0, 0, 0), EFI_INVALID_PARAMETER, "not an image handle");
	efi_handle stranger = new_handle(&mark_a, INTERFACE(0));

	check_status("7.4.2", "images.start.stranger", BS(StartImage)(stranger, 0, 0), EFI_INVALID_PARAMETER,
		     "not an image handle");
	BS(UninstallProtocolInterface)(stranger, &mark_a, INTERFACE(0));
	check_status("7.4.2", "images.start.gone", BS(StartImage)(handle, 0, 0), EFI_INVALID_PARAMETER, "no longer an image handle");
	check_status("7.4.2", "images.start.running", BS(StartImage)(image, 0, 0), EFI_INVALID_PARAMETER,
		     "the image has already been started");

	orders = (child_orders){.status = EFI_DEVICE_ERROR};
	handle = load(child_file, CHILD_SIZE);
	check_status("7.4.2", "images.start.error", run(handle, &orders), EFI_DEVICE_ERROR,
		     "StartImage returns the image's exit code");
	check("7.4.4", "images.start.error-goes", !exists(handle), "an application is unloaded when it returns");
}

static void exits(void)
{
	efi_handle handle = load(child_file, CHILD_SIZE);
	child_orders orders = {.what = CHILD_EXIT, .status = EFI_ABORTED, .exit_data = 1, .result = 0x55};
	uint64_t size = 0;
	efi_char16 *data = 0;

	give_orders(handle, &orders);
	check_status("7.4.5", "images.exit.status", BS(StartImage)(handle, &size, &data), EFI_ABORTED,
		     "control is transferred back to StartImage, with the exit code");
	check("7.4.5", "images.exit.does-not-return", orders.result == 0x55, "Exit does not return to the image");
	check_equal("7.4.2", "images.exit.data-size", size, sizeof(EXIT_TEXT), "ExitDataSize is what Exit was given");
	check("7.4.2", "images.exit.data", data && memcmp(data, EXIT_TEXT, sizeof(EXIT_TEXT)) == 0,
	      "ExitData is what Exit was given");
	check_status("7.4.2", "images.exit.data-pool", BS(FreePool)(data), EFI_SUCCESS, "the caller frees ExitData with FreePool");
	check("7.4.5", "images.exit.application-goes", !exists(handle), "an application is unloaded when it exits");

	handle = load(child_file, CHILD_SIZE);
	check_status("7.4.2", "images.exit.nobody-wants-data", run(handle, &orders), EFI_ABORTED,
		     "ExitDataSize and ExitData may be NULL");
	orders = (child_orders){.what = CHILD_EXIT, .status = EFI_SUCCESS};
	handle = load(child_file, CHILD_SIZE);
	check_status("7.4.5", "images.exit.success", run(handle, &orders), EFI_SUCCESS, "an exit code of EFI_SUCCESS");

	handle = load(child_file, CHILD_SIZE);
	check_status("7.4.5", "images.exit.not-started", BS(Exit)(handle, EFI_SUCCESS, 0, 0), EFI_SUCCESS,
		     "an image that was not started is unloaded");
	check("7.4.5", "images.exit.not-started-goes", !exists(handle), "an image that was not started is unloaded");

	orders = (child_orders){.what = CHILD_EXIT_PARENT, .target = image, .status = 0x66};
	handle = load(child_file, CHILD_SIZE);
	check_status("7.4.5", "images.exit.parent-goes-on", run(handle, &orders), 0x66, "the child runs on");
	check_status("7.4.5", "images.exit.not-current", orders.result, EFI_INVALID_PARAMETER,
		     "the image is not the currently executing image");
}

static void nested(void)
{
	child_orders inner = {.what = CHILD_EXIT, .status = 0x11};
	child_orders outer = {.what = CHILD_NEST, .status = 0x22, .file = (void *)child_file, .size = CHILD_SIZE,
			      .grandchild = &inner};
	efi_handle handle = load(child_file, CHILD_SIZE);

	check_status("7.4.2", "images.nested.status", run(handle, &outer), 0x22, "a child that starts a child");
	check_status("7.4.5", "images.nested.inner-status", outer.result, 0x11, "Exit ends the innermost image only");
	check("9.1.1", "images.nested.parents", inner.parent == handle && outer.parent == image,
	      "each has its own parent");
	check("7.4.5", "images.nested.gone", !exists(inner.handle) && !exists(handle), "both are unloaded");
}

static void drivers(void)
{
	child_orders orders = {.status = EFI_SUCCESS};
	efi_handle handle = load_as(EFI_BOOT_SERVICE_DRIVER);

	check_status("7.4.2", "images.driver.status", run(handle, &orders), EFI_SUCCESS, "a driver that is installed");
	check("7.4.4", "images.driver.stays", exists(handle) && loaded_image(handle), "a driver that returns EFI_SUCCESS stays");
	check_status("7.4.2", "images.driver.twice", BS(StartImage)(handle, 0, 0), EFI_INVALID_PARAMETER,
		     "the image has already been started");
	check_status("7.4.3", "images.driver.no-unload", BS(UnloadImage)(handle), EFI_UNSUPPORTED,
		     "it has been started, and does not support unload");
	check("7.4.3", "images.driver.no-unload-stays", exists(handle), "a refused unload changes nothing");

	orders = (child_orders){.status = EFI_UNSUPPORTED};
	handle = load_as(EFI_BOOT_SERVICE_DRIVER);
	check_status("7.4.2", "images.driver.fails", run(handle, &orders), EFI_UNSUPPORTED, "a driver that cannot be installed");
	check("7.4.4", "images.driver.fails-goes", !exists(handle), "a driver that returns an error is unloaded");
	orders = (child_orders){.what = CHILD_EXIT, .status = EFI_ABORTED};
	handle = load_as(EFI_RUNTIME_DRIVER);
	check_status("7.4.5", "images.driver.exits", run(handle, &orders), EFI_ABORTED, "a driver may exit, too");
	check("7.4.5", "images.driver.exits-goes", !exists(handle), "a driver that exits with an error is unloaded");
}

static void agents(void)
{
	efi_handle target = new_handle(&mark_a, INTERFACE(0)), handle = load(child_file, CHILD_SIZE);
	child_orders orders = {.what = CHILD_OPEN, .target = target, .protocol = &mark_a};
	void *interface = 0;

	run(handle, &orders);
	check_status("7.3.9", "images.agent.opened", orders.result, EFI_SUCCESS, "the child opens a protocol EXCLUSIVE");
	check_status("7.4.5", "images.agent.closed",
		     BS(OpenProtocol)(target, &mark_a, &interface, image, 0, EFI_OPEN_PROTOCOL_EXCLUSIVE), EFI_SUCCESS,
		     "what an image has open is closed when it is unloaded");
	BS(CloseProtocol)(target, &mark_a, image, 0);
	BS(UninstallProtocolInterface)(target, &mark_a, INTERFACE(0));
}

void start_assertions(void)
{
	entry_point();
	exits();
	nested();
	drivers();
	agents();
}

void unload_assertions(void)
{
	efi_handle handle = load(child_file, CHILD_SIZE);
	child_orders orders = {.unload = 1, .unload_status = EFI_ACCESS_DENIED};

	check_status("7.4.3", "images.unload.not-started", BS(UnloadImage)(handle), EFI_SUCCESS, "an image that was not started");
	check("7.4.3", "images.unload.not-started-goes", !exists(handle), "its handle is gone");
	check_status("7.4.3", "images.unload.gone", BS(UnloadImage)(handle), EFI_INVALID_PARAMETER, "not a valid image handle");
	check_status("7.4.3", "images.unload.null", BS(UnloadImage)(0), EFI_INVALID_PARAMETER, "not a valid image handle");
	efi_handle stranger = new_handle(&mark_a, INTERFACE(0));

	check_status("7.4.3", "images.unload.stranger", BS(UnloadImage)(stranger), EFI_INVALID_PARAMETER,
		     "not a valid image handle");
	BS(UninstallProtocolInterface)(stranger, &mark_a, INTERFACE(0));

	handle = load_as(EFI_BOOT_SERVICE_DRIVER);
	run(handle, &orders);
	check_status("7.4.3", "images.unload.refused", BS(UnloadImage)(handle), EFI_ACCESS_DENIED,
		     "the exit code of the image's Unload function");
	check("7.4.3", "images.unload.refused-stays", exists(handle) && orders.unloads == 1, "the image stays");
	orders.unload_status = EFI_SUCCESS;
	check_status("7.4.3", "images.unload.succeeds", BS(UnloadImage)(handle), EFI_SUCCESS,
		     "the image's Unload function agrees");
	check("7.4.3", "images.unload.called", orders.unloads == 2 && orders.unloaded == handle,
	      "it is called with the image's handle");
	check("7.4.3", "images.unload.goes", !exists(handle), "the image is unloaded");
}
