"""Trains exclusive or through cffi, with the header that has no preprocessor, read as it is.

python Tests/Foreign/exclusive_or.py include/chainrule.ffi.h build/lib/libchainrule.so
"""

from __future__ import annotations

import re
import sys
from pathlib import Path
from typing import Any

from cffi import FFI

ffi = FFI()
header = Path(sys.argv[1]).read_text()
ffi.cdef(header)
library: Any = ffi.dlopen(sys.argv[2])
passed = 0


def holds(what: str, *, condition: bool) -> None:
    """Counts what holds; ends the program with what does not."""
    global passed
    if not condition:
        raise SystemExit(f"FAILED: {what} does not hold")
    passed += 1


def ok(status: int) -> None:
    """The call gave CRL_OK."""
    holds(ffi.string(library.crl_error_message()).decode(), condition=status == library.CRL_OK)


def begun(structure: str) -> Any:
    """A structure with its initial value."""
    value = ffi.new(f"{structure} *")
    ok(getattr(library, f"{structure}_init")(value, ffi.sizeof(structure)))
    holds(f"the size of {structure}", condition=value.size == ffi.sizeof(structure))
    return value


def made(create: Any, kind: str, *arguments: Any) -> Any:
    """The handle that a function makes."""
    handle = ffi.new(f"{kind} **")
    ok(create(*arguments, handle))
    return handle[0]


structures = re.findall(r"^crl_status (\w+)_init\(", header, re.MULTILINE)
holds("there are structures", condition=len(structures) >= 20)
for structure in structures:
    begun(structure)
for function in set(re.findall(r"\b(crl_\w+)\(", re.sub(r"/\*.*?\*/", "", header, flags=re.DOTALL))):
    holds(f"the library has {function}", condition=hasattr(library, function))

x = ffi.new("float[]", [0, 0, 0, 1, 1, 0, 1, 1])
t = ffi.new("float[]", [0, 1, 1, 0])
y = ffi.new("float[4]")
calls = []


@ffi.callback("crl_epoch_callback")
def on_epoch(_user: Any, epoch: Any) -> int:
    """Notes the costs."""
    calls.append(epoch.cost)
    return 0


targets, options = begun("crl_targets"), begun("crl_train_options")
targets.values, targets.rows, targets.columns, targets.stride = t, 4, 1, 1
options.epochs, options.on_epoch = 2000, on_epoch
network = made(library.crl_network_create, "crl_network", 2)
ok(library.crl_network_add_dense(network, 8, library.CRL_TANH, ffi.NULL))
ok(library.crl_network_add_dense(network, 1, library.CRL_SIGMOID, ffi.NULL))
ok(library.crl_network_build(network, 1))
ok(library.crl_network_fit(network, x, 4, 2, targets, ffi.NULL, options))
ok(library.crl_network_predict(network, x, 4, 2, y, 4, 1))
holds("it has learnt", condition=all(abs(y[i] - t[i]) < 0.2 for i in range(4)))
holds("it was told of each epoch", condition=len(calls) == 2000 and calls[-1] < calls[0] / 10)

layer = begun("crl_layer")
ok(library.crl_network_layer(network, 1, layer))
holds("the layer", condition=layer.units == 1 and layer.activation == library.CRL_SIGMOID)
options.epochs = 0
status = library.crl_network_fit(network, x, 4, 2, targets, ffi.NULL, options)
message = ffi.string(library.crl_error_message())
holds("the message", condition=status == library.CRL_ERROR_SIZE and b"epochs is 0" in message)
library.crl_network_destroy(network)
print(f"{passed} passed, 0 failed")
