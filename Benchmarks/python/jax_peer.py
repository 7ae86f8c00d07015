"""JAX: training as one compiled scan over many batches, or as one compiled step at a time with its buffers donated,
whichever is faster; inference as one compiled function. LeNet-5 a step at a time, because a scan over its convolutions
took three times as long."""

from __future__ import annotations

import math
import os

# One intra-op thread is what the cell says; the affinity that bench.py set already limits the rest.
if os.environ["OMP_NUM_THREADS"] == "1":
    os.environ["XLA_FLAGS"] = "--xla_cpu_multi_thread_eigen=false intra_op_parallelism_threads=1"
os.environ["JAX_PLATFORMS"] = "cpu"

from functools import partial

import jax
import jax.numpy as jnp
import numpy as np
from lenet import LenetWork
from worker import STEPS_TO_CHECK, Cell, Inference, Work, serve, time_one


def logits(parameters, x):
    for weights, bias in parameters[:-1]:
        x = jnp.maximum(x @ weights + bias, 0)
    weights, bias = parameters[-1]
    return x @ weights + bias


def cost(parameters, x, classes):
    return cross_entropy(logits(parameters, x), classes)


def cross_entropy(z, classes):
    return jnp.mean(jax.nn.logsumexp(z, axis=1) - jnp.take_along_axis(z, classes[:, None], axis=1)[:, 0])


def adam_step(rate, parameters, moments, done, gradient):
    """The parameters and moments after a step."""
    m = jax.tree.map(lambda m, g: 0.9 * m + 0.1 * g, moments[0], gradient)
    v = jax.tree.map(lambda v, g: 0.999 * v + 0.001 * g * g, moments[1], gradient)
    t = (done + 1).astype(jnp.float32)
    corrected, second = -rate / jnp.expm1(t * math.log(0.9)), -1 / jnp.expm1(t * math.log(0.999))

    def update(w, m, v):
        return w - corrected * m / (jnp.sqrt(second * v) + 1e-8)

    return jax.tree.map(update, parameters, m, v), (m, v)


class Training:
    SCANNED = 32  # steps of one scan

    def __init__(self, cell: Cell):
        self.cell = cell
        count = len(cell.classes()) // cell.batch // self.SCANNED * self.SCANNED
        if count == 0:
            raise ValueError("too few rows of data")
        width = cell.x().shape[1]
        self.x = jnp.asarray(cell.x()[: count * cell.batch].reshape(count, cell.batch, width))
        self.classes = jnp.asarray(cell.classes()[: count * cell.batch].reshape(count, cell.batch))
        self.scan = jax.jit(self.steps, donate_argnums=0)
        self.single = jax.jit(self.step_of_batch, donate_argnums=0)
        self.begin()
        self.is_scan = self.time_of(True) < self.time_of(False)

    def begin(self) -> None:
        parameters = [(jnp.asarray(weights.T.copy()), jnp.asarray(bias)) for weights, bias in self.cell.layers()]
        zeros = partial(jax.tree.map, jnp.zeros_like)
        moments = (zeros(parameters), zeros(parameters)) if self.cell.variant == "adam" else ()
        self.state = (parameters, moments, jnp.zeros((), jnp.int32))

    def step(self, state, x, classes):
        parameters, moments, done = state
        value, gradient = jax.value_and_grad(cost)(parameters, x, classes)
        rate = self.cell.rate
        if not moments:
            return (jax.tree.map(lambda w, g: w - rate * g, parameters, gradient), (), done + 1), value
        parameters, moments = adam_step(rate, parameters, moments, done, gradient)
        return (parameters, moments, done + 1), value

    def batch_at(self, x, classes, place):
        return jax.lax.dynamic_index_in_dim(x, place, keepdims=False), jax.lax.dynamic_index_in_dim(
            classes, place, keepdims=False
        )

    def step_of_batch(self, state, x, classes):
        return self.step(state, *self.batch_at(x, classes, state[2] % len(x)))

    def steps(self, state, x, classes):
        first = state[2] % len(x)

        def body(state, k):
            return self.step(state, *self.batch_at(x, classes, first + k))

        return jax.lax.scan(body, state, jnp.arange(self.SCANNED))

    def do(self, count: int, is_scan: bool) -> list[float]:
        """Steps, or scans of SCANNED steps; the costs of the last."""
        for _ in range(count):
            self.state, value = (self.scan if is_scan else self.single)(self.state, self.x, self.classes)
        jax.block_until_ready(self.state)
        return [float(cost) for cost in np.atleast_1d(value)]

    def time_of(self, is_scan: bool, seconds: float = 0.05) -> float:
        """Seconds for one step."""

        def repeat(count: int) -> None:
            self.do(count, is_scan)

        repeat(1)
        return time_one(seconds, repeat) / (self.SCANNED if is_scan else 1)

    def check(self) -> list[float]:
        self.begin()
        if self.is_scan:
            return self.do(1, True)[:STEPS_TO_CHECK]
        return [self.do(1, False)[-1] for _ in range(STEPS_TO_CHECK)]

    def run(self, seconds: float) -> float:
        self.begin()
        return self.time_of(self.is_scan, seconds)


class Lenet(LenetWork):
    def begin(self, dropout: float) -> None:
        self.dropout = dropout
        parameters = [jnp.asarray(np.moveaxis(array, 0, -1)) for array in self.parameters()]
        zeros = partial(jax.tree.map, jnp.zeros_like)
        self.state = (parameters, (zeros(parameters), zeros(parameters)), jnp.zeros((), jnp.int32))
        self.tensors = jnp.asarray(self.x), jnp.asarray(self.classes)
        self.one = jax.jit(self.train_step, donate_argnums=0)
        self.of_rows = jax.jit(self.step_of_rows, donate_argnums=0)

    def logits(self, parameters, x, key):
        w1, b1, w2, b2, *dense, w5, b5 = parameters
        for weights, bias, padding in ((w1, b1, "SAME"), (w2, b2, "VALID")):
            x = jax.lax.conv_general_dilated(x, weights, (1, 1), padding, dimension_numbers=("NHWC", "HWIO", "NHWC"))
            x = jnp.maximum(x + bias, 0)
            x = jax.lax.reduce_window(x, -jnp.inf, jax.lax.max, (1, 2, 2, 1), (1, 2, 2, 1), "VALID")
        x = x.reshape(len(x), -1)
        for weights, bias in zip(dense[::2], dense[1::2], strict=True):
            if self.dropout:
                key, used = jax.random.split(key)
                x = jnp.where(jax.random.bernoulli(used, 1 - self.dropout, x.shape), x / (1 - self.dropout), 0)
            x = jnp.maximum(x @ weights + bias, 0)
        return x @ w5 + b5

    def train_step(self, state, x, classes):
        parameters, moments, done = state

        def cost(parameters):
            return cross_entropy(self.logits(parameters, x, jax.random.key(done)), classes)

        value, gradient = jax.value_and_grad(cost)(parameters)
        return (*adam_step(self.cell.rate, parameters, moments, done, gradient), done + 1), value

    def step_of_rows(self, state, x, classes, rows):
        return self.train_step(state, x[rows], classes[rows])

    def step(self, x: np.ndarray, classes: np.ndarray) -> float:
        self.state, value = self.one(self.state, x, classes)
        return float(value)

    def epoch(self) -> None:
        order = np.random.default_rng(int(self.state[2])).permutation(len(self.x)).reshape(-1, self.cell.batch)
        for rows in order:
            self.state, _ = self.of_rows(self.state, *self.tensors, rows)
        jax.block_until_ready(self.state)


def inference(cell: Cell) -> Work:
    layers = [(jnp.asarray(weights.T.copy()), jnp.asarray(bias)) for weights, bias in cell.layers()]
    activation = jnp.tanh if cell.is_tanh else partial(jnp.maximum, 0)

    @jax.jit
    def forward(x):
        for weights, bias in layers[:-1]:
            x = activation(x @ weights + bias)
        return x @ layers[-1][0] + layers[-1][1]

    return Inference(cell, lambda x: forward(x).block_until_ready(), jnp.asarray)


serve(lambda cell: {"train": Training, "infer": inference, "lenet": Lenet}[cell.work](cell))
