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
.PHONY: all demo needed material emulators images tool loader kernel-bundle release dist
.PHONY: check-repro test test-quick test-boot test-verify test-install test-release test-kernel matrix conformance test-all
.PHONY: deb man completions reference snapshots sizes support format lint clean distclean help
.NOTPARALLEL:

help: ## list the targets
	@awk -F ':.*## ' '/^[a-z-]+:.*## / { printf "  make %-13s %s\n", $$1, $$2 }' $(MAKEFILE_LIST)

all: emulators tool images ## the emulators and the virgil command, into artefacts/

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

images: tool ## the emulators as images that kexec loads alone, with an EFI file as initrd
	@for arch in $(ARCHITECTURES); do \
	    $(ARTEFACTS)/virgil stand-alone image --arch $$arch -o $(ARTEFACTS)/virgil-$$arch.img || exit 1; \
	done

# The commands describe themselves: pages and completions come from nowhere else.
MANUAL = scripts/build-host --jobs $(JOBS) --output .build/manual virgil-manual && .build/manual/virgil-manual

man: tool ## the commands' manual pages (artefacts/man)
	@rm -rf $(ARTEFACTS)/man
	@export SOURCE_DATE_EPOCH="$$(scripts/source-date)"; \
	$(MANUAL) man $(ARTEFACTS)/virgil $(ARTEFACTS)/relocation-fixer --output $(ARTEFACTS)/man

completions: tool ## completions of virgil for bash, zsh and fish (artefacts/completions)
	@rm -rf $(ARTEFACTS)/completions
	@$(MANUAL) completions $(ARTEFACTS)/virgil --output $(ARTEFACTS)/completions

reference: tool ## make Documentation/reference.md anew from the commands' help
	@$(MANUAL) reference $(ARTEFACTS)/virgil $(ARTEFACTS)/relocation-fixer --output Documentation/reference.md

loader: ## kexec-efi-load for each architecture, for the kernel bundle
	@mkdir -p $(ARTEFACTS)
	@for arch in $(ARCHITECTURES); do \
	    $(MAKE) --no-print-directory -s -C kernel/loader ARCH=$$arch OUT=$(CURDIR)/$(ARTEFACTS)/kexec-efi-load-$$arch || exit 1; \
	done

kernel-bundle: all loader ## the kernel series for each kernel line, with all that goes with it (artefacts/kernel-bundle)
	@$(ARTEFACTS)/virgil kernel-bundle --all --force --output $(ARTEFACTS)/kernel-bundle

# Of `make release`: where it goes, what signs it, where the source is kept; ALLOW_DIRTY=1 takes a source that is not as
# committed.
RELEASE         ?= $(ARTEFACTS)/release
SIGN_KEY        ?=
SOURCE_URI      ?=
ALLOW_DIRTY     ?=
RELEASE_OPTIONS := $(if $(SIGN_KEY),--sign-key '$(SIGN_KEY)') $(if $(SOURCE_URI),--source-uri '$(SOURCE_URI)') \
                   $(if $(ALLOW_DIRTY),--allow-dirty)

# What make install would put below /usr/local goes into the programs' tarball.
# One date for all that is in it, the patches' as well, so that a rebuild from its source tarball is the same.
release: export SOURCE_DATE_EPOCH = $(shell scripts/source-date)
release: kernel-bundle man completions ## tarballs, sums, bills of materials, provenance (artefacts/release; RELEASE=, SIGN_KEY=)
	@rm -rf $(ARTEFACTS)/install-tree
	@$(MAKE) --no-print-directory -s install DESTDIR='$(CURDIR)/$(ARTEFACTS)/install-tree' PREFIX=/usr/local
	@$(ARTEFACTS)/virgil release --source . --artefacts $(ARTEFACTS) --install-tree $(ARTEFACTS)/install-tree \
	    --output '$(RELEASE)' --force $(RELEASE_OPTIONS)

dist: tool ## the source tarball (artefacts/virgil-VERSION.tar.xz, .zst), which builds on its own
	@$(ARTEFACTS)/virgil release --dist --source . --output $(ARTEFACTS) $(if $(ALLOW_DIRTY),--allow-dirty)

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

test-verify: all material ## what virgil verify says of images, against what kexec does with them
	@scripts/test verify

test-kernel: needed all ## build the kernels with the series and boot them, on both architectures (artefacts/kernel/table.md)
	@scripts/material fetch --matrix
	@Tests/kernel/run --jobs $(JOBS)

test-release: needed kernel-bundle ## releases: by other people's tools, forged, built again (minutes)
	@scripts/test release

matrix: all ## the boot matrix: every pair of kernels, stubs, tools, machines (artefacts/matrix/report.html)
	@scripts/material fetch --matrix
	@Tests/matrix/run --jobs $(JOBS)

conformance: all material ## UEFI 2.10's assertions under Virgil, EDK2 and U-Boot
	@Tests/conformance/run

check-repro: needed ## build all twice, differently, and compare every byte
	@Tests/repro/check --self-test
	@Tests/repro/check

test-all: needed kernel-bundle deb ## everything, with all material and the whole boot matrix: hours, but it can be interrupted
	@scripts/material fetch --all
	@scripts/test hosted tools loader doctor install package kexec-tools verify kernel-all boots-all matrix labs release matrix-all conformance-all repro

sizes: ## the blobs' sizes
	@cat $(foreach arch,$(ARCHITECTURES),$(ARTEFACTS)/virgil-$(arch).json)

support: ## make SUPPORT.md anew from what the code does
	@$(SWIFT_BUILD) --build-tests
	@VIRGIL_MAKE_SUPPORT=1 swift test --skip-build --filter SupportTable.thePageSaysWhatTheCodeDoes

snapshots: ## make anew what the tests hold help texts, errors, reports and the reference page to; look at the difference
	@$(SWIFT_BUILD) --package-path Tools --build-tests
	@VIRGIL_MAKE_SNAPSHOTS=1 swift test --package-path Tools --skip-build --filter '^(CommandTests|DoctorTests)\.'

format: ## put the sources into the house's form
	@swift format --in-place --parallel --recursive Package.swift Sources Tests Tools/Package.swift Tools/Sources Tools/Tests

lint: ## say what format would change
	@swift format lint --parallel --recursive Package.swift Sources Tests Tools/Package.swift Tools/Sources Tools/Tests
	@shellcheck $(filter-out %.list,$(wildcard scripts/*)) .ci/run Tests/kernel/when-changed Tests/kernel/guest/init.sh Tests/kexec-tools/guest.sh \
	    packaging/deb packaging/install-files $(wildcard packaging/hooks/*) packaging/ci/release Tests/install/guest.sh

include packaging/install.mk

deb: man completions ## the Debian package of what `make all` has built, into artefacts/
	@packaging/deb $(ARTEFACTS)

test-install: needed all deb ## the package on a clean Debian, whose kernel is kexec'ed in QEMU
	@scripts/material fetch x86_64/root
	@scripts/test install package

clean: ## remove what was built
	@rm -rf .build .build-* Tools/.build $(ARTEFACTS)

distclean: clean ## and the links to the toolchain's modules
	@rm -rf toolchains/overlay
