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
        assert made.status is chainrule.Status.ERROR_SIZE


def test_a_status_of_a_newer_library() -> None:
    made = chainrule.ArgumentError("what happened", 199)
    assert (made.status, type(made.status)) == (199, int)
