# SPDX-License-Identifier: Apache-2.0 OR GPL-2.0-only
#
# The front door. `make` builds everything and shows it working; `make test` tests it; `make help` lists the rest.

# One folder in targets/ for each.
ARCHITECTURES := $(notdir $(patsubst %/,%,$(wildcard targets/*/)))
ARTEFACTS     := artefacts
JOBS          ?= $(shell nproc)
SWIFT_BUILD   := swift build -j $(JOBS)
# Where make's guests put their logs.
LOGS          := $(ARTEFACTS)/logs

export VIRGIL_EMULATORS := $(CURDIR)/$(ARTEFACTS)

.DEFAULT_GOAL := demo
.PHONY: all demo needed material emulators tool loader kernel-bundle test test-quick test-boot test-kernel matrix conformance test-all
.PHONY: sizes support format lint clean distclean help
.NOTPARALLEL:

help: ## list the targets
	@awk -F ':.*## ' '/^[a-z-]+:.*## / { printf "  make %-13s %s\n", $$1, $$2 }' $(MAKEFILE_LIST)

all: emulators tool ## the emulators and the virgil command, into artefacts/

demo: needed all material ## (the default) all, then kexec a real kernel in QEMU on both architectures
	@scripts/demo $(ARTEFACTS) $(ARCHITECTURES)

needed: ## install what is missing on this machine
	@scripts/install-needed

material: ## fetch Debian's kernels, stubs, kexec-tools and firmware into the cache
	@scripts/material fetch

emulators: ## the emulator's blob for each architecture, and the relocation fixer
	@scripts/build-emulators --jobs $(JOBS) --output $(ARTEFACTS)

# The emulators are inside of it: SwiftPM has the script build them as well, which then finds all done.
tool: emulators ## the virgil command, with the emulators inside
	@echo "== virgil"
	@scripts/build-host --jobs $(JOBS) --output $(ARTEFACTS) virgil

loader: ## kexec-efi-load for each architecture, for the kernel bundle
	@mkdir -p $(ARTEFACTS)
	@for arch in $(ARCHITECTURES); do \
	    $(MAKE) --no-print-directory -s -C kernel/loader ARCH=$$arch OUT=$(CURDIR)/$(ARTEFACTS)/kexec-efi-load-$$arch || exit 1; \
	done

kernel-bundle: all loader ## the kernel series for each kernel line, with all that goes with it (artefacts/kernel-bundle)
	@$(ARTEFACTS)/virgil kernel-bundle --all --force --output $(ARTEFACTS)/kernel-bundle

# What the network brings comes while the processors build.
test: needed ## all tests (on two cores below half an hour)
	@scripts/material fetch --matrix & fetch=$$!; \
	$(MAKE) --no-print-directory all || { kill $$fetch; wait $$fetch; exit 1; }; \
	wait $$fetch
	@scripts/test

test-quick: ## the tests that boot nothing
	@scripts/test hosted tools loader

test-boot: all material ## the boots alone
	@scripts/test boots

test-kernel: needed all ## build the kernels with the series and boot them, on both architectures (artefacts/kernel/table.md)
	@scripts/material fetch --matrix
	@Tests/kernel/run --jobs $(JOBS)

matrix: all ## the boot matrix: every pair of kernels, stubs, tools, machines (artefacts/matrix/report.html)
	@scripts/material fetch --matrix
	@Tests/matrix/run --jobs $(JOBS)

conformance: all material ## UEFI 2.10's assertions under Virgil, EDK2 and U-Boot
	@Tests/conformance/run

test-all: needed all ## everything, with all material and the whole boot matrix: hours, but it can be interrupted
	@scripts/material fetch --all
	@scripts/test hosted tools loader kexec-tools kernel-all boots-all matrix labs matrix-all conformance

sizes: ## the blobs' sizes
	@cat $(foreach arch,$(ARCHITECTURES),$(ARTEFACTS)/virgil-$(arch).json)

support: ## make SUPPORT.md anew from what the code does
	@$(SWIFT_BUILD) --build-tests
	@VIRGIL_MAKE_SUPPORT=1 swift test --skip-build --filter SupportTable.thePageSaysWhatTheCodeDoes

format: ## put the sources into the house's form
	@swift format --in-place --parallel --recursive Package.swift Sources Tests Tools/Package.swift Tools/Sources Tools/Tests

lint: ## say what format would change
	@swift format lint --parallel --recursive Package.swift Sources Tests Tools/Package.swift Tools/Sources Tools/Tests
	@shellcheck $(filter-out %.list,$(wildcard scripts/*)) .ci/run Tests/kernel/when-changed Tests/kernel/guest/init.sh Tests/kexec-tools/guest.sh

clean: ## remove what was built
	@rm -rf .build .build-* Tools/.build $(ARTEFACTS)

distclean: clean ## and the links to the toolchain's modules
	@rm -rf toolchains/overlay
