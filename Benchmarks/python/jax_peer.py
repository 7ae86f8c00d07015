"""JAX: training as one compiled scan over many batches, or as one compiled step at a time with its buffers donated,
whichever is faster; inference as one compiled function."""

from __future__ import annotations

import os

# One intra-op thread is what the cell says; the affinity that bench.py set already limits the rest.
if os.environ["OMP_NUM_THREADS"] == "1":
    os.environ["XLA_FLAGS"] = "--xla_cpu_multi_thread_eigen=false intra_op_parallelism_threads=1"
os.environ["JAX_PLATFORMS"] = "cpu"

from functools import partial

import jax
import jax.numpy as jnp
import numpy as np
from jax_adam import adam_step
from jax_model import Model
from worker import STEPS_TO_CHECK, Cell, Inference, Work, fastest, serve, time_one


class Dense:
    """A network of dense layers, as jax_model.Model has one of others."""

    def __init__(self, cell: Cell):
        self.cell = cell
        self.shape = (cell.layers()[0][0].shape[1],)

    def initial(self):
        return [(jnp.asarray(weights.T.copy()), jnp.asarray(bias)) for weights, bias in self.cell.layers()], ()

    def outputs(self, parameters, statistics, x):
        for weights, bias in parameters[:-1]:
            x = jnp.maximum(x @ weights + bias, 0)
        weights, bias = parameters[-1]
        return x @ weights + bias, statistics


class Training:
    """The fastest of steps one by one and scans of several, of each of some networks."""

    SCANNED = 32  # steps of one scan, or as many as there are batches

    def __init__(self, cell: Cell, networks, scans: tuple[bool, ...]):
        self.cell = cell
        batches = len(cell.classes()) // cell.batch
        self.scanned = min(self.SCANNED, batches)
        count = batches // self.scanned * self.scanned
        if count == 0:
            raise ValueError("too few rows of data")
        self.x = jnp.asarray(cell.x()[: count * cell.batch].reshape(count, cell.batch, *networks[0].shape))
        self.classes = jnp.asarray(cell.classes()[: count * cell.batch].reshape(count, cell.batch))
        times = {}
        for network in networks:
            self.take(network)
            times |= {(network, is_scan): self.time_of(is_scan) for is_scan in scans}
        network, self.is_scan = min(times, key=times.__getitem__)
        self.take(network)

    def take(self, network) -> None:
        self.network = network
        self.scan = jax.jit(self.steps, donate_argnums=0)
        self.single = jax.jit(self.step_of_batch, donate_argnums=0)
        self.begin()

    def begin(self) -> None:
        parameters, statistics = self.network.initial()
        zeros = partial(jax.tree.map, jnp.zeros_like)
        moments = (zeros(parameters), zeros(parameters)) if self.cell.variant == "adam" else ()
        self.state = (parameters, moments, jnp.zeros((), jnp.int32), statistics)

    def cost(self, parameters, statistics, x, classes):
        z, moved = self.network.outputs(parameters, statistics, x)
        chosen = jnp.take_along_axis(z, classes[:, None], axis=1)[:, 0]
        return jnp.mean(jax.nn.logsumexp(z, axis=1) - chosen), moved

    def step(self, state, x, classes):
        parameters, moments, done, statistics = state
        slopes = jax.value_and_grad(self.cost, has_aux=True)
        (value, statistics), gradient = slopes(parameters, statistics, x, classes)
        rate = self.cell.rate
        if not moments:
            return (jax.tree.map(lambda w, g: w - rate * g, parameters, gradient), (), done + 1, statistics), value
        parameters, moments = adam_step(rate, parameters, moments, done, gradient)
        return (parameters, moments, done + 1, statistics), value

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

        return jax.lax.scan(body, state, jnp.arange(self.scanned))

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
        return time_one(seconds, repeat) / (self.scanned if is_scan else 1)

    def check(self) -> list[float]:
        self.begin()
        if self.is_scan:
            return [cost for _ in range(-(-STEPS_TO_CHECK // self.scanned)) for cost in self.do(1, True)][
                :STEPS_TO_CHECK
            ]
        return [self.do(1, False)[-1] for _ in range(STEPS_TO_CHECK)]

    def run(self, seconds: float) -> float:
        self.begin()
        return self.time_of(self.is_scan, seconds)


def dense_inference(cell: Cell) -> Work:
    layers = [(jnp.asarray(weights.T.copy()), jnp.asarray(bias)) for weights, bias in cell.layers()]
    activation = jnp.tanh if cell.is_tanh else partial(jnp.maximum, 0)

    @jax.jit
    def forward(x):
        for weights, bias in layers[:-1]:
            x = activation(x @ weights + bias)
        return x @ layers[-1][0] + layers[-1][1]

    return Inference(cell, lambda x: forward(x).block_until_ready(), jnp.asarray)


def models(cell: Cell, is_training: bool) -> list[Model]:
    """The ways of computing a cell's network."""
    model = Model(cell, False, is_training)
    has_depthwise = any(layer.is_depthwise for layer in model.layers)
    return [model, Model(cell, True, is_training)] if has_depthwise else [model]


def training(cell: Cell) -> Work:
    if cell.widths:
        return Training(cell, [Dense(cell)], scans=(True, False))
    # Within a scan XLA's convolutions take up to 40 times as long.
    return Training(cell, models(cell, is_training=True), scans=(False,))


def model_inference(cell: Cell) -> Work:
    works = []
    for model in models(cell, is_training=False):
        constants = model.initial()
        forward = jax.jit(lambda x, model=model, constants=constants: model.outputs(*constants, x)[0])
        shape = (cell.batch, *model.shape)
        works.append(
            Inference(
                cell,
                lambda x, forward=forward: forward(x).block_until_ready(),
                lambda rows, shape=shape: jnp.asarray(rows.reshape(shape)),
            )
        )
    return fastest(works)


def prepare(cell: Cell) -> Work:
    if cell.work == "train":
        return training(cell)
    return dense_inference(cell) if cell.widths else model_inference(cell)


serve(prepare)
