"""Choosing the instruction set, for the process and for a network."""

from __future__ import annotations

import numpy as np
import pytest
from conftest import run_python

import chainrule

ALL = ("baseline", "avx2", "avx512", "neon")


def described() -> chainrule.Network:
    return chainrule.Network(7).add_dense(33, "tanh").add_dense(3, "softmax")


def refusal(name: str) -> str | None:
    """What building a network for the set is refused with; None if it is not."""
    try:
        described().build(instruction_set=name)
    except chainrule.ArgumentError as error:
        return str(error)
    return None


def supported() -> list[str]:
    refusals = {name: refusal(name) for name in ALL}
    for name, message in refusals.items():
        assert message is None or (name in message and chainrule.instruction_set() in message)
    return [name for name, message in refusals.items() if message is None]


def test_a_network_computes_with_the_set_it_was_built_for(rng: np.random.Generator) -> None:
    x = rng.standard_normal((5, 7)).astype(np.float32)
    found = supported()
    assert chainrule.instruction_set() == found[-1]
    expected = described().build(seed=2).predict(x)
    for name in found:
        network = described().build(seed=2, instruction_set=name)
        np.testing.assert_allclose(network.predict(x), expected, rtol=1e-5)
        np.testing.assert_array_equal(network.prepare().predict(x), network.predict(x))
    np.testing.assert_array_equal(described().build(seed=2, instruction_set=found[-1]).predict(x), expected)


def test_what_is_decided_stays() -> None:
    described().build()
    *others, best = supported()
    chainrule.set_instruction_set(best)
    for name in others:
        with pytest.raises(chainrule.StateError, match=f"already computes with {best}"):
            chainrule.set_instruction_set(name)


def test_unknown_sets_are_refused() -> None:
    with pytest.raises(chainrule.ArgumentError, match="unknown instruction_set 'sse9'; there are baseline, avx2"):
        chainrule.set_instruction_set("sse9")
    with pytest.raises(chainrule.ArgumentTypeError, match="instruction_set must be one of the strings"):
        described().build(instruction_set=2)  # type: ignore[arg-type]


def test_a_process_computes_with_the_set_that_it_chose(rng: np.random.Generator) -> None:
    narrowest = supported()[0]
    x = np.linspace(-2, 2, 35, dtype=np.float32).reshape(5, 7)
    program = (
        "import sys, numpy as np, chainrule; chainrule.set_instruction_set(sys.argv[1]); "
        "network = chainrule.Network(7).add_dense(33, 'tanh').add_dense(3, 'softmax').build(seed=2); "
        "x = np.linspace(-2, 2, 35, dtype=np.float32).reshape(5, 7); "
        "print(chainrule.instruction_set(), network.predict(x).tobytes().hex())"
    )
    found = run_python("-c", program, narrowest)
    expected = described().build(seed=2, instruction_set=narrowest).predict(x)
    assert found.stdout.split() == [narrowest, expected.tobytes().hex()]
