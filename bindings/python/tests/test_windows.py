"""Convolutions with windows of every kind, and their gradients: against loops over the taps in float64."""

from __future__ import annotations

import itertools
from dataclasses import dataclass, replace
from typing import Any

import numpy as np
import pytest
from hypothesis import assume, given, settings
from hypothesis import strategies as st

from chainrule import Network


@dataclass
class Convolution:
    """A convolution of positions of some lengths; with `groups` equal to both channels it is depthwise."""

    lengths: list[int]
    kernel: list[int]
    stride: list[int]
    dilation: list[int]
    padding: list[tuple[int, int]]
    groups: int
    inputs: int
    outputs: int
    rows: int

    def outside(self) -> list[int]:
        """The lengths of the output."""
        reach = [(k - 1) * d + 1 for k, d in zip(self.kernel, self.dilation)]
        padded = [length + sum(p) for length, p in zip(self.lengths, self.padding)]
        return [(length - r) // s + 1 for length, r, s in zip(padded, reach, self.stride)]


def places(step: list[int], start: list[int], count: list[int]) -> Any:
    """Slices of the padded input under one tap, for all windows."""
    return tuple(slice(at, at + (n - 1) * s + 1, s) for at, s, n in zip(start, step, count))


def reference(c: Convolution, x: Any, w: Any, s: Any) -> tuple[Any, Any, Any]:
    """The output without bias, and the gradients of x and w for the gradient s of the output."""
    padded = np.pad(x, ((0, 0), *c.padding, (0, 0))).astype(np.float64)
    outside = c.outside()
    y = np.zeros((c.rows, *outside, c.outputs * c.groups))
    dx, dw = np.zeros_like(padded), np.zeros(w.shape)
    for tap in itertools.product(*map(range, c.kernel)):
        under = places(c.stride, [t * d for t, d in zip(tap, c.dilation)], outside)
        for group in range(c.groups):
            inputs = slice(group * c.inputs, (group + 1) * c.inputs)
            outputs = slice(group * c.outputs, (group + 1) * c.outputs)
            weights = w[(outputs, *tap)].astype(np.float64)
            part = padded[(slice(None), *under, inputs)]
            y[..., outputs] += part @ weights.T
            dx[(slice(None), *under, inputs)] += s[..., outputs] @ weights
            dw[(outputs, *tap)] += np.tensordot(s[..., outputs], part, axes=(range(s.ndim - 1), range(s.ndim - 1)))
    inner = tuple(slice(before, before + n) for (before, _), n in zip(c.padding, c.lengths))
    return y, dx[(slice(None), *inner)], dw


@st.composite
def convolutions(draw: st.DrawFn) -> Convolution:
    axes = draw(st.integers(1, 3))

    def each(strategy: st.SearchStrategy[Any]) -> list[Any]:
        return [draw(strategy) for _ in range(axes)]

    kernel, dilation = each(st.integers(1, 5 if axes < 3 else 3)), each(st.integers(1, 3))
    padding = each(st.tuples(st.integers(0, 4), st.integers(0, 4)))
    reach = [(k - 1) * d + 1 for k, d in zip(kernel, dilation)]
    longest = {1: 40, 2: 12, 3: 6}[axes]
    lengths = [draw(st.integers(max(1, r - sum(p)), max(longest, r - sum(p)))) for r, p in zip(reach, padding)]
    groups = draw(st.sampled_from([1, 1, 2, 19]))
    inputs, outputs = (1, 1) if groups == 19 else (draw(st.sampled_from([1, 3, 17])), draw(st.sampled_from([1, 6, 35])))
    return Convolution(
        lengths, kernel, each(st.integers(1, 3)), dilation, padding, groups, inputs, outputs, draw(st.integers(1, 3))
    )


@settings(deadline=None, max_examples=150)
@given(convolutions())
def test_windows_of_every_kind(c: Convolution) -> None:
    check(c)


def test_a_kernel_as_long_as_its_source() -> None:
    check(Convolution([300], [300], [1], [1], [(149, 150)], 1, 2, 3, 2))


def check(c: Convolution) -> None:
    """The output and both gradients."""
    rng = np.random.default_rng(5)
    network = Network((*c.lengths, c.inputs * c.groups))
    window = {"stride": c.stride, "dilation": c.dilation, "padding": c.padding}
    network.add_convolution(c.outputs * c.groups, c.kernel, groups=c.groups, name="c", **window).build(seed=1)
    x = rng.standard_normal((c.rows, *c.lengths, c.inputs * c.groups), dtype=np.float32)
    s = rng.standard_normal((c.rows, *c.outside(), c.outputs * c.groups), dtype=np.float32)
    w = np.array(network.tensors["c.weight"])
    y, dx, dw = reference(c, x, w, s)
    expected = {"y": y + network.tensors["c.bias"], "dx": dx, "dw": dw}
    gradients, dc_dx = network.vjp(x, s.reshape(c.rows, -1))
    found = {
        "y": network.predict(x).reshape(y.shape),
        "dx": dc_dx.reshape(dx.shape),
        "dw": gradients[: w.size].reshape(w.shape),
    }
    for name, value in expected.items():
        scale = max(1.0, np.abs(value).max())
        np.testing.assert_allclose(found[name] / scale, value / scale, atol=3e-6 * np.sqrt(c.rows * 40), err_msg=name)
    np.testing.assert_allclose(gradients[w.size :], s.sum(axis=tuple(range(s.ndim - 1))), rtol=1e-4, atol=1e-4)


@settings(deadline=None, max_examples=100)
@given(convolutions())
def test_a_transposed_convolution_is_the_adjoint(c: Convolution) -> None:
    # Without the positions that the last window does not reach.
    outside = c.outside()
    reach = [(k - 1) * d + 1 for k, d in zip(c.kernel, c.dilation)]
    lengths = [(n - 1) * s + r - sum(p) for n, s, r, p in zip(outside, c.stride, reach, c.padding)]
    assume(min(lengths) >= 1)
    c = replace(c, lengths=lengths)
    window = {"stride": c.stride, "dilation": c.dilation, "padding": c.padding}
    network = Network((*outside, c.outputs * c.groups))
    network.add_transposed_convolution(c.inputs * c.groups, c.kernel, groups=c.groups, name="c", **window).build(seed=2)
    s = np.random.default_rng(6).standard_normal((c.rows, *outside, c.outputs * c.groups), dtype=np.float32)
    x = np.zeros((c.rows, *lengths, c.inputs * c.groups), np.float32)
    w = np.array(network.tensors["c.weight"])
    expected = reference(c, x, w.reshape(c.outputs * c.groups, *c.kernel, c.inputs), s)[1] + network.tensors["c.bias"]
    scale = max(1.0, np.abs(expected).max())
    found = network.predict(s).reshape(expected.shape)
    np.testing.assert_allclose(found / scale, expected / scale, atol=3e-6 * np.sqrt(40))


@given(st.sampled_from([1, 3]), st.integers(1, 3))
def test_taps_beyond_the_source_are_not_multiplied(groups: int, axes: int) -> None:
    """Not even with 0: an infinite weight reaches only the positions that see it."""
    network = (
        Network((*[4] * axes, 3))
        .add_convolution(3, [3] * axes, padding="same", groups=groups, bias=False, name="c")
        .build(seed=1)
    )
    weight = network.tensors["c.weight"]
    weight[...] = 0
    weight[(slice(None), *[0] * axes)] = np.inf  # the tap before the position, along every axis
    y = network.predict(np.ones((2, 4**axes * 3), np.float32)).reshape(2, *[4] * axes, 3)
    sees = np.zeros([4] * axes, bool)
    sees[tuple([slice(1, None)] * axes)] = True
    assert np.isposinf(y[:, sees]).all()
    np.testing.assert_array_equal(y[:, ~sees], 0)


@pytest.mark.parametrize("channels", [65, 300])
def test_pointwise_products_that_are_added(channels: int) -> None:
    """Tangents, and δ of a layer that several read, are sums of two products: the second takes packed weights."""
    rng = np.random.default_rng(8)
    network = Network((1, 1, channels)).add_convolution(channels, 1).build(seed=1)
    x = rng.standard_normal((1, channels), dtype=np.float32)
    weight = np.array(network.tensors["1.weight"]).reshape(channels, channels)
    direction = rng.standard_normal(network.parameters.size, dtype=np.float32)
    x_tangent = rng.standard_normal((1, channels), dtype=np.float32)
    _, tangent = network.jvp(x, x_tangent, direction)
    weight_tangent, bias_tangent = np.split(direction, [channels * channels])
    exact = x @ weight_tangent.reshape(channels, channels).T + x_tangent @ weight.T + bias_tangent
    np.testing.assert_allclose(tangent, exact, atol=1e-3)

    network = Network((1, 1, channels)).add_transposed_convolution(channels, 1, name="a")
    network.add_transposed_convolution(channels, 1, name="b").add_sum(["a", "b"]).add_dense(1).build(seed=2)
    _, gradients = network.value_and_grad(x, np.zeros((1, 1), np.float32), "mean_squared_error")
    y = network.predict(x)
    step = np.float32(1e-3)
    network.tensors["a.bias"][...] += step
    change = (network.predict(x) ** 2 - y**2).item()
    slope = gradients[network.tensors["a.weight"].size :][:channels].sum()
    np.testing.assert_allclose(change / step, slope, rtol=1e-2, atol=1e-3 * abs(y.item()))
