# SPDX-License-Identifier: Apache-2.0 OR GPL-2.0-only
#
# make install, make uninstall: what `make all` has built, under GNU's variables. Nothing is built here: another user may
# install than has built. The hooks go where kernel-install, Debian's kernels and systemd look for them.

PREFIX         ?= /usr/local
prefix         ?= $(PREFIX)
exec_prefix    ?= $(prefix)
bindir         ?= $(exec_prefix)/bin
libdir         ?= $(exec_prefix)/lib
includedir     ?= $(prefix)/include
datarootdir    ?= $(prefix)/share
mandir         ?= $(datarootdir)/man
docdir         ?= $(datarootdir)/doc/virgil
# Kernels, systemd and kernel-install are configured there, whatever the prefix.
sysconfdir     ?= /etc
# `virgil` looks for emulators beside itself, in ../lib/virgil.
pkglibdir      ?= $(libdir)/virgil
systemdunitdir ?= $(prefix)/lib/systemd/system
kernelplugindir ?= $(prefix)/lib/kernel/install.d
bashcompdir    ?= $(datarootdir)/bash-completion/completions
zshcompdir     ?= $(datarootdir)/zsh/site-functions
fishcompdir    ?= $(datarootdir)/fish/vendor_completions.d

# Each is ROLE:MODE:SOURCE:DESTINATION. What is in artefacts/ has to be there (`need`); `text` has its @variables@ replaced;
# `keep` is left alone where the administrator has one already.
INSTALLED = \
    need:755:$(ARTEFACTS)/virgil:$(bindir)/virgil \
    $(foreach arch,$(ARCHITECTURES),\
        need:644:$(ARTEFACTS)/virgil-$(arch).blob:$(pkglibdir)/virgil-$(arch).blob \
        need:644:$(ARTEFACTS)/virgil-$(arch).json:$(pkglibdir)/virgil-$(arch).json \
        need:644:$(ARTEFACTS)/virgil-$(arch).img:$(pkglibdir)/virgil-$(arch).img) \
    text:755:packaging/hooks/kernel-hook.in:$(pkglibdir)/kernel-hook \
    text:755:packaging/hooks/95-virgil.install:$(kernelplugindir)/95-virgil.install \
    text:755:packaging/hooks/postinst.d:$(sysconfdir)/kernel/postinst.d/zz-virgil \
    text:755:packaging/hooks/postrm.d:$(sysconfdir)/kernel/postrm.d/zz-virgil \
    text:755:packaging/hooks/post-update.d:$(sysconfdir)/initramfs/post-update.d/virgil \
    keep:644:packaging/virgil.conf:$(sysconfdir)/virgil/virgil.conf \
    text:644:packaging/virgil-kexec.service:$(systemdunitdir)/virgil-kexec.service \
    $(foreach header,$(notdir $(wildcard Sources/CHandover/include/virgil_*.h)),\
        file:644:Sources/CHandover/include/$(header):$(includedir)/virgil/$(header)) \
    $(foreach page,README.md ARCHITECTURE.md SUPPORT.md SECURITY.md CHANGELOG.md,file:644:$(page):$(docdir)/$(page)) \
    file:644:packaging/README.md:$(docdir)/packaging/README.md \
    $(foreach page,$(patsubst Documentation/%,%,$(wildcard Documentation/*.md Documentation/*.svg Documentation/tutorials/*.md)),\
        file:644:Documentation/$(page):$(docdir)/Documentation/$(page)) \
    $(foreach page,$(notdir $(wildcard $(ARTEFACTS)/man/virgil*.1)),need:644:$(ARTEFACTS)/man/$(page):$(mandir)/man1/$(page)) \
    $(if $(wildcard $(ARTEFACTS)/completions),\
        need:644:$(ARTEFACTS)/completions/virgil.bash:$(bashcompdir)/virgil \
        need:644:$(ARTEFACTS)/completions/_virgil:$(zshcompdir)/_virgil \
        need:644:$(ARTEFACTS)/completions/virgil.fish:$(fishcompdir)/virgil.fish) \
    $(if $(wildcard $(ARTEFACTS)/kexec-efi-load-$(HOST_ARCHITECTURE)),\
        file:755:$(ARTEFACTS)/kexec-efi-load-$(HOST_ARCHITECTURE):$(bindir)/kexec-efi-load)

HOST_ARCHITECTURE := $(shell uname -m)

.PHONY: install uninstall

install: ## install what `make all` has built (DESTDIR, PREFIX=/usr/local and GNU's other variables)
	@bindir='$(bindir)' pkglibdir='$(pkglibdir)' sysconfdir='$(sysconfdir)' docdir='$(docdir)' \
	    packaging/install-files '$(DESTDIR)' $(INSTALLED)
	@[ -d $(ARTEFACTS)/man ] || echo "install: without pages of man: 'make man completions' makes them" >&2

uninstall: ## remove what `make install` has installed, under the same variables
	@packaging/install-files --remove '$(DESTDIR)' $(INSTALLED)
