"""A step of Adam in JAX."""

from __future__ import annotations

import math

import jax
import jax.numpy as jnp


def adam_step(rate, parameters, moments, done, gradient):
    """The parameters and moments after a step."""
    m = jax.tree.map(lambda m, g: 0.9 * m + 0.1 * g, moments[0], gradient)
    v = jax.tree.map(lambda v, g: 0.999 * v + 0.001 * g * g, moments[1], gradient)
    t = (done + 1).astype(jnp.float32)
    corrected, second = -rate / jnp.expm1(t * math.log(0.9)), -1 / jnp.expm1(t * math.log(0.999))

    def update(w, m, v):
        return w - corrected * m / (jnp.sqrt(second * v) + 1e-8)

    return jax.tree.map(update, parameters, m, v), (m, v)
