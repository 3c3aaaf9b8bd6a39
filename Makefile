# walnut: one makefile for everything. `make help` lists the targets.

PREFIX ?= /usr/local
BINDIR ?= $(PREFIX)/bin
MANDIR ?= $(PREFIX)/share/man
DESTDIR ?=
BUILD ?= build
CC ?= cc
PKG_CONFIG ?= pkg-config
VERSION := 0.1.0

CFLAGS ?= -O2 -g
WARNINGS := -Wall -Wextra -Wpedantic -Wshadow -Wconversion -Wcast-qual \
	-Wformat=2 -Wundef -Wvla -Wwrite-strings -Wpointer-arith \
	-Wstrict-prototypes -Wmissing-prototypes -Wold-style-definition \
	-Wimplicit-fallthrough
ifdef CI
WARNINGS += -Werror
endif
HARDENING ?= -fstack-protector-strong -fstack-clash-protection -fPIE \
	-U_FORTIFY_SOURCE -D_FORTIFY_SOURCE=2
LINK_HARDENING ?= -pie -Wl,-z,relro -Wl,-z,now

PACKAGES := libzstd liblz4 libcrypto libpq jansson
PACKAGE_CFLAGS := $(shell $(PKG_CONFIG) --cflags $(PACKAGES))
PACKAGE_LIBS := $(shell $(PKG_CONFIG) --libs $(PACKAGES))

CPPFLAGS_ALL := -I. -D_XOPEN_SOURCE=700 -D_DEFAULT_SOURCE \
	-D_FILE_OFFSET_BITS=64 -DWALNUT_VERSION='"$(VERSION)"' \
	$(PACKAGE_CFLAGS) $(CPPFLAGS)
CFLAGS_ALL := -std=c11 -pthread $(WARNINGS) $(HARDENING) $(CFLAGS)
LDFLAGS_ALL := -pthread $(LINK_HARDENING) -Wl,--as-needed $(LDFLAGS)

# A program is a .c file with a hyphen in its name; a part has underscores.
# The floors of common/, each may use those before it; store and pg are
# siblings. Linked in the opposite order.
FLOORS := base stream store pg catalog tool
FOLDERS := archive restore tools
PROGRAM_SOURCES := $(foreach f,$(FOLDERS),$(wildcard $(f)/*-*.c))
PROGRAMS := $(patsubst %.c,%,$(notdir $(PROGRAM_SOURCES)))
PROGRAM_FILES := $(PROGRAMS:%=$(BUILD)/bin/%)

FLOOR_LIBS := $(foreach f,tool catalog pg store stream base,$(BUILD)/$(f).a)
parts = $(patsubst %.c,$(BUILD)/%.o,$(filter-out $(PROGRAM_SOURCES),$(wildcard $(1)/*.c)))

UNIT_SOURCES := $(wildcard tests/unit/check_*.c)
UNIT_TESTS := $(UNIT_SOURCES:tests/unit/%.c=$(BUILD)/unit/%)
UNIT_SUPPORT := $(patsubst %.c,$(BUILD)/%.o,$(filter-out $(UNIT_SOURCES),$(wildcard tests/unit/*.c)))
SOURCES := $(sort $(wildcard common/*/*.c archive/*.c restore/*.c tools/*.c))
HEADERS := $(sort $(wildcard common/*/*.h archive/*.h restore/*.h tools/*.h))
TEST_SOURCES := $(wildcard tests/unit/*.c tests/unit/*.h tests/fuzz/*.c tests/bench/*.c)
MANPAGES := $(sort $(wildcard man/*.[1-8]))

.PHONY: all check e2e bench asan tsan valgrind fuzz format lint install \
	uninstall clean help unit-tests
.SECONDARY:
.DELETE_ON_ERROR:

all: $(PROGRAM_FILES)

help:
	@echo 'all        build the programs into $(BUILD)/bin'
	@echo 'check      build and run the unit tests'
	@echo 'e2e        run the tests against real servers'
	@echo 'bench      measure against the peers'
	@echo 'asan tsan valgrind   the unit tests under each'
	@echo 'fuzz       build and run the fuzzers for FUZZ_SECONDS each'
	@echo 'lint       clang-tidy, cppcheck, sizes, format, manual pages'
	@echo 'format     reformat the sources in place'
	@echo 'install uninstall    PREFIX=$(PREFIX) DESTDIR=$(DESTDIR)'

$(BUILD)/%.o: %.c
	@mkdir -p $(@D)
	$(CC) $(CPPFLAGS_ALL) $(CFLAGS_ALL) -MMD -MP -c -o $@ $<

define archive_rule
$(BUILD)/$(notdir $(1)).a: $(call parts,$(1))
	@mkdir -p $$(@D)
	@rm -f $$@
	ar rcs $$@ $$^
endef
$(foreach f,$(FLOORS),$(eval $(call archive_rule,common/$(f))))
$(foreach f,$(FOLDERS),$(eval $(call archive_rule,$(f))))

define program_rule
$(BUILD)/bin/$(basename $(notdir $(1))): $(BUILD)/$(1:.c=.o) $(BUILD)/$(patsubst %/,%,$(dir $(1))).a $(FLOOR_LIBS)
	@mkdir -p $$(@D)
	$(CC) $$(CFLAGS_ALL) $$(LDFLAGS_ALL) -o $$@ $$^ $$(PACKAGE_LIBS)
endef
$(foreach p,$(PROGRAM_SOURCES),$(eval $(call program_rule,$(p))))

$(BUILD)/unit/check_%: $(BUILD)/tests/unit/check_%.o $(UNIT_SUPPORT) \
		$(FOLDERS:%=$(BUILD)/%.a) $(FLOOR_LIBS)
	@mkdir -p $(@D)
	$(CC) $(CFLAGS_ALL) $(LDFLAGS_ALL) -o $@ $^ $(PACKAGE_LIBS) \
		$(shell $(PKG_CONFIG) --libs check)

unit-tests: $(UNIT_TESTS)

check: $(UNIT_TESTS)
	@failed=0; for test in $(UNIT_TESTS); do \
		$(CHECK_WITH) $$test || failed=1; done; exit $$failed

clean:
	rm -rf $(BUILD)

-include $(shell find $(BUILD) -name '*.d' 2>/dev/null)
