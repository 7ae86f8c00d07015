"""Train and run neural networks with libchainrule, and see every intermediate value and every gradient.

Arrays are float32, one sample per row. A network's parameters are one flat vector, which numpy sees without a copy.
"""

# `import chainrule` imports nothing, not even numpy: each name is imported when it is first asked for. The names and
# their modules stand in __init__.pyi alone, where type checkers look.
_homes: dict[str, str] = {}


def __getattr__(name: str) -> object:
    from importlib import import_module

    if not _homes:
        _homes.update(_read_homes())
    if name == "__all__":
        return list(_homes)
    if name not in _homes:
        raise AttributeError(f"module {__name__!r} has no attribute {name!r}")
    home = _homes[name]
    value = import_module(f".{name}", __name__) if home == "." else getattr(import_module(home, __name__), name)
    globals()[name] = value
    return value


def _read_homes() -> dict[str, str]:
    import os
    import re

    with open(os.path.join(__path__[0], "__init__.pyi"), encoding="utf-8") as file:
        return {name: home for home, name in re.findall(r"^from (\S+) import (\w+)", file.read(), re.MULTILINE)}


def __dir__() -> list[str]:
    return [*globals(), *(_homes or _read_homes())]
