/* SPDX-License-Identifier: Apache-2.0 OR GPL-2.0-only */
/* Variable services (UEFI 2.10, 8.2) before ExitBootServices. */
#include "conformance.h"

static const efi_guid_bytes vendor = GUID(0x1b3f6c2e, 0x5d0a, 0x4f4e, 0xa1, 0x27, 0x6d, 0x10, 0x9e, 0x44, 0x8b, 0x01);
static const efi_guid_bytes vendor_2 = GUID(0x1b3f6c2e, 0x5d0a, 0x4f4e, 0xa1, 0x27, 0x6d, 0x10, 0x9e, 0x44, 0x8b, 0x02);

#define BOOT EFI_VARIABLE_BOOTSERVICE_ACCESS
#define RUNTIME (EFI_VARIABLE_BOOTSERVICE_ACCESS | EFI_VARIABLE_RUNTIME_ACCESS)

static uint8_t data[1 << 20];

static efi_status set(const efi_char16 *name, uint32_t attributes, uint64_t size, const void *value)
{
	return RT(SetVariable)(name, &vendor, attributes, size, value);
}

/* Whether a variable has that value and those attributes. */
static int is(const efi_char16 *name, uint32_t attributes, uint64_t size, const void *value)
{
	uint64_t room = sizeof(data);
	uint32_t found = 0;

	return RT(GetVariable)(name, &vendor, &found, &room, data) == EFI_SUCCESS && room == size &&
	       found == attributes && memcmp(data, value, size) == 0;
}

static int is_absent(const efi_char16 *name)
{
	uint64_t room = sizeof(data);

	return RT(GetVariable)(name, &vendor, 0, &room, data) == EFI_NOT_FOUND;
}

static void get_errors(void)
{
	uint64_t size = sizeof(data);
	uint32_t attributes = 0;

	set(u"Get", BOOT, 5, "abcde");
	check_status("8.2.1", "variables.get.null-name", RT(GetVariable)(0, &vendor, 0, &size, data),
		     EFI_INVALID_PARAMETER, "VariableName is NULL");
	check_status("8.2.1", "variables.get.null-guid", RT(GetVariable)(u"Get", 0, 0, &size, data),
		     EFI_INVALID_PARAMETER, "VendorGuid is NULL");
	check_status("8.2.1", "variables.get.null-size", RT(GetVariable)(u"Get", &vendor, 0, 0, data),
		     EFI_INVALID_PARAMETER, "DataSize is NULL");
	check_status("8.2.1", "variables.get.null-data", RT(GetVariable)(u"Get", &vendor, 0, &size, 0),
		     EFI_INVALID_PARAMETER, "DataSize is not too small and Data is NULL");
	size = sizeof(data);
	check_status("8.2.1", "variables.get.not-found", RT(GetVariable)(u"Gone", &vendor, 0, &size, data),
		     EFI_NOT_FOUND, "there is no such variable");
	check_status("8.2.1", "variables.get.case", RT(GetVariable)(u"get", &vendor, 0, &size, data), EFI_NOT_FOUND,
		     "names are case-sensitive");
	check_status("8.2.1", "variables.get.prefix", RT(GetVariable)(u"Ge", &vendor, 0, &size, data), EFI_NOT_FOUND,
		     "a name's beginning is another name");
	check_status("8.2.1", "variables.get.other-guid", RT(GetVariable)(u"Get", &vendor_2, 0, &size, data),
		     EFI_NOT_FOUND, "another vendor's variable is another variable");
	size = 0;
	check_status("8.2.1", "variables.get.size-0", RT(GetVariable)(u"Get", &vendor, &attributes, &size, 0),
		     EFI_BUFFER_TOO_SMALL, "a size of 0, without a buffer");
	check_equal("8.2.1", "variables.get.size-0-size", size, 5, "DataSize is the size needed");
	check_equal("8.2.1", "variables.get.size-0-attributes", attributes, BOOT,
		    "Attributes is returned with BUFFER_TOO_SMALL, too");
	size = 4;
	data[0] = 0x5a;
	check_status("8.2.1", "variables.get.size-4", RT(GetVariable)(u"Get", &vendor, 0, &size, data),
		     EFI_BUFFER_TOO_SMALL, "a byte too few");
	check_equal("8.2.1", "variables.get.size-4-size", size, 5, "DataSize is the size needed");
	check_status("8.2.1", "variables.get.exact", RT(GetVariable)(u"Get", &vendor, 0, &size, data), EFI_SUCCESS,
		     "exactly the size; Attributes may be NULL");
	check("8.2.1", "variables.get.value", size == 5 && memcmp(data, "abcde", 5) == 0, "the value");
	check("8.2.1", "variables.get.larger", is(u"Get", BOOT, 5, "abcde"),
	      "a larger buffer: DataSize is what was returned");
	set(u"Get", 0, 0, 0);
}

static void set_errors(void)
{
	check_status("8.2.3", "variables.set.empty-name", set(u"", BOOT, 1, "a"), EFI_INVALID_PARAMETER,
		     "VariableName is an empty string");
	check_status("8.2.3", "variables.set.null-name", set(0, BOOT, 1, "a"), EFI_INVALID_PARAMETER,
		     "VariableName is NULL");
	check_status("8.2.3", "variables.set.null-guid", RT(SetVariable)(u"Set", 0, BOOT, 1, "a"),
		     EFI_INVALID_PARAMETER, "VendorGuid is NULL");
	check_status("8.2.3", "variables.set.null-data", set(u"Set", BOOT, 1, 0), EFI_INVALID_PARAMETER,
		     "there is a size and no data");
	check_status("8.2.3", "variables.set.runtime-only", set(u"Set", EFI_VARIABLE_RUNTIME_ACCESS, 1, "a"),
		     EFI_INVALID_PARAMETER, "with runtime access there must be boot service access");
	check_status("8.2.3", "variables.set.unknown-attribute", set(u"Set", BOOT | 0x100, 1, "a"),
		     EFI_INVALID_PARAMETER, "an invalid combination of attribute bits");
	check_status2("8.2.3", "variables.set.authenticated-deprecated",
		      set(u"Set", RUNTIME | EFI_VARIABLE_AUTHENTICATED_WRITE_ACCESS, 1, "a"), EFI_UNSUPPORTED,
		      EFI_INVALID_PARAMETER, "EFI_VARIABLE_AUTHENTICATED_WRITE_ACCESS is deprecated");
	check("8.2.3", "variables.set.unauthenticated",
	      set(u"Set", RUNTIME | EFI_VARIABLE_TIME_BASED_AUTHENTICATED_WRITE_ACCESS, 1, "a") & EFI_ERROR_BIT,
	      "a time-based authenticated write without its descriptor is refused");
	check("8.2.3", "variables.set.error-record",
	      set(u"Set", BOOT | EFI_VARIABLE_HARDWARE_ERROR_RECORD, 1, "a") & EFI_ERROR_BIT,
	      "a hardware error record that is not persistent is refused");
	check("8.2.3", "variables.set.refused-absent", is_absent(u"Set"), "what was refused has left nothing");
	check_status("8.2.3", "variables.delete.absent", set(u"Set", BOOT, 0, 0), EFI_NOT_FOUND,
		     "there is nothing to delete");
	check_status("8.2.3", "variables.delete.absent-no-access", set(u"Set", 0, 0, 0), EFI_NOT_FOUND,
		     "there is nothing to delete");
}

static void set_and_get(void)
{
	check_status("8.2.3", "variables.set.boot", set(u"Boot", BOOT, 3, "abc"), EFI_SUCCESS,
		     "a volatile boot variable");
	check("8.2.3", "variables.set.boot-value", is(u"Boot", BOOT, 3, "abc"), "its value and attributes");
	check_status("8.2.3", "variables.set.runtime", set(u"Runtime", RUNTIME, 1, "r"), EFI_SUCCESS,
		     "a volatile runtime variable");
	check("8.2.3", "variables.set.runtime-value", is(u"Runtime", RUNTIME, 1, "r"), "its value and attributes");
	check_status("8.2.3", "variables.set.longer", set(u"Boot", BOOT, 10, "0123456789"), EFI_SUCCESS,
		     "a longer value");
	check("8.2.3", "variables.set.longer-value", is(u"Boot", BOOT, 10, "0123456789"), "replaces the old one");
	check_status("8.2.3", "variables.set.shorter", set(u"Boot", BOOT, 1, "x"), EFI_SUCCESS, "a shorter value");
	check("8.2.3", "variables.set.shorter-value", is(u"Boot", BOOT, 1, "x"), "replaces the old one");
	check_status("8.2.3", "variables.set.same", set(u"Boot", BOOT, 1, "x"), EFI_SUCCESS, "the same value again");
	check_status("8.2.3", "variables.set.other-attributes", set(u"Boot", RUNTIME, 1, "y"), EFI_INVALID_PARAMETER,
		     "an existing variable is rewritten with different attributes");
	check("8.2.3", "variables.set.other-attributes-value", is(u"Boot", BOOT, 1, "x"), "it is not modified");
	RT(SetVariable)(u"Boot", &vendor_2, BOOT, 2, "zz");
	check("8.2.3", "variables.set.other-guid", is(u"Boot", BOOT, 1, "x"),
	      "another vendor's variable is another variable");
	RT(SetVariable)(u"Boot", &vendor_2, 0, 0, 0);
	check_status("8.2.3", "variables.set.long-name",
		     set(u"ANameOfAHundredCharacters__________________________________________"
			 "__________________________________",
			 BOOT, 2, "ok"),
		     EFI_SUCCESS, "a long name");
	check("8.2.3", "variables.set.long-name-value",
	      is(u"ANameOfAHundredCharacters__________________________________________"
		 "__________________________________",
		 BOOT, 2, "ok"),
	      "its value");
	set(u"ANameOfAHundredCharacters__________________________________________"
	    "__________________________________",
	    0, 0, 0);
}

static void append(void)
{
	check_status("8.2.3", "variables.append", set(u"Boot", BOOT | EFI_VARIABLE_APPEND_WRITE, 2, "yz"), EFI_SUCCESS,
		     "data is appended to the value");
	check("8.2.3", "variables.append.value", is(u"Boot", BOOT, 3, "xyz"), "the attribute is not stored");
	check_status("8.2.3", "variables.append.nothing", set(u"Boot", BOOT | EFI_VARIABLE_APPEND_WRITE, 0, 0),
		     EFI_SUCCESS, "an append of no data is no deletion");
	check("8.2.3", "variables.append.nothing-value", is(u"Boot", BOOT, 3, "xyz"), "the value is as it was");
	check_status("8.2.3", "variables.append.other-attributes",
		     set(u"Boot", RUNTIME | EFI_VARIABLE_APPEND_WRITE, 1, "!"), EFI_INVALID_PARAMETER,
		     "the other attributes must be those of the variable");
	check_status("8.2.3", "variables.append.new", set(u"Appended", BOOT | EFI_VARIABLE_APPEND_WRITE, 2, "ab"),
		     EFI_SUCCESS, "a variable that does not exist is created");
	check("8.2.3", "variables.append.new-value", is(u"Appended", BOOT, 2, "ab"), "its value and attributes");
}

static void delete(void)
{
	check_status("8.2.3", "variables.delete.size-0", set(u"Appended", BOOT, 0, 0), EFI_SUCCESS,
		     "a DataSize of 0 deletes");
	check("8.2.3", "variables.delete.size-0-gone", is_absent(u"Appended"), "it is gone");
	check_status("8.2.3", "variables.delete.no-access", set(u"Boot", 0, 3, "abc"), EFI_SUCCESS,
		     "without access attributes a variable is deleted, whatever DataSize says");
	check("8.2.3", "variables.delete.no-access-gone", is_absent(u"Boot"), "it is gone");
	check_status("8.2.3", "variables.delete.attributes-0", set(u"Runtime", 0, 0, 0), EFI_SUCCESS,
		     "Attributes 0 and DataSize 0 delete a variable of any attributes");
	check("8.2.3", "variables.delete.attributes-0-gone", is_absent(u"Runtime"), "it is gone");
	check_status("8.2.3", "variables.delete.recreate", set(u"Runtime", BOOT, 1, "n"), EFI_SUCCESS,
		     "it can be made anew with other attributes");
	check("8.2.3", "variables.delete.recreate-value", is(u"Runtime", BOOT, 1, "n"), "its value and attributes");
	set(u"Runtime", 0, 0, 0);
}

static void non_volatile(void)
{
	uint32_t attributes = BOOT | EFI_VARIABLE_NON_VOLATILE;
	efi_status status = set(u"NonVolatile", attributes, 2, "nv");

	if (status == EFI_SUCCESS) {
		check("8.2.3", "variables.non-volatile", is(u"NonVolatile", attributes, 2, "nv"),
		      "stored, with its attribute");
		check_status("8.2.3", "variables.non-volatile.delete", set(u"NonVolatile", attributes, 0, 0),
			     EFI_SUCCESS, "deleted");
	} else {
		check("8.2.3", "variables.non-volatile", is_absent(u"NonVolatile"),
		      "a variable that cannot be kept is not there");
		skip("8.2.3", "variables.non-volatile.delete", "there is no storage for non-volatile variables");
	}
}

/* Counts the variables of our vendor; *unknown is the number of enumerated ones that GetVariable does not find. */
static int enumerate(uint64_t *total, uint64_t *unknown, efi_status *last)
{
	static efi_char16 name[1024];
	efi_guid_bytes guid = {{0, 0}};
	int ours = 0;

	*total = *unknown = 0;
	name[0] = 0;
	for (;;) {
		uint64_t size = sizeof(name), room = 0;

		*last = RT(GetNextVariableName)(&size, name, &guid);
		if (*last != EFI_SUCCESS || ++*total == 10000)
			return ours;
		ours += same_guid(&guid, &vendor);
		*unknown += RT(GetVariable)(name, &guid, 0, &room, 0) != EFI_BUFFER_TOO_SMALL;
	}
}

static void next_name(void)
{
	efi_char16 name[128] = u"NotThere";
	efi_guid_bytes guid = vendor;
	uint64_t size = sizeof(name), total, unknown, before;
	efi_status last;
	int ours;

	check_status("8.2.2", "variables.next.null-size", RT(GetNextVariableName)(0, name, &guid),
		     EFI_INVALID_PARAMETER, "VariableNameSize is NULL");
	check_status("8.2.2", "variables.next.null-name", RT(GetNextVariableName)(&size, 0, &guid),
		     EFI_INVALID_PARAMETER, "VariableName is NULL");
	check_status("8.2.2", "variables.next.null-guid", RT(GetNextVariableName)(&size, name, 0),
		     EFI_INVALID_PARAMETER, "VendorGuid is NULL");
	size = sizeof(name);
	check_status("8.2.2", "variables.next.not-existing", RT(GetNextVariableName)(&size, name, &guid),
		     EFI_INVALID_PARAMETER, "the input is not the name of an existing variable");
	size = 8;
	check_status("8.2.2", "variables.next.unterminated", RT(GetNextVariableName)(&size, name, &guid),
		     EFI_INVALID_PARAMETER, "there is no NUL in the first VariableNameSize bytes");

	enumerate(&before, &unknown, &last);
	check_status("8.2.2", "variables.next.end", last, EFI_NOT_FOUND, "the enumeration ends");
	set(u"NextA", BOOT, 1, "a");
	set(u"NextB", RUNTIME, 1, "b");
	set(u"NextLonger", BOOT, 1, "c");
	ours = enumerate(&total, &unknown, &last);
	check_equal("8.2.2", "variables.next.all", ours, 3, "every variable is enumerated, once");
	check_equal("8.2.2", "variables.next.total", total, before + 3, "and no other");
	check_equal("8.2.2", "variables.next.known", unknown, 0, "GetVariable finds what is enumerated");

	name[0] = 0;
	size = 2;
	check_status("8.2.2", "variables.next.too-small", RT(GetNextVariableName)(&size, name, &guid),
		     EFI_BUFFER_TOO_SMALL, "the buffer is too small");
	check("8.2.2", "variables.next.too-small-size", size > 2 && size % 2 == 0,
	      "VariableNameSize is the size needed");
	if (size <= sizeof(name))
		check_status("8.2.2", "variables.next.exact", RT(GetNextVariableName)(&size, name, &guid), EFI_SUCCESS,
			     "a buffer of that size");
	else
		skip("8.2.2", "variables.next.exact", "the first variable's name is very long");
	set(u"NextB", 0, 0, 0);
	check_equal("8.2.2", "variables.next.deleted", enumerate(&total, &unknown, &last), 2,
		    "a deleted variable is not enumerated");
	set(u"NextA", 0, 0, 0);
	set(u"NextLonger", 0, 0, 0);
}

static void query(void)
{
	uint64_t storage = 0, remaining = 0, maximum = 0, after = 0;

	check_status("8.2.4", "variables.query.no-attributes", RT(QueryVariableInfo)(0, &storage, &remaining, &maximum),
		     EFI_INVALID_PARAMETER, "an invalid combination of attribute bits");
	check_status("8.2.4", "variables.query.runtime-only",
		     RT(QueryVariableInfo)(EFI_VARIABLE_RUNTIME_ACCESS, &storage, &remaining, &maximum),
		     EFI_INVALID_PARAMETER, "runtime access without boot service access");
	check_status("8.2.4", "variables.query.boot", RT(QueryVariableInfo)(BOOT, &storage, &remaining, &maximum),
		     EFI_SUCCESS, "volatile boot variables");
	check("8.2.4", "variables.query.boot-sizes", maximum > 0 && remaining <= storage && maximum <= storage,
	      "RemainingVariableStorageSize and MaximumVariableSize are within MaximumVariableStorageSize");
	check_status("8.2.4", "variables.query.append",
		     RT(QueryVariableInfo)(BOOT | EFI_VARIABLE_APPEND_WRITE, &storage, &remaining, &maximum),
		     EFI_SUCCESS, "EFI_VARIABLE_APPEND_WRITE is ignored");
	check_status("8.2.4", "variables.query.runtime", RT(QueryVariableInfo)(RUNTIME, &storage, &remaining, &maximum),
		     EFI_SUCCESS, "volatile runtime variables");
	RT(QueryVariableInfo)(BOOT, &storage, &remaining, &maximum);
	memset(data, 0x77, 500);
	check_status("8.2.3", "variables.query.set", set(u"Query", BOOT, 500, data), EFI_SUCCESS, "500 bytes");
	RT(QueryVariableInfo)(BOOT, &storage, &after, &maximum);
	check("8.2.4", "variables.query.less", after + 500 <= remaining, "what is stored takes from what remains");
	set(u"Query", 0, 0, 0);
	if (maximum < sizeof(data)) {
		check_status("8.2.3", "variables.set.too-large", set(u"Large", BOOT, maximum + 1, data),
			     EFI_INVALID_PARAMETER, "DataSize exceeds the maximum allowed");
		check("8.2.3", "variables.set.too-large-absent", is_absent(u"Large"), "and leaves nothing");
	} else {
		skip("8.2.3", "variables.set.too-large", "the largest variable is larger than this program's buffer");
		skip("8.2.3", "variables.set.too-large-absent",
		     "the largest variable is larger than this program's buffer");
	}
}

void run_group(void)
{
	get_errors();
	set_errors();
	set_and_get();
	append();
	delete();
	non_volatile();
	next_name();
	query();
}
