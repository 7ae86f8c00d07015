"""The exceptions."""

from __future__ import annotations

import chainrule


def test_the_classes_of_errors() -> None:
    for error, builtin in [
        (chainrule.ArgumentError, ValueError),
        (chainrule.ArgumentTypeError, TypeError),
        (chainrule.ArgumentTypeError, chainrule.ArgumentError),
        (chainrule.StateError, RuntimeError),
        (chainrule.NotFiniteError, FloatingPointError),
        (chainrule.CallbackError, RuntimeError),
        (chainrule.FileError, OSError),
        (chainrule.FileFormatError, ValueError),
        (chainrule.OutOfMemoryError, MemoryError),
    ]:
        assert issubclass(error, chainrule.ChainruleError)
        assert issubclass(error, builtin)
        made = error("what happened", 102)
        assert (str(made), made.status, made.name) == ("what happened", 102, "CRL_ERROR_SIZE")
