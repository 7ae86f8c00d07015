"""JAX on the work `lenet`: compiled steps, one at a time with their buffers donated. A scan over the convolutions took three
times as long."""

from __future__ import annotations

import os

# As in jax_peer.py.
if os.environ["OMP_NUM_THREADS"] == "1":
    os.environ["XLA_FLAGS"] = "--xla_cpu_multi_thread_eigen=false intra_op_parallelism_threads=1"
os.environ["JAX_PLATFORMS"] = "cpu"

from functools import partial

import jax
import jax.numpy as jnp
import numpy as np
from jax_adam import adam_step
from lenet import LenetWork
from worker import serve


def cross_entropy(z, classes):
    return jnp.mean(jax.nn.logsumexp(z, axis=1) - jnp.take_along_axis(z, classes[:, None], axis=1)[:, 0])


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


serve(Lenet)
