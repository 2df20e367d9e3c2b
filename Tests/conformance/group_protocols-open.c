/* SPDX-License-Identifier: Apache-2.0 OR GPL-2.0-only */
/* OpenProtocol, CloseProtocol, OpenProtocolInformation (UEFI 2.10, 7.3.9 to 7.3.11): agents and attributes. */
#include "protocol_kit.h"

void open_assertions(void);

static efi_handle target, agent, other, controller;
static void *out;

#define OPEN(agent, controller, attributes) BS(OpenProtocol)(target, &mark_a, &out, agent, controller, attributes)
#define BY_DRIVER EFI_OPEN_PROTOCOL_BY_DRIVER
#define EXCLUSIVE EFI_OPEN_PROTOCOL_EXCLUSIVE
#define BY_CHILD EFI_OPEN_PROTOCOL_BY_CHILD_CONTROLLER
#define GET EFI_OPEN_PROTOCOL_GET_PROTOCOL
#define TEST EFI_OPEN_PROTOCOL_TEST_PROTOCOL

static void parameters(void)
{
	static const struct {
		const char *id;
		uint32_t attributes;
	} illegal[] = {
		{"protocols.open.attributes-0", 0},
		{"protocols.open.attributes-get-and-test", GET | TEST},
		{"protocols.open.attributes-get-and-driver", GET | BY_DRIVER},
		{"protocols.open.attributes-child-and-exclusive", BY_CHILD | EXCLUSIVE},
		{"protocols.open.attributes-child-and-driver", BY_CHILD | BY_DRIVER},
		{"protocols.open.attributes-0x40", 0x40},
		{"protocols.open.attributes-all", 0xffffffff},
	};

	for (unsigned i = 0; i < sizeof(illegal) / sizeof(*illegal); i++)
		check_status("7.3.9", illegal[i].id, OPEN(agent, controller, illegal[i].attributes), EFI_INVALID_PARAMETER,
			     "Attributes is not a legal value");
	check_status("7.3.9", "protocols.open.null-handle", BS(OpenProtocol)(0, &mark_a, &out, agent, controller, GET),
		     EFI_INVALID_PARAMETER, "Handle is NULL");
	check_status("7.3.9", "protocols.open.null-protocol", BS(OpenProtocol)(target, 0, &out, agent, controller, GET),
		     EFI_INVALID_PARAMETER, "Protocol is NULL");
	check_status("7.3.9", "protocols.open.null-interface", BS(OpenProtocol)(target, &mark_a, 0, agent, controller, GET),
		     EFI_INVALID_PARAMETER, "Interface is NULL, and Attributes is not TEST_PROTOCOL");
	check_status("7.3.9", "protocols.open.child-null-agent", OPEN(0, controller, BY_CHILD), EFI_INVALID_PARAMETER,
		     "BY_CHILD_CONTROLLER and AgentHandle is NULL");
	check_status("7.3.9", "protocols.open.driver-null-agent", OPEN(0, controller, BY_DRIVER), EFI_INVALID_PARAMETER,
		     "BY_DRIVER and AgentHandle is NULL");
	check_status("7.3.9", "protocols.open.driver-exclusive-null-agent", OPEN(0, controller, BY_DRIVER | EXCLUSIVE),
		     EFI_INVALID_PARAMETER, "BY_DRIVER|EXCLUSIVE and AgentHandle is NULL");
	check_status("7.3.9", "protocols.open.exclusive-null-agent", OPEN(0, controller, EXCLUSIVE), EFI_INVALID_PARAMETER,
		     "EXCLUSIVE and AgentHandle is NULL");
	check_status("7.3.9", "protocols.open.child-null-controller", OPEN(agent, 0, BY_CHILD), EFI_INVALID_PARAMETER,
		     "BY_CHILD_CONTROLLER and ControllerHandle is NULL");
	check_status("7.3.9", "protocols.open.driver-null-controller", OPEN(agent, 0, BY_DRIVER), EFI_INVALID_PARAMETER,
		     "BY_DRIVER and ControllerHandle is NULL");
	check_status("7.3.9", "protocols.open.driver-exclusive-null-controller", OPEN(agent, 0, BY_DRIVER | EXCLUSIVE),
		     EFI_INVALID_PARAMETER, "BY_DRIVER|EXCLUSIVE and ControllerHandle is NULL");
	check_status("7.3.9", "protocols.open.child-of-itself", OPEN(agent, target, BY_CHILD), EFI_INVALID_PARAMETER,
		     "BY_CHILD_CONTROLLER and Handle is ControllerHandle");
	check_equal("7.3.9", "protocols.open.refusals-keep",
		    opens(target, &mark_a, agent, BY_DRIVER) + opens(target, &mark_a, agent, EXCLUSIVE) +
			    opens(target, &mark_a, agent, BY_CHILD) + opens(target, &mark_a, agent, GET),
		    0, "a refused open is not on the list");
}

static void interfaces(void)
{
	out = INTERFACE(7);
	check_status("7.3.9", "protocols.open.get", OPEN(agent, 0, GET), EFI_SUCCESS, "GET_PROTOCOL needs no controller");
	check("7.3.9", "protocols.open.get-interface", out == INTERFACE(0), "the interface is returned");
	BS(CloseProtocol)(target, &mark_a, agent, 0);
	out = INTERFACE(7);
	check_status("7.3.9", "protocols.open.unsupported", BS(OpenProtocol)(target, &mark_b, &out, agent, 0, GET),
		     EFI_UNSUPPORTED, "the handle does not support the protocol");
	check("7.3.9", "protocols.open.unsupported-null", out == 0, "NULL is returned in *Interface with UNSUPPORTED");
	out = INTERFACE(7);
	check_status("7.3.9", "protocols.open.test-unsupported", BS(OpenProtocol)(target, &mark_b, &out, agent, 0, TEST),
		     EFI_UNSUPPORTED, "TEST_PROTOCOL tells whether the protocol is there");
	check_status("7.3.9", "protocols.open.test-null-interface", BS(OpenProtocol)(target, &mark_a, 0, agent, 0, TEST),
		     EFI_SUCCESS, "with TEST_PROTOCOL, Interface is optional");
	BS(OpenProtocol)(target, &mark_a, &out, agent, 0, TEST);
	check("7.3.9", "protocols.open.test-ignores-interface", out == INTERFACE(7), "with TEST_PROTOCOL, Interface is ignored");
	BS(CloseProtocol)(target, &mark_a, agent, 0);
	OPEN(agent, 0, 0x40);
	check("7.3.9", "protocols.open.error-keeps-interface", out == INTERFACE(7),
	      "Interface is unmodified for errors other than UNSUPPORTED and ALREADY_STARTED");
}

static void list(void)
{
	EFI_OPEN_PROTOCOL_INFORMATION_ENTRY *entries = 0;
	uint64_t count = 7;

	OPEN(agent, controller, GET);
	OPEN(agent, controller, GET);
	OPEN(other, 0, GET);
	check_status("7.3.11", "protocols.information.found", BS(OpenProtocolInformation)(target, &mark_a, &entries, &count),
		     EFI_SUCCESS, "the list of agents is returned");
	check_equal("7.3.11", "protocols.information.count", count, 2, "an entry for each agent, controller and attributes");

	int right = 0;

	for (uint64_t i = 0; i < count && i < 2; i++) {
		right += entries[i].AgentHandle == agent && entries[i].ControllerHandle == controller &&
			 entries[i].Attributes == GET && entries[i].OpenCount == 2;
		right += entries[i].AgentHandle == other && entries[i].ControllerHandle == 0 &&
			 entries[i].Attributes == GET && entries[i].OpenCount == 1;
	}
	check_equal("7.3.11", "protocols.information.entries", (uint64_t)right, 2,
		    "agent, controller, attributes and how often");
	check_status("7.3.11", "protocols.information.pool", BS(FreePool)(entries), EFI_SUCCESS,
		     "the list is from the pool and the caller frees it");
	check_status("7.3.11", "protocols.information.other-protocol",
		     BS(OpenProtocolInformation)(target, &mark_b, &entries, &count), EFI_NOT_FOUND,
		     "the handle does not support the protocol");

	check_status("7.3.10", "protocols.close.other-controller", BS(CloseProtocol)(target, &mark_a, agent, other),
		     EFI_NOT_FOUND, "not opened by agent and controller");
	check_status("7.3.10", "protocols.close.no-controller", BS(CloseProtocol)(target, &mark_a, agent, 0), EFI_NOT_FOUND,
		     "not opened by agent and controller");
	check_status("7.3.10", "protocols.close.null-handle", BS(CloseProtocol)(0, &mark_a, agent, controller),
		     EFI_INVALID_PARAMETER, "Handle is NULL");
	check_status("7.3.10", "protocols.close.null-agent", BS(CloseProtocol)(target, &mark_a, 0, controller),
		     EFI_INVALID_PARAMETER, "AgentHandle is NULL");
	check_status("7.3.10", "protocols.close.null-protocol", BS(CloseProtocol)(target, 0, agent, controller),
		     EFI_INVALID_PARAMETER, "Protocol is NULL");
	check_status("7.3.10", "protocols.close.other-protocol", BS(CloseProtocol)(target, &mark_b, agent, controller),
		     EFI_NOT_FOUND, "the handle does not support the protocol");
	check_status("7.3.10", "protocols.close.closes", BS(CloseProtocol)(target, &mark_a, agent, controller), EFI_SUCCESS,
		     "the protocol is closed");
	check_equal("7.3.10", "protocols.close.closes-all", opens(target, &mark_a, agent, GET), 0,
		    "all opens of agent and controller are gone");
	check_equal("7.3.10", "protocols.close.keeps-others", opens(target, &mark_a, other, GET), 1,
		    "those of other agents stay");
	check_status("7.3.10", "protocols.close.twice", BS(CloseProtocol)(target, &mark_a, agent, controller), EFI_NOT_FOUND,
		     "closed already");
	BS(CloseProtocol)(target, &mark_a, other, 0);
}

static void exclusion(void)
{
	check_status("7.3.9", "protocols.open.driver", OPEN(agent, controller, BY_DRIVER), EFI_SUCCESS, "a first driver");
	out = 0;
	check_status("7.3.9", "protocols.open.driver-twice", OPEN(agent, controller, BY_DRIVER), EFI_ALREADY_STARTED,
		     "the same agent has it open BY_DRIVER");
	check("7.3.9", "protocols.open.driver-twice-interface", out == INTERFACE(0),
	      "the interface is returned with ALREADY_STARTED");
	out = INTERFACE(7);
	check_status("7.3.9", "protocols.open.second-driver", OPEN(other, controller, BY_DRIVER), EFI_ACCESS_DENIED,
		     "another agent has it open BY_DRIVER");
	check("7.3.9", "protocols.open.second-driver-keeps-interface", out == INTERFACE(7),
	      "Interface is unmodified for errors other than UNSUPPORTED and ALREADY_STARTED");
	check_status("7.3.9", "protocols.open.get-beside-driver", OPEN(other, 0, GET), EFI_SUCCESS,
		     "GET_PROTOCOL works whoever has it open");
	/* No driver binding on the agent: DisconnectController() fails. */
	check_status("7.3.9", "protocols.open.exclusive-beside-driver", OPEN(other, 0, EXCLUSIVE), EFI_ACCESS_DENIED,
		     "EXCLUSIVE, and a BY_DRIVER agent that cannot be disconnected");
	check_status("7.3.9", "protocols.open.driver-exclusive-beside-driver", OPEN(other, controller, BY_DRIVER | EXCLUSIVE),
		     EFI_ACCESS_DENIED, "BY_DRIVER|EXCLUSIVE, and a BY_DRIVER agent that cannot be disconnected");
	check_equal("7.3.9", "protocols.open.driver-stays", opens(target, &mark_a, agent, BY_DRIVER), 1,
		    "a driver that cannot be disconnected stays");
	BS(CloseProtocol)(target, &mark_a, agent, controller);
	BS(CloseProtocol)(target, &mark_a, other, 0);

	check_status("7.3.9", "protocols.open.exclusive", OPEN(agent, 0, EXCLUSIVE), EFI_SUCCESS,
		     "EXCLUSIVE needs no controller");
	check_status("7.3.9", "protocols.open.second-exclusive", OPEN(other, 0, EXCLUSIVE), EFI_ACCESS_DENIED,
		     "an agent has it open EXCLUSIVE");
	check_status("7.3.9", "protocols.open.driver-beside-exclusive", OPEN(other, controller, BY_DRIVER), EFI_ACCESS_DENIED,
		     "BY_DRIVER, and an agent has it open EXCLUSIVE");
	check_status("7.3.9", "protocols.open.driver-exclusive-beside-exclusive",
		     OPEN(other, controller, BY_DRIVER | EXCLUSIVE), EFI_ACCESS_DENIED,
		     "BY_DRIVER|EXCLUSIVE, and an agent has it open EXCLUSIVE");
	check_status("7.3.9", "protocols.open.handle-protocol-beside-exclusive", BS(HandleProtocol)(target, &mark_a, &out),
		     EFI_SUCCESS, "BY_HANDLE_PROTOCOL works whoever has it open");
	BS(CloseProtocol)(target, &mark_a, agent, 0);

	check_status("7.3.9", "protocols.open.driver-exclusive", OPEN(agent, controller, BY_DRIVER | EXCLUSIVE), EFI_SUCCESS,
		     "a driver that shares with nobody");
	check_status("7.3.9", "protocols.open.driver-exclusive-twice", OPEN(agent, controller, BY_DRIVER | EXCLUSIVE),
		     EFI_ALREADY_STARTED, "the same agent has it open so");
	check_status("7.3.9", "protocols.open.exclusive-beside-driver-exclusive", OPEN(other, 0, EXCLUSIVE),
		     EFI_ACCESS_DENIED, "EXCLUSIVE, and an agent has it open BY_DRIVER|EXCLUSIVE");
	BS(CloseProtocol)(target, &mark_a, agent, controller);

	check_status("7.3.9", "protocols.open.child", OPEN(agent, controller, BY_CHILD), EFI_SUCCESS, "a child controller");
	check_status("7.3.9", "protocols.open.second-child", OPEN(agent, other, BY_CHILD), EFI_SUCCESS,
		     "a bus has several children");
	check_equal("7.3.11", "protocols.information.children", opens(target, &mark_a, agent, BY_CHILD), 2,
		    "each child is on the list");
	BS(CloseProtocol)(target, &mark_a, agent, controller);
	BS(CloseProtocol)(target, &mark_a, agent, other);
}

void open_assertions(void)
{
	target = new_handle(&mark_a, INTERFACE(0));
	agent = new_handle(&mark_c, INTERFACE(1));
	other = new_handle(&mark_c, INTERFACE(2));
	controller = new_handle(&mark_c, INTERFACE(3));
	parameters();
	interfaces();
	list();
	exclusion();
	check_status("7.3.3", "protocols.uninstall.after-closing", BS(UninstallProtocolInterface)(target, &mark_a, INTERFACE(0)),
		     EFI_SUCCESS, "all closed, it can go");
	BS(UninstallProtocolInterface)(agent, &mark_c, INTERFACE(1));
	BS(UninstallProtocolInterface)(other, &mark_c, INTERFACE(2));
	BS(UninstallProtocolInterface)(controller, &mark_c, INTERFACE(3));
}
