# Chainrule's commands. `make help` lists them. Longer ones are scripts in Tools/.

SWIFT ?= swift
PREFIX ?= /usr/local
LIBDIR ?= $(PREFIX)/lib

CFLAGS ?= -O2
CXXFLAGS ?= -O2
C_WARNINGS := -Wall -Wextra -pedantic

HEADER := include/chainrule.h
SOURCES := Package.swift $(HEADER) $(shell find Sources -type f)
LIBRARY := build/lib/libchainrule.so
HEADER_CXX := build/include/chainrule.hpp
LIBRARY_AVX2 := build/avx2/lib/libchainrule.so
COMMAND := build/bin/chainrule
TOOLS_PYTHON := Tools/check-readme Tools/check-arm64-retains Tools/check-tile-loops Tools/embedded-tests Tests/Sweep Tests/Foreign Tests/Command Tests/CSource docs/site docs/gallery
SWIFT_FOLDERS := Package.swift $(wildcard Sources Tests Examples Benchmarks)

EXAMPLES_C := $(patsubst Examples/%.c,build/examples/%,$(wildcard Examples/*.c))
EXAMPLES_CXX := $(patsubst Examples/%.cpp,build/examples/%,$(wildcard Examples/*.cpp))
LINK_EXAMPLE := -Ibuild/include -Lbuild/lib -lchainrule -lm -Wl,-rpath,'$$ORIGIN/../lib'

LEARN := PYTHONPATH=bindings/python CHAINRULE_LIBRARY=$(LIBRARY) build/venv-learning/bin/python -B

.PHONY: lib command help demo examples learn docs test install uninstall deb wheel header check-header format check-format check-python fuzz \
	bench bench-native bench-quick bench-avx2 bench-native-avx2 bench-quick-avx2 bench-minimizers bench-sequences bench-sklearn clean
.DELETE_ON_ERROR:

lib: $(LIBRARY) $(HEADER_CXX) ## build the library: build/lib (shared, static, for pkg-config and CMake) and build/include (the default)

command: $(COMMAND) ## build the command line's chainrule: build/bin/chainrule

help: ## list the commands
	@awk -F ':.*## ' '/^[a-z0-9-]+:.*## / { printf "make %-16s %s\n", $$1, $$2 }' $(MAKEFILE_LIST)

demo: build/examples/digits_train build/examples/digits_predict ## train on handwritten digits, save, load, predict
	build/examples/digits_train Examples/data/digits.csv build/digits.safetensors
	@echo
	build/examples/digits_predict build/digits.safetensors Examples/data/digits.csv

examples: $(EXAMPLES_C) $(EXAMPLES_CXX) ## compile every C and C++ example into build/examples

learn: lib ## train on MNIST and MNIST-1D, and fail below 97.5 %, 93 % and 94 %: three minutes
	Tools/setup-bench --learning build/venv-learning
	$(LEARN) Examples/learning/lenet5.py
	$(LEARN) Examples/learning/mnist1d_cnn.py
	$(LEARN) Examples/learning/mnist1d_gru.py

docs: lib ## make the documentation's site, with its gallery of plots: build/docs/html/index.html
	Tools/setup-docs build/venv-docs
	Tools/docs

test: ## run every test, after installing the packages that tests need
	Tools/test

install: lib command ## install the library and the command below DESTDIR; defaults: PREFIX=/usr/local, LIBDIR=$(PREFIX)/lib
	Tools/install install "$(PREFIX)" "$(LIBDIR)" "$(DESTDIR)"

uninstall: ## remove the installed files; give the same PREFIX, LIBDIR and DESTDIR
	Tools/install uninstall "$(PREFIX)" "$(LIBDIR)" "$(DESTDIR)"

deb: lib command ## make Debian packages, which install the library and the command below /usr, into build/deb
	Tools/deb build/deb

wheel: lib ## build the Python wheel, which contains the library, and the source distribution, into build/wheel
	Tools/setup-python build/venv
	Tools/wheel build/venv "$(LIBRARY)" build/wheel

header: ## generate the headers in include, the export list and the bindings from the Swift sources
	Tools/header

check-header: lib ## check that the generated files are current, compile alone, and match the library's symbols
	Tools/header --check
	Tools/check-header build/swift/test/debug/headergen build/swift/test/debug/ChainruleC.build/include/ChainruleC-Swift.h $(LIBRARY)

format: ## format the Swift sources
	$(SWIFT) format --in-place --recursive $(SWIFT_FOLDERS)

check-format: ## check the format and style of the Swift sources
	$(SWIFT) format lint --strict --recursive $(SWIFT_FOLDERS)

check-python: ## check the format, style and types of the Python sources
	Tools/setup-python build/venv
	cd bindings/python && ../../build/venv/bin/ruff format --check --no-cache .
	cd bindings/python && ../../build/venv/bin/ruff check --no-cache .
	cd bindings/python && ../../build/venv/bin/mypy --cache-dir=/dev/null
	cd bindings/python && ../../build/venv/bin/basedpyright --pythonpath ../../build/venv/bin/python
	build/venv/bin/ruff format --check --no-cache --line-length 120 --target-version py311 Benchmarks Examples $(TOOLS_PYTHON)
	build/venv/bin/ruff check --no-cache --line-length 120 --target-version py311 Benchmarks Examples $(TOOLS_PYTHON)

fuzz: ## fuzz the model-file reader and the C functions for SECONDS (60) each
	Tools/fuzz $(SECONDS)

bench: bench-native ## measure against other libraries into build/bench.json and build/bench.html; goes on if interrupted
	build/venv-bench/bin/python Benchmarks/bench.py --report $(BENCH)

bench-avx2: bench-native-avx2 ## the same with AVX2 at most, on a processor that has more: build/bench-avx2.json
	BENCH_LIMIT=avx2 build/venv-bench/bin/python Benchmarks/bench.py --report $(BENCH)

bench-native: lib # the programs that it runs, for Benchmarks/bench.py by hand
	Tools/setup-bench build/venv-bench
	$(MAKE) --no-print-directory -C Benchmarks

bench-native-avx2: lib $(LIBRARY_AVX2)
	Tools/setup-bench build/venv-bench
	$(MAKE) --no-print-directory -C Benchmarks LIMIT=avx2

bench-quick: lib ## check that Chainrule is not slower than Benchmarks/floors.json: three minutes
	Tools/setup-bench --quick build/venv-bench-quick
	$(MAKE) --no-print-directory -C Benchmarks quick
	build/venv-bench-quick/bin/python Benchmarks/quick.py $(FLOORS)

bench-quick-avx2: $(LIBRARY_AVX2) ## the same with AVX2 at most
	Tools/setup-bench --quick build/venv-bench-quick
	$(MAKE) --no-print-directory -C Benchmarks LIMIT=avx2 quick
	BENCH_LIMIT=avx2 build/venv-bench-quick/bin/python Benchmarks/quick.py $(FLOORS)

bench-minimizers: lib ## write the tables of docs/training-methods.md, minimize beside scipy: a quarter of an hour
	Tools/setup-bench --minimizers build/venv-minimizers
	build/venv-minimizers/bin/python Benchmarks/minimizers.py --write docs/training-methods.md

bench-sequences: lib ## measure recurrent layers beside PyTorch, JAX and ONNX Runtime: a minute
	Tools/setup-bench build/venv-bench
	build/venv-bench/bin/python Benchmarks/sequences.py

bench-sklearn: lib ## write the table of docs/scikit-learn.md, chainrule.sklearn beside scikit-learn: ten minutes
	Tools/setup-bench --sklearn build/venv-sklearn
	build/venv-sklearn/bin/python Benchmarks/sklearn_table.py --write docs/scikit-learn.md

clean: ## delete build
	rm -rf build

$(LIBRARY): $(SOURCES) Tools/build-library
	SWIFT="$(SWIFT)" Tools/build-library Embedded build/swift/embedded build

$(HEADER_CXX): include/chainrule.hpp
	install -D -m 644 $< $@

$(LIBRARY_AVX2): $(SOURCES) Tools/build-library
	SWIFT="$(SWIFT)" Tools/build-library Embedded,AVX2 build/swift/embedded-avx2 build/avx2

$(COMMAND): $(wildcard Command/*.c) Command/command.h $(LIBRARY)
	@mkdir -p $(@D)
	$(CC) -std=c11 -D_DEFAULT_SOURCE $(C_WARNINGS) $(CFLAGS) -Ibuild/include $(filter %.c,$^) -o $@ build/lib/libchainrule.a -lm

build/examples/%: Examples/%.c $(LIBRARY)
	@mkdir -p $(@D)
	$(CC) -std=c99 $(C_WARNINGS) $(CFLAGS) $< -o $@ $(LINK_EXAMPLE)

build/examples/%: Examples/%.cpp $(LIBRARY) $(HEADER_CXX)
	@mkdir -p $(@D)
	$(CXX) -std=c++17 $(C_WARNINGS) $(CXXFLAGS) $< -o $@ $(LINK_EXAMPLE)
