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
TEST_SOURCES := $(wildcard tests/unit/*.[ch] tests/fuzz/*.[ch] tests/bench/*.c)
MANPAGES := $(sort $(wildcard man/*.[1-8]))

FUZZ_SOURCES := $(wildcard tests/fuzz/fuzz_*.c)
FUZZERS := $(FUZZ_SOURCES:tests/fuzz/%.c=$(BUILD)/fuzz/%)
FUZZ_SUPPORT := $(patsubst %.c,$(BUILD)/%.o,$(filter-out $(FUZZ_SOURCES) \
	tests/fuzz/replay.c,$(wildcard tests/fuzz/*.c)))
ALL_C := $(SOURCES) $(filter %.c,$(TEST_SOURCES)) $(wildcard contrib/*/*.c)
ALL_H := $(HEADERS) $(filter %.h,$(TEST_SOURCES)) $(wildcard contrib/*/*.h)

.PHONY: all check e2e bench asan tsan valgrind fuzz run-fuzzers format lint \
	lint-format lint-man lint-house lint-clang lint-cppcheck lint-tidy \
	install uninstall clean help unit-tests print-flags
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
	@echo 'lint       clang-tidy, cppcheck, the rules of the house, format, manual pages'
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

# What the fuzzers found once is replayed by the ordinary tests.
replay = $(if $(wildcard tests/fuzz/corpus/$(1)/*),$(BUILD)/fuzz/fuzz_$(1) \
	tests/fuzz/corpus/$(1)/*,true)

check: $(UNIT_TESTS) $(FUZZERS)
	@failed=0; for test in $(UNIT_TESTS); do \
		$(CHECK_WITH) $$test || failed=1; done; \
	$(foreach f,$(FUZZERS),$(call replay,$(patsubst fuzz_%,%,$(notdir $(f)))) \
		|| failed=1;) exit $$failed

# The same code under other eyes: each in a folder of its own, without the
# hardening that would get in their way. Check's limit of seconds a test is
# stretched, since all of them are slow.
comma := ,
other_build = $(MAKE) BUILD=$(BUILD)/$(1) HARDENING= LINK_HARDENING= \
	CFLAGS='-O1 -g -fno-omit-frame-pointer $(2)' LDFLAGS='$(2)'

asan:
	CK_TIMEOUT_MULTIPLIER=10 ASAN_OPTIONS=halt_on_error=1 \
		UBSAN_OPTIONS=halt_on_error=1:print_stacktrace=1 \
		$(call other_build,asan,-fsanitize=address$(comma)undefined \
		-fno-sanitize-recover=all) check

tsan:
	CK_TIMEOUT_MULTIPLIER=20 TSAN_OPTIONS=halt_on_error=1 \
		$(call other_build,tsan,-fsanitize=thread) check

# Each test is a process of its own, that inherits the runner's memory: leaks
# are asan's to find.
valgrind:
	CK_TIMEOUT_MULTIPLIER=40 $(call other_build,valgrind,) \
		CHECK_WITH='valgrind --quiet --error-exitcode=99' check

# A fuzzer is built twice: with clang's engine by `make fuzz`, and with a driver
# that replays files by everything else.
FUZZ_SECONDS ?= 60
FUZZ_ENGINE = $(BUILD)/tests/fuzz/replay.o

fuzz:
	$(call other_build,libfuzzer,-fsanitize=address$(comma)undefined \
		-fno-sanitize-recover=all) CC=clang \
		CPPFLAGS=-fsanitize=fuzzer-no-link \
		FUZZ_ENGINE=-fsanitize=fuzzer run-fuzzers

run-fuzzers: $(FUZZERS)
	@for fuzzer in $(FUZZERS); do \
		name=$${fuzzer##*/fuzz_}; \
		mkdir -p $(BUILD)/found/$$name tests/fuzz/corpus/$$name; \
		echo "$$name: $(FUZZ_SECONDS) s"; \
		$$fuzzer -max_total_time=$(FUZZ_SECONDS) -timeout=10 \
			-rss_limit_mb=2048 -verbosity=0 -print_final_stats=1 \
			-artifact_prefix=$(BUILD)/found/$$name. \
			$(BUILD)/found/$$name tests/fuzz/corpus/$$name \
			|| exit 1; done

$(BUILD)/fuzz/fuzz_%: $(BUILD)/tests/fuzz/fuzz_%.o $(FUZZ_SUPPORT) \
		$(filter %.o,$(FUZZ_ENGINE)) $(FOLDERS:%=$(BUILD)/%.a) $(FLOOR_LIBS)
	@mkdir -p $(@D)
	$(CC) $(CFLAGS_ALL) $(LDFLAGS_ALL) -o $@ $(filter-out -%,$^) \
		$(filter -%,$(FUZZ_ENGINE)) $(PACKAGE_LIBS)

# PostgreSQL and stores of their own, started by the tests.
e2e: all
	sh tests/e2e/run.sh

$(BUILD)/bench/stopwatch: $(BUILD)/tests/bench/stopwatch.o
	@mkdir -p $(@D)
	$(CC) $(CFLAGS_ALL) $(LDFLAGS_ALL) -o $@ $^

bench: all $(BUILD)/bench/stopwatch
	BUILD=$(BUILD) sh tests/bench/run.sh

format:
	clang-format -i $(ALL_C) $(ALL_H)

# Everything a machine can find fault with. `make -k lint` goes on after the
# first.
lint: lint-format lint-man lint-house lint-clang lint-cppcheck lint-tidy

lint-format:
	@echo 'clang-format --dry-run'
	@clang-format --dry-run -Werror $(ALL_C) $(ALL_H)

lint-man:
	$(if $(MANPAGES),mandoc -T lint -W warning $(MANPAGES))

lint-house: all
	BUILD=$(BUILD) prove $(PROVE_FLAGS) tests/house

lint-clang:
	@echo 'clang -Werror'
	@clang $(CPPFLAGS_ALL) -std=c11 -pthread $(WARNINGS) -Werror \
		-fsyntax-only $(ALL_C)

lint-cppcheck:
	@mkdir -p $(BUILD)/lint/cppcheck
	@echo cppcheck
	@cppcheck --quiet --error-exitcode=1 --std=c11 --inline-suppr \
		--enable=warning,portability,performance \
		--suppressions-list=.cppcheck-suppressions \
		--cppcheck-build-dir=$(BUILD)/lint/cppcheck \
		--library=posix -I. -D_XOPEN_SOURCE=700 \
		-DWALNUT_VERSION='"$(VERSION)"' \
		'-Djson_object_foreach(o,k,v)=while (json_step(o, &k, &v))' \
		'-Djson_array_foreach(a,i,v)=while (json_step(a, &i, &v))' \
		$(ALL_C)

# One stamp a file: clang-tidy is slow, and most files did not change.
# analyzer.h would rename what these define, so they do without.
NOT_ANALYZED := common/base/err.c common/store/file_root.c
lint-tidy: $(ALL_C:%.c=$(BUILD)/lint/%.tidy)

$(BUILD)/lint/%.tidy: %.c $(ALL_H) .clang-tidy \
		tests/house/analyzer.h
	@mkdir -p $(@D)
	@echo clang-tidy $<
	@clang-tidy --quiet --warnings-as-errors='*' $< -- \
		$(CPPFLAGS_ALL) -std=c11 -pthread -Wno-unused-value \
		$(if $(filter-out $(NOT_ANALYZED),$<), \
		-include tests/house/analyzer.h)
	@touch $@

# For tests that compile: what a file needs, and what it is warned about.
print-flags:
	@echo "$(subst ",\",$(CPPFLAGS_ALL)) -std=c11 -pthread $(WARNINGS)"

install: all
	install -d $(DESTDIR)$(BINDIR)
	install -m 0755 $(PROGRAM_FILES) $(DESTDIR)$(BINDIR)
	for page in $(MANPAGES); do \
		section=$(DESTDIR)$(MANDIR)/man$${page##*.}; \
		install -d $$section && \
		install -m 0644 $$page $$section || exit 1; done

uninstall:
	rm -f $(PROGRAMS:%=$(DESTDIR)$(BINDIR)/%)
	for page in $(notdir $(MANPAGES)); do \
		rm -f $(DESTDIR)$(MANDIR)/man$${page##*.}/$$page; done

clean:
	rm -rf $(BUILD)

-include $(shell find $(FOLDERS:%=$(BUILD)/%) $(BUILD)/common $(BUILD)/tests \
	-name '*.d' 2>/dev/null)
