/* SPDX-License-Identifier: Apache-2.0 OR GPL-2.0-only */
/* ConnectController and DisconnectController (UEFI 2.10, 7.3.12, 7.3.13), with drivers that the suite installs itself. */
#include "driver_kit.h"

static efi_handle controller;
static driver old, new, bus, leaf;

#define CONNECT(list, remaining, recursive) BS(ConnectController)(controller, list, remaining, recursive)
#define DISCONNECT(driver, child) BS(DisconnectController)(controller, driver, child)
#define HANDLE(driver) ((driver).binding.DriverBindingHandle)

static void connect(void)
{
	check_status("7.3.12", "drivers.connect.nobody", CONNECT(0, 0, 0), EFI_NOT_FOUND, "no drivers were connected");
	install_driver(&old, 'o', 0x10, &mark_a);
	install_driver(&new, 'n', 0x20, &mark_a);
	check_status("7.3.12", "drivers.connect.null-controller", BS(ConnectController)(0, 0, 0, 0), EFI_INVALID_PARAMETER,
		     "ControllerHandle is NULL");
	old.refuses = new.refuses = 1;
	check_status("7.3.12", "drivers.connect.unsupported", CONNECT(0, 0, 0), EFI_NOT_FOUND,
		     "no driver supports the controller");
	old.refuses = new.refuses = 0;
	forget_calls();
	check_status("7.3.12", "drivers.connect.connects", CONNECT(0, 0, 0), EFI_SUCCESS, "a driver was connected");
	check("7.3.12", "drivers.connect.highest-version", called("n?n+"), "the highest version is asked first, then started");
	check("7.3.12", "drivers.connect.manages", is_managing(&new, controller) && !is_managing(&old, controller),
	      "the driver that was started manages the controller");
	check_status("7.3.12", "drivers.connect.again", CONNECT(0, 0, 0), EFI_NOT_FOUND, "no further driver was connected");
	check("7.3.12", "drivers.connect.again-starts-nothing", called(""), "a driver that manages it is not started again");

	check_status("7.3.13", "drivers.disconnect.disconnects", DISCONNECT(0, 0), EFI_SUCCESS, "the driver was disconnected");
	check("7.3.13", "drivers.disconnect.stops", called("n-") && !is_managing(&new, controller),
	      "the driver is stopped, without children");
	check_status("7.3.13", "drivers.disconnect.again", DISCONNECT(0, 0), EFI_SUCCESS,
		     "on entry no drivers are managing the controller");
	check("7.3.13", "drivers.disconnect.again-stops-nothing", called(""), "nobody is stopped");
}

static void context_override(void)
{
	efi_handle list[3] = {HANDLE(old), 0, 0};

	check_status("7.3.12", "drivers.context.connects", CONNECT(list, 0, 0), EFI_SUCCESS, "a driver of the list connects");
	check("7.3.12", "drivers.context.first", called("o?o+"), "the caller's drivers come before the others");
	DISCONNECT(0, 0);
	forget_calls();
	old.refuses = 1;
	check_status("7.3.12", "drivers.context.others-follow", CONNECT(list, 0, 0), EFI_SUCCESS,
		     "after the caller's drivers the others are asked");
	check("7.3.12", "drivers.context.others-follow-started", called("n?n+"), "after the caller's drivers the others are asked");
	DISCONNECT(0, 0);
	forget_calls();
	old.refuses = 0;
	list[1] = HANDLE(new);
	CONNECT(list, 0, 0);
	check("7.3.12", "drivers.context.order", called("o?o+"), "the first of the list has the highest priority");
	DISCONNECT(0, 0);
	forget_calls();
}

static void start_fails(void)
{
	new.fails = 1;
	check_status("7.3.12", "drivers.connect.start-fails", CONNECT(0, 0, 0), EFI_SUCCESS,
		     "when a driver cannot start, the next one is asked");
	check("7.3.12", "drivers.connect.start-fails-next", called("n?n+o?o+") && is_managing(&old, controller),
	      "when a driver cannot start, the next one is asked");
	DISCONNECT(0, 0);
	old.fails = 1;
	check_status("7.3.12", "drivers.connect.all-fail", CONNECT(0, 0, 0), EFI_NOT_FOUND, "no drivers were connected");
	old.fails = new.fails = 0;
	forget_calls();
}

static void two_drivers(void)
{
	driver second;

	BS(InstallProtocolInterface)(&controller, &mark_b, EFI_NATIVE_INTERFACE, INTERFACE(1));
	install_driver(&second, 's', 0x30, &mark_b);
	old.refuses = 1;
	check_status("7.3.12", "drivers.connect.several", CONNECT(0, 0, 0), EFI_SUCCESS,
		     "several drivers may manage one controller");
	check("7.3.12", "drivers.connect.several-started", is_managing(&new, controller) && is_managing(&second, controller),
	      "all drivers that support the controller are started");
	forget_calls();
	check_status("7.3.13", "drivers.disconnect.one-driver", DISCONNECT(HANDLE(new), 0), EFI_SUCCESS,
		     "the driver named was disconnected");
	check("7.3.13", "drivers.disconnect.one-driver-only",
	      called("n-") && !is_managing(&new, controller) && is_managing(&second, controller),
	      "only that driver is disconnected");
	/* EDK2 says NOT_FOUND; the specification lists this case under SUCCESS. */
	check_status("7.3.13", "drivers.disconnect.other-driver", DISCONNECT(HANDLE(new), 0), EFI_SUCCESS,
		     "SUCCESS when on entry DriverImageHandle is not managing ControllerHandle");
	check("7.3.13", "drivers.disconnect.other-driver-stops-nothing", called("") && is_managing(&second, controller),
	      "nobody is stopped");
	CONNECT(0, 0, 0);
	forget_calls();
	check_status("7.3.13", "drivers.disconnect.all", DISCONNECT(0, 0), EFI_SUCCESS, "all drivers are disconnected");
	check("7.3.13", "drivers.disconnect.all-stopped", !is_managing(&new, controller) && !is_managing(&second, controller),
	      "all drivers are disconnected");
	old.refuses = 0;
	remove_driver(&second);
	BS(UninstallProtocolInterface)(controller, &mark_b, INTERFACE(1));
	forget_calls();
}

static void remaining_path(void)
{
	static uint8_t path[64], end[8];

	make_path(path, "r");
	put_end(end, 0xff);
	CONNECT(0, path, 0);
	check("7.3.12", "drivers.connect.remaining-path", new.remaining != 0 && new.remaining_type == 1,
	      "RemainingDevicePath is passed to Supported()");
	DISCONNECT(0, 0);
	CONNECT(0, 0, 0);
	check("7.3.12", "drivers.connect.no-remaining-path", new.remaining == 0, "without one NULL is passed");
	DISCONNECT(0, 0);
	old.refuses = new.refuses = 1;
	check_status("7.3.12", "drivers.connect.end-node", CONNECT(0, end, 0), EFI_SUCCESS,
		     "no drivers connected, but RemainingDevicePath is an End node");
	check_status("7.3.12", "drivers.connect.path-nobody", CONNECT(0, path, 0), EFI_NOT_FOUND,
		     "no drivers connected, and RemainingDevicePath is no End node");
	old.refuses = new.refuses = 0;
	forget_calls();
}

static void children(void)
{
	old.refuses = new.refuses = 1;
	install_driver(&bus, 'b', 0x10, &mark_a);
	bus.makes = 2;
	install_driver(&leaf, 'l', 0x10, &CHILD_MARK);
	check_status("7.3.12", "drivers.connect.bus", CONNECT(0, 0, 0), EFI_SUCCESS, "a bus driver connects");
	check("7.3.12", "drivers.connect.not-recursive", called("b?b+") && !is_managing(&leaf, bus.children[0]),
	      "not recursive: only ControllerHandle is connected");
	DISCONNECT(0, 0);
	check("7.3.13", "drivers.disconnect.children-first", called("b~b-") && bus.stopped_children == 2,
	      "all children are stopped, then the driver");
	check_status("7.3.12", "drivers.connect.recursive", CONNECT(0, 0, 1), EFI_SUCCESS, "a bus driver connects");
	check("7.3.12", "drivers.connect.recursive-children",
	      is_managing(&leaf, bus.children[0]) && is_managing(&leaf, bus.children[1]),
	      "recursive: the children are connected as well");
	BS(DisconnectController)(bus.children[0], 0, 0);
	BS(DisconnectController)(bus.children[1], 0, 0);
	forget_calls();

	bus.stopped_children = 0;
	check_status("7.3.13", "drivers.disconnect.child", DISCONNECT(0, bus.children[0]), EFI_SUCCESS, "the child is destroyed");
	check("7.3.13", "drivers.disconnect.child-only",
	      called("b~") && bus.stopped_children == 1 && bus.children[0] == 0 && is_managing(&bus, controller),
	      "only that child; the driver stays for the others");
	check_status("7.3.13", "drivers.disconnect.last-child", DISCONNECT(0, bus.children[1]), EFI_SUCCESS,
		     "the child is destroyed");
	check("7.3.13", "drivers.disconnect.last-child-driver", called("b~b-") && !is_managing(&bus, controller),
	      "with the last child the driver is stopped");

	CONNECT(0, 0, 0);
	bus.stays = 1;
	check("7.3.13", "drivers.disconnect.stop-fails", DISCONNECT(0, 0) != EFI_SUCCESS,
	      "no driver was disconnected: that is no success");
	check("7.3.13", "drivers.disconnect.stop-fails-stays", is_managing(&bus, controller) && bus.children[1] != 0,
	      "a driver that does not stop stays");
	bus.stays = 0;
	DISCONNECT(0, 0);
	remove_driver(&bus);
	remove_driver(&leaf);
	old.refuses = new.refuses = 0;
	forget_calls();
}

static void disconnect_parameters(void)
{
	efi_handle stale = new_handle(&mark_b, INTERFACE(1)), bare = new_handle(&mark_b, INTERFACE(2));

	BS(UninstallProtocolInterface)(stale, &mark_b, INTERFACE(1));
	CONNECT(0, 0, 0);
	check_status("7.3.13", "drivers.disconnect.null-controller", BS(DisconnectController)(0, 0, 0), EFI_INVALID_PARAMETER,
		     "ControllerHandle is NULL");
	check_status("7.3.13", "drivers.disconnect.stale-driver", DISCONNECT(stale, 0), EFI_INVALID_PARAMETER,
		     "DriverImageHandle is not a valid handle");
	check_status("7.3.13", "drivers.disconnect.no-driver", DISCONNECT(bare, 0), EFI_INVALID_PARAMETER,
		     "DriverImageHandle does not support the Driver Binding Protocol");
	check_status("7.3.13", "drivers.disconnect.stale-child", DISCONNECT(0, stale), EFI_INVALID_PARAMETER,
		     "ChildHandle is not a valid handle");
	check("7.3.13", "drivers.disconnect.refusals-keep", is_managing(&new, controller), "a refused request stops nobody");
	DISCONNECT(0, 0);
	BS(UninstallProtocolInterface)(bare, &mark_b, INTERFACE(2));
	forget_calls();
}

/* What else drives drivers out (7.3.3, 7.3.4, 7.3.9). */
static void evictions(void)
{
	void *interface;

	CONNECT(0, 0, 0);
	old.refuses = 1;
	forget_calls();
	check_status("7.3.9", "drivers.exclusive.open",
		     BS(OpenProtocol)(controller, &mark_a, &interface, image, 0, EFI_OPEN_PROTOCOL_EXCLUSIVE), EFI_SUCCESS,
		     "EXCLUSIVE disconnects the driver");
	check("7.3.9", "drivers.exclusive.stopped", called("n-") && !is_managing(&new, controller),
	      "the driver is disconnected");
	check_status("7.3.12", "drivers.exclusive.connect", CONNECT(0, 0, 0), EFI_NOT_FOUND,
		     "while it is open EXCLUSIVE no driver gets it");
	BS(CloseProtocol)(controller, &mark_a, image, 0);
	CONNECT(0, 0, 0);
	new.stays = 1;
	check_status("7.3.9", "drivers.exclusive.refused",
		     BS(OpenProtocol)(controller, &mark_a, &interface, image, 0, EFI_OPEN_PROTOCOL_EXCLUSIVE), EFI_ACCESS_DENIED,
		     "EXCLUSIVE, and DisconnectController() fails for the driver");
	new.stays = 0;
	forget_calls();

	check_status("7.3.4", "drivers.reinstall.succeeds",
		     BS(ReinstallProtocolInterface)(controller, &mark_a, INTERFACE(0), INTERFACE(3)), EFI_SUCCESS,
		     "the interface is replaced under its driver");
	check("7.3.4", "drivers.reinstall.reconnects", called("n-n?n+") && is_managing(&new, controller),
	      "its drivers are disconnected before and connected after");
	BS(ReinstallProtocolInterface)(controller, &mark_a, INTERFACE(3), INTERFACE(0));
	new.stays = 1;
	forget_calls();
	check_status("7.3.3", "drivers.uninstall.refused", BS(UninstallProtocolInterface)(controller, &mark_a, INTERFACE(0)),
		     EFI_ACCESS_DENIED, "the driver does not let go");
	check("7.3.3", "drivers.uninstall.refused-keeps",
	      interface_on(controller, &mark_a) == INTERFACE(0) && is_managing(&new, controller), "the interface stays");
	check_status("7.3.4", "drivers.reinstall.refused",
		     BS(ReinstallProtocolInterface)(controller, &mark_a, INTERFACE(0), INTERFACE(3)), EFI_ACCESS_DENIED,
		     "the driver does not let go");
	new.stays = 0;
	forget_calls();
	/* Another agent that cannot be driven out: what was disconnected for it is connected again. */
	efi_handle child = new_handle(&mark_b, INTERFACE(5));

	BS(OpenProtocol)(controller, &mark_a, &interface, image, child, EFI_OPEN_PROTOCOL_BY_CHILD_CONTROLLER);
	check_status("7.3.3", "drivers.uninstall.half-way", BS(UninstallProtocolInterface)(controller, &mark_a, INTERFACE(0)),
		     EFI_ACCESS_DENIED, "an agent remains after the drivers are gone");
	check("7.3.3", "drivers.uninstall.half-way-restored", called("n-n?n+") && is_managing(&new, controller),
	      "the drivers are connected again");
	BS(CloseProtocol)(controller, &mark_a, image, child);
	BS(UninstallProtocolInterface)(child, &mark_b, INTERFACE(5));
	check_status("7.3.3", "drivers.uninstall.succeeds", BS(UninstallProtocolInterface)(controller, &mark_a, INTERFACE(0)),
		     EFI_SUCCESS, "its driver is disconnected");
	check("7.3.3", "drivers.uninstall.stopped", called("n-"), "its driver is disconnected");
}

void run_group(void)
{
	controller = new_handle(&mark_a, INTERFACE(0));
	connect();
	context_override();
	start_fails();
	two_drivers();
	remaining_path();
	children();
	disconnect_parameters();
	evictions();
	remove_driver(&old);
	remove_driver(&new);
	override_assertions();
}
