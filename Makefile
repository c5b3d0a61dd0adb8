# rejoin: build, demo, test. `make help` lists the targets.
BUILD   ?= build
CC      ?= gcc
Q       := $(if $(V),,@)
MODE    ?= release

WARN    := -Wall -Wextra -Wshadow -Wconversion -Wstrict-prototypes -Wmissing-prototypes -Wvla -Wformat=2 -Wno-format-truncation -Werror
CFLAGS  ?= -O2 -g
HARDEN  := -D_FORTIFY_SOURCE=2 -fstack-protector-strong -fPIE
LDHARD  := -pie -Wl,-z,relro,-z,now
ifeq ($(MODE),asan)
CFLAGS  := -O1 -g -fno-omit-frame-pointer -fsanitize=address,undefined -fno-sanitize-recover=undefined
HARDEN  :=
LDHARD  :=
endif
ALL_CFLAGS := -std=c17 -D_GNU_SOURCE -I. $(WARN) $(HARDEN) $(CFLAGS)
LIBS    := -lcsv -lxlsxwriter -lcurl -lcjson -lsqlite3 -lzip -lexpat -lcrypto -lpthread -lm

CORE    := $(wildcard core/*.c)
DRIVERS := $(wildcard systems/*.c)
LIB     := $(CORE) $(DRIVERS) $(wildcard systems/*/*.c) $(wildcard exporter/*.c mapping/*.c importer/*.c)
SANDBOX := $(wildcard samples/sandbox/*.c)
WORLD   := $(wildcard samples/world/*.c)
UNIT    := $(wildcard tests/unit/test_*.c)
O       := $(BUILD)/$(MODE)
obj      = $(patsubst %.c,$(O)/%.o,$(1))

PACKAGES := gcc libc6-dev pkg-config libcsv-dev libxlsxwriter-dev libcurl4-openssl-dev libcjson-dev libsqlite3-dev \
            libzip-dev libexpat1-dev libssl-dev libmicrohttpd-dev iso-codes tzdata
TEST_PACKAGES := libcmocka-dev jq sqlite3 zip unzip openssl
PREFIX  ?= /usr/local

all: $(O)/rejoin $(O)/rejoin-sandbox $(O)/rejoin-world

$(O)/rejoin: $(call obj,rejoin.c $(LIB)) $(O)/drivers.o
	@echo "  LD    $@"
	$(Q)$(CC) $(ALL_CFLAGS) -o $@ $^ $(LDHARD) $(LIBS)
$(O)/rejoin-sandbox: $(call obj,$(SANDBOX) $(CORE)) $(O)/drivers-none.o
	@echo "  LD    $@"
	$(Q)$(CC) $(ALL_CFLAGS) -o $@ $^ $(LDHARD) $(LIBS) -lmicrohttpd
$(O)/rejoin-world: $(call obj,$(WORLD) $(CORE)) $(O)/drivers-none.o
	@echo "  LD    $@"
	$(Q)$(CC) $(ALL_CFLAGS) -o $@ $^ $(LDHARD) $(LIBS)
$(O)/test_%: $(O)/tests/unit/test_%.o $(call obj,$(LIB)) $(O)/drivers.o
	@echo "  LD    $@"
	$(Q)$(CC) $(ALL_CFLAGS) -o $@ $^ $(LDHARD) $(LIBS) -lcmocka

# The list of drivers is the folder's contents: a new system is one new file.
$(O)/drivers.c: $(DRIVERS) systems | $(O)
	$(Q)sh systems/list.sh $(DRIVERS) >$@
$(O)/drivers-none.c: systems/list.sh | $(O)
	$(Q)sh systems/list.sh >$@
$(O):
	$(Q)mkdir -p $@

$(O)/%.o: %.c
	@mkdir -p $(dir $@)
	@echo "  CC    $<"
	$(Q)$(CC) $(ALL_CFLAGS) -MMD -MP -c -o $@ $<
$(O)/%.o: $(O)/%.c
	$(Q)$(CC) $(ALL_CFLAGS) -MMD -MP -c -o $@ $<

deps:
	@./deps.sh $(PACKAGES)
test-deps: deps
	@./deps.sh $(TEST_PACKAGES)

# `make test T=name` runs one: unit-text, recover-dynamics ...
test: test-deps
	@$(MAKE) --no-print-directory MODE=asan test-build
	@tests/run.sh $(BUILD)/asan $(T)
test-build: $(O)/rejoin $(O)/rejoin-sandbox $(O)/rejoin-world $(patsubst tests/unit/%.c,$(O)/%,$(UNIT))

# What `make test` samples, whole: minutes to hours. A list of cases that know REJOIN_SOAK.
SOAK := unit-review_big unit-review_tamper kill-resume bulk faults
soak: test-deps
	@$(MAKE) --no-print-directory MODE=release all test-build
	@REJOIN_SOAK=1 tests/run.sh $(BUILD)/release $(or $(T),$(SOAK))

demo: deps
	@$(MAKE) --no-print-directory all
	@samples/demo.sh $(BUILD)/release

format:
	clang-format -i $(shell git ls-files '*.c' '*.h')
install: all
	install -D $(O)/rejoin $(DESTDIR)$(PREFIX)/bin/rejoin
	install -d $(DESTDIR)$(PREFIX)/share/rejoin/mappings
	install -m 644 samples/mappings/*.json $(DESTDIR)$(PREFIX)/share/rejoin/mappings
	install -m 644 samples/rejoin.schema.json $(DESTDIR)$(PREFIX)/share/rejoin
clean:
	rm -rf $(BUILD) demo
help:
	@echo 'make            build build/release/rejoin and the sandbox'
	@echo 'make demo       recover an outage between the sandboxes of Partner Center, Dynamics and Salesforce'
	@echo 'make test       all tests under the address and undefined-behaviour sanitizers; T=name for one'
	@echo 'make soak       the long form of the tests that have one; T=name for one'
	@echo 'make install    PREFIX=/usr/local, DESTDIR'
	@echo 'make format     clang-format over all sources'
	@echo 'make clean'
.PHONY: all deps test-deps test test-build soak demo format install clean help
.SECONDARY:
-include $(shell find $(BUILD) -name '*.d' 2>/dev/null)
