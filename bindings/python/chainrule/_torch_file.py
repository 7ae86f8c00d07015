"""Reads the archives of torch.save() without torch, and runs nothing that a file says."""

from __future__ import annotations

import io
import math
import pickletools
import reprlib
from collections.abc import Callable
from typing import TYPE_CHECKING, Any, NamedTuple

import numpy as np

from ._archive import Archive
from ._safetensors import malformed, widened

if TYPE_CHECKING:
    import numpy.typing as npt

# torch's storages, and their elements in numpy. bfloat16 has none there: it is widened.
_STORAGES = {
    "torch.FloatStorage": "f4",
    "torch.DoubleStorage": "f8",
    "torch.HalfStorage": "f2",
    "torch.BFloat16Storage": "u2",
    "torch.LongStorage": "i8",
}
_TENSOR = "torch._utils._rebuild_tensor_v2"
_DICTIONARY = "collections.OrderedDict"


class _Name(NamedTuple):
    """A class or function that a pickle names. It is never looked up."""

    text: str


def read_torch(data: bytes) -> dict[str, Any]:
    """What torch.save() wrote into a zip archive: a dictionary around tensors, which become read-only arrays."""
    return _Saved(Archive(data)).read()


class _Saved:
    """An archive of torch.save(): data.pkl, and the storages' bytes in data/0, data/1 and so on."""

    def __init__(self, archive: Archive) -> None:
        pickles = [name for name in archive.names if name.rpartition("/")[2] == "data.pkl"]
        if len(pickles) != 1:
            raise malformed(f"no archive of torch.save(): it has {len(pickles)} entries data.pkl")
        self._archive = archive
        self._folder = pickles[0][: -len("data.pkl")]
        order = self._folder + "byteorder"
        self._order = ">" if order in archive.names and archive.entry(order) == b"big" else "<"
        self._storages: dict[tuple[str, str], npt.NDArray[Any]] = {}

    def read(self) -> dict[str, Any]:
        found = _value_of(self._archive.entry(f"{self._folder}data.pkl"), self._storage)
        if not isinstance(found, dict):
            raise malformed(f"the file holds a {type(found).__name__}, not a dictionary of tensors")
        return found

    def _storage(self, identifier: Any) -> npt.NDArray[Any]:
        """The storage that a pickle names: ("storage", its type, its entry, a device, how many elements)."""
        if not isinstance(identifier, tuple) or len(identifier) != 5 or identifier[0] != "storage":
            raise malformed(f"data.pkl asks for {reprlib.repr(identifier)}; only storages are read")
        _, kind, key, _, count = identifier
        if not isinstance(kind, _Name) or kind.text not in _STORAGES or type(key) is not str or type(count) is not int:
            raise malformed(f"data.pkl asks for {reprlib.repr(identifier)}; there are {', '.join(_STORAGES)}")
        read = (key, kind.text)
        if read not in self._storages:
            numbers = np.frombuffer(
                self._archive.entry(f"{self._folder}data/{key}"), self._order + _STORAGES[kind.text]
            )
            self._storages[read] = widened(numbers) if kind.text == "torch.BFloat16Storage" else numbers
        if len(self._storages[read]) != count:
            raise malformed(f"data/{key} holds {len(self._storages[read])} numbers, not {count}")
        return self._storages[read]


def _tensor(storage: Any, offset: Any, size: Any, stride: Any, *_: Any) -> npt.NDArray[Any]:
    """What torch._utils._rebuild_tensor_v2 makes. The other arguments say nothing about its numbers."""
    if not isinstance(storage, np.ndarray) or not isinstance(size, tuple) or not isinstance(stride, tuple):
        raise malformed(f"data.pkl has a tensor on {reprlib.repr(storage)}, not on a storage")
    whole = (offset, *size, *stride)
    if len(size) != len(stride) or len(size) > 32 or not all(type(n) is int and n >= 0 for n in whole):
        raise malformed(f"data.pkl has a tensor of size {reprlib.repr(size)} and stride {reprlib.repr(stride)}")
    count = math.prod(size)
    if count == 0:
        return np.empty(size, storage.dtype)
    last = offset + sum((length - 1) * step for length, step in zip(size, stride))
    # Strides of 0 would make much of little.
    if last >= len(storage) or count > len(storage):
        raise malformed(f"data.pkl has a tensor of size {size} and stride {stride} at {offset} of {len(storage)}")
    steps = [step * storage.itemsize for step in stride]
    return np.lib.stride_tricks.as_strided(storage[offset:], size, steps, writeable=False)


_SCALARS = ("BININT", "BININT1", "BININT2", "LONG1", "BINFLOAT", "BINUNICODE", "SHORT_BINUNICODE", "BINUNICODE8")
_OPERATIONS = {operation.code: operation for operation in pickletools.opcodes}


def _value_of(content: bytes, storage: Callable[[Any], Any]) -> Any:
    """The value of a pickle.

    It is no Unpickler, which calls what a pickle names. Nor could one be restricted well enough: a few bytes make the
    one of the standard library take gigabytes for the memo, or hash a tuple of tuples for years.
    """
    try:
        return _Pickle(storage).run(io.BytesIO(content))
    # A damaged pickle: there is another value on the stack than an operation needs, or none.
    except (ArithmeticError, AttributeError, EOFError, LookupError, TypeError, ValueError) as error:
        if type(error).__module__.startswith(f"{__package__}."):
            raise
        raise malformed(f"data.pkl is no pickle that can be read: {type(error).__name__}: {error}") from None


class _Pickle:
    """The operations that torch.save() writes, on a stack of values."""

    def __init__(self, storage: Callable[[Any], Any]) -> None:
        self._storage = storage
        self._stack: list[Any] = []
        self._marks: list[int] = []
        self._memo: dict[int, Any] = {}
        push = self._stack.append
        self._steps: dict[str, Callable[[Any], Any]] = {
            **dict.fromkeys(_SCALARS, push),
            "NONE": lambda _: push(None),
            "NEWTRUE": lambda _: push(True),
            "NEWFALSE": lambda _: push(False),
            "EMPTY_TUPLE": lambda _: push(()),
            "TUPLE1": lambda _: push(tuple(self._taken(1))),
            "TUPLE2": lambda _: push(tuple(self._taken(2))),
            "TUPLE3": lambda _: push(tuple(self._taken(3))),
            "TUPLE": lambda _: push(tuple(self._marked())),
            "MARK": lambda _: self._marks.append(len(self._stack)),
            "EMPTY_DICT": lambda _: push({}),
            "EMPTY_LIST": lambda _: push([]),
            **dict.fromkeys(["BINPUT", "LONG_BINPUT"], self._keep),
            "MEMOIZE": lambda _: self._keep(len(self._memo)),
            **dict.fromkeys(["BINGET", "LONG_BINGET"], lambda place: push(self._memo[place])),
            "APPEND": lambda _: self._extend(self._taken(1)),
            "APPENDS": lambda _: self._extend(self._marked()),
            "SETITEM": lambda _: self._set_items(self._taken(2)),
            "SETITEMS": lambda _: self._set_items(self._marked()),
            "GLOBAL": lambda name: push(_allowed(name)),
            "STACK_GLOBAL": lambda _: push(_allowed("{:.99}.{:.99}".format(*self._taken(2)))),
            "BINPERSID": lambda _: push(self._storage(*self._taken(1))),
            "REDUCE": lambda _: push(self._made(*self._taken(2))),
            "BUILD": self._build,
            "PROTO": lambda _: None,
            "FRAME": lambda _: None,
        }

    def run(self, content: io.BytesIO) -> Any:
        """The value that is left at the end."""
        while True:
            code = content.read(1).decode("latin-1")
            if not code:
                raise malformed("data.pkl is no pickle that can be read: it has no end")
            operation = _OPERATIONS[code]
            if operation.name == "STOP":
                return self._stack.pop()
            if operation.name not in self._steps:
                raise malformed(f"data.pkl has the operation {operation.name}, which torch.save() does not write")
            if operation.name == "GLOBAL":
                # The standard library's reader would undo escapes in names.
                argument: Any = ".".join(content.readline().decode(errors="replace").strip() for _ in range(2))
            else:
                argument = operation.arg.reader(content) if operation.arg else None
            self._steps[operation.name](argument)

    def _taken(self, count: int) -> list[Any]:
        """The last values of the stack, taken off it."""
        first = len(self._stack) - count
        if first < 0:
            raise malformed("data.pkl takes more values than it has")
        taken = self._stack[first:]
        del self._stack[first:]
        return taken

    def _marked(self) -> list[Any]:
        return self._taken(len(self._stack) - self._marks.pop())

    def _keep(self, place: int) -> None:
        self._memo[place] = self._stack[-1]

    def _extend(self, values: list[Any]) -> None:
        if type(self._stack[-1]) is not list:
            raise malformed(f"data.pkl appends to a {type(self._stack[-1]).__name__}")
        self._stack[-1].extend(values)

    def _set_items(self, items: list[Any]) -> None:
        target = self._stack[-1]
        for key, value in zip(items[::2], items[1::2]):
            if type(target) is not dict or type(key) not in (str, int):
                raise malformed(f"data.pkl sets a {type(key).__name__} of a {type(target).__name__}")
            target[key] = value

    def _build(self, _: Any) -> None:
        # A state_dict has the versions of its modules as an attribute.
        self._taken(1)
        if type(self._stack[-1]) is not dict:
            raise malformed(f"data.pkl sets attributes of a {type(self._stack[-1]).__name__}; nothing is run")

    def _made(self, function: Any, arguments: Any) -> Any:
        name = function.text if isinstance(function, _Name) else ""
        if name == _DICTIONARY and not arguments:
            return {}
        if name == _TENSOR:
            return _tensor(*arguments)
        raise malformed(f"data.pkl calls {name or reprlib.repr(function)} on {reprlib.repr(arguments)}; nothing is run")


def _allowed(name: str) -> _Name:
    allowed = [_TENSOR, _DICTIONARY, *_STORAGES]
    if name not in allowed:
        raise malformed(f"data.pkl asks for {name}; only {', '.join(allowed)} are allowed, and nothing is run")
    return _Name(name)
