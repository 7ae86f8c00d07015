"""A network of Chainrule as a function of JAX, with gradients, under jit. To run it: as digits.py, with jax installed."""

import sys
import threading
from collections.abc import Callable
from typing import Any

import numpy as np
from chainrule import Input, Network, Sequential
from chainrule.layers import Dense

try:
    import jax
    import jax.numpy as jnp
except ImportError:
    print("this example needs JAX: pip install jax")
    sys.exit()


def as_function(network: Network) -> Callable[[Any, Any], Any]:
    """The network's outputs as a function of its parameters and x, which jax.grad() can differentiate.

    JAX is functional: each call sets the network's parameters to those that it gets.
    """
    lock = threading.Lock()  # JAX may call from any thread

    def outputs(w: Any, x: Any) -> np.ndarray:
        with lock:
            network.parameters[:] = np.asarray(w)
            return network.predict(np.asarray(x))

    def products(w: Any, x: Any, u: Any) -> tuple[np.ndarray, np.ndarray]:
        with lock:
            network.parameters[:] = np.asarray(w)
            return network.vjp(np.asarray(x), np.asarray(u))

    @jax.custom_vjp
    def function(w: Any, x: Any) -> Any:
        return jax.pure_callback(outputs, jax.ShapeDtypeStruct((x.shape[0], network.outputs), jnp.float32), w, x)

    def forward(w: Any, x: Any) -> tuple[Any, Any]:
        return function(w, x), (w, x)

    def backward(kept: Any, u: Any) -> tuple[Any, Any]:
        shapes = tuple(jax.ShapeDtypeStruct(each.shape, each.dtype) for each in kept)
        return jax.pure_callback(products, shapes, *kept, u)

    function.defvjp(forward, backward)
    return function


def main() -> None:
    network = Sequential([Input(3), Dense(16, "tanh"), Dense(1)], seed=1)
    function = as_function(network)
    w = jnp.array(network.parameters)
    x = jnp.array(np.random.default_rng(1).standard_normal((200, 3)).astype(np.float32))
    t = jnp.sin(x[:, :1]) * x[:, 1:2]

    @jax.jit
    def cost(w: Any) -> Any:
        return jnp.mean((function(w, x) - t) ** 2)

    # The library's own gradient is the same.
    _, expected = network.value_and_grad(np.asarray(x), np.asarray(t), "mean_squared_error")
    np.testing.assert_allclose(jax.grad(cost)(w), expected, rtol=1e-4, atol=1e-6)

    step = jax.jit(lambda w: w - 0.1 * jax.grad(cost)(w))
    before = float(cost(w))
    for _ in range(500):
        w = step(w)
    after = float(cost(w))
    print(f"the mean squared error fell from {before:.3f} to {after:.3f}")
    if not after < before / 4:
        raise SystemExit("it did not learn")


if __name__ == "__main__":
    main()
