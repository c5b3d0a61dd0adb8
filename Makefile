# rejoin: build, demo, test. `make help` lists the targets.
BUILD   ?= build
CC      ?= gcc
Q       := $(if $(V),,@)
MODE    ?= release
JOBS    ?= $(shell nproc)

WARN    := -Wall -Wextra -Wshadow -Wconversion -Wstrict-prototypes -Wmissing-prototypes -Wvla -Wformat=2 $(if $(findstring clang,$(CC)),,-Wno-format-truncation) -Werror
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
# EXTRA_DRIVERS=path/my_crm.c builds a driver in that lies elsewhere
DRIVERS := $(wildcard systems/*.c) $(EXTRA_DRIVERS)
LIB     := $(CORE) $(DRIVERS) $(wildcard systems/*/*.c) $(wildcard exporter/*.c mapping/*.c importer/*.c)
SANDBOX := $(wildcard samples/sandbox/*.c)
WORLD   := $(wildcard samples/world/*.c)
FOURTH  := tests/fourth/fabrikam.c
UNIT    := $(wildcard tests/unit/test_*.c)
O       := $(BUILD)/$(MODE)
FRENCH  := $(O)/locale/fr/LC_MESSAGES/rejoin.mo
obj      = $(patsubst %.c,$(O)/%.o,$(1))

PACKAGES := gcc libc6-dev pkg-config libcsv-dev libxlsxwriter-dev libcurl4-openssl-dev libcjson-dev libsqlite3-dev \
            libzip-dev libexpat1-dev libssl-dev libmicrohttpd-dev iso-codes tzdata gettext ca-certificates
TEST_PACKAGES := libcmocka-dev jq sqlite3 zip unzip openssl curl strace
PREFIX  ?= /usr/local

all: $(O)/rejoin $(O)/rejoin-sandbox $(O)/rejoin-world $(FRENCH)

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

# The fourth system of the tests: rejoin with one more driver, and the server that it talks to.
$(O)/rejoin-fourth: $(call obj,rejoin.c $(LIB) $(FOURTH)) $(O)/drivers-fourth.o
	@echo "  LD    $@"
	$(Q)$(CC) $(ALL_CFLAGS) -o $@ $^ $(LDHARD) $(LIBS)
$(O)/fourth-server: $(call obj,tests/fourth/server.c $(CORE)) $(O)/drivers-none.o
	@echo "  LD    $@"
	$(Q)$(CC) $(ALL_CFLAGS) -o $@ $^ $(LDHARD) $(LIBS)

# Where an installed rejoin looks when the catalogue is not in ../share beside it.
$(O)/core/lang.o: ALL_CFLAGS += -DREJOIN_LOCALE='"$(PREFIX)/share/locale"'
# A translation whose format does not fit the English one is an error here.
$(FRENCH): po/fr.po
	@mkdir -p $(dir $@)
	$(Q)msgfmt --check-format --check-header -o $@ $<

# The list of drivers is the folder's contents: a new system is one new file.
$(O)/drivers.c: FORCE | $(O)
	$(Q)sh systems/list.sh $(DRIVERS) >$@.new
	$(Q)if cmp -s $@.new $@; then rm $@.new; else mv $@.new $@; fi
$(O)/drivers-fourth.c: $(DRIVERS) $(FOURTH) systems | $(O)
	$(Q)sh systems/list.sh $(DRIVERS) $(FOURTH) >$@
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
	@$(MAKE) --no-print-directory -j$(JOBS) MODE=asan test-build
	@JOBS=$(JOBS) tests/run.sh $(BUILD)/asan $(T)
test-build: $(O)/rejoin $(O)/rejoin-sandbox $(O)/rejoin-world $(O)/rejoin-fourth $(O)/fourth-server $(FRENCH) $(patsubst tests/unit/%.c,$(O)/%,$(UNIT))

# What `make test` samples, whole: every strike, and volumes as large as in life; hours.
soak: test-deps
	@$(MAKE) --no-print-directory -j$(JOBS) MODE=release all test-build
	@REJOIN_SOAK=1 JOBS=$(JOBS) tests/run.sh $(BUILD)/release $(T)

demo: deps
	@$(MAKE) --no-print-directory -j$(JOBS) all
	@samples/demo.sh $(BUILD)/release

# The English texts of the sources into the French catalogue: new ones come without a translation, reworded ones fuzzy.
po:
	po/extract.sh >$(O)/rejoin.pot
	msgmerge --quiet --update --backup=none --no-wrap --no-location po/fr.po $(O)/rejoin.pot

format:
	clang-format -i $(shell git ls-files '*.c' '*.h')
install: all
	install -D $(O)/rejoin $(DESTDIR)$(PREFIX)/bin/rejoin
	install -d $(DESTDIR)$(PREFIX)/share/rejoin/mappings
	install -m 644 samples/mappings/*.json $(DESTDIR)$(PREFIX)/share/rejoin/mappings
	install -m 644 samples/rejoin.schema.json $(DESTDIR)$(PREFIX)/share/rejoin
	install -D -m 644 $(FRENCH) $(DESTDIR)$(PREFIX)/share/locale/fr/LC_MESSAGES/rejoin.mo
clean:
	rm -rf $(BUILD) demo
help:
	@echo 'make            build build/release/rejoin and the sandbox'
	@echo 'make demo       recover an outage between the sandboxes of Partner Center, Dynamics and Salesforce'
	@echo 'make test       all tests under the address and undefined-behaviour sanitizers; T=name for one'
	@echo 'make soak       the same tests whole, without the sanitizers: every strike, volumes as in life; T=name for one'
	@echo 'make install    PREFIX=/usr/local, DESTDIR'
	@echo 'make po         new and reworded English texts into po/fr.po, to be translated there'
	@echo 'make format     clang-format over all sources'
	@echo 'make clean'
FORCE:
.PHONY: FORCE all deps test-deps test soak test-build demo po format install clean help
.SECONDARY:
-include $(shell find $(BUILD) -name '*.d' 2>/dev/null)
