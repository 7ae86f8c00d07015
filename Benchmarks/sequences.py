"""Measures recurrent layers on one thread: training steps beside PyTorch and JAX, predictions of a row beside ONNX Runtime.
`make bench-sequences` prints two tables.

    python Benchmarks/sequences.py [--rounds N] [--seconds S] [--cell lstm] [--units 64]

A sequence has 64 steps of 32 channels. A step of training takes 32 of them through the layer, through a dense layer of one
output at every step and back, and goes down the gradient of the mean squared error. A prediction gives h of all steps. All
begin with the same weights, and their first costs and outputs must agree. Each program is a process of its own on one core;
they take turns, and the medians of all rounds count.
"""

from __future__ import annotations

import argparse
import os
import subprocess
import sys
import time
from collections.abc import Callable
from pathlib import Path
from statistics import median
from typing import Any

for variable in ("OMP_NUM_THREADS", "OPENBLAS_NUM_THREADS", "MKL_NUM_THREADS"):
    os.environ[variable] = "1"
os.environ["XLA_FLAGS"] = "--xla_cpu_multi_thread_eigen=false intra_op_parallelism_threads=1"

import numpy as np

ROOT = Path(__file__).resolve().parent.parent
STEPS, CHANNELS, ROWS, RATE = 64, 32, 32, 0.01
GATES = {"lstm": 4, "gru": 3}
TRAINING, PREDICTION = ("chainrule", "torch", "jax"), ("chainrule", "onnxruntime")
Work = Callable[[int], float]
"""Does so many steps, or predictions, and returns the first cost, or the sum of the outputs."""


class Weights:
    """Uniform in ± 1 / sqrt(units), with PyTorch's names; a GRU's last bias is b_hn."""

    def __init__(self, cell: str, units: int) -> None:
        rng = np.random.default_rng(units)
        limit = units**-0.5

        def draw(*shape: int) -> np.ndarray:
            return rng.uniform(-limit, limit, shape).astype(np.float32)

        gates = GATES[cell] * units
        self.ih, self.hh, self.bias = draw(gates, CHANNELS), draw(gates, units), draw(gates)
        self.hn = draw(units)
        self.dense, self.dense_bias = draw(1, units), draw(1)


def data() -> tuple[np.ndarray, np.ndarray]:
    """A batch and its targets."""
    rng = np.random.default_rng(1)
    x = rng.standard_normal((ROWS, STEPS, CHANNELS), dtype=np.float32)
    return x, rng.standard_normal((ROWS, STEPS), dtype=np.float32)


def chainrule_network(cell: str, units: int, *, dense: bool) -> Any:
    """The layer, and the dense layer if there is one."""
    os.environ.setdefault("CHAINRULE_LIBRARY", str(ROOT / "build/lib/libchainrule.so"))
    sys.path.insert(0, str(ROOT / "bindings/python"))
    import chainrule

    weights = Weights(cell, units)
    network = chainrule.Network((STEPS, CHANNELS))
    getattr(network, f"add_{cell}")(units, name="r")
    network = (network.add_dense(1, name="d") if dense else network).build(seed=1)
    tensors = {"r.weight_ih": weights.ih, "r.weight_hh": weights.hh, "r.bias": weights.bias, "r.bias_hn": weights.hn}
    tensors |= {"d.weight": weights.dense, "d.bias": weights.dense_bias}
    for name, tensor in network.tensors.items():
        tensor[...] = tensors[name]
    return network


def train_chainrule(cell: str, units: int) -> Work:
    network = chainrule_network(cell, units, dense=True)
    from chainrule import Optimizer

    x, t = data()
    optimizer = Optimizer(network, "gradient_descent", learning_rate=RATE)

    def work(count: int) -> float:
        costs: list[float] = []
        network.fit(
            np.tile(x.reshape(ROWS, -1), (count, 1)),
            np.tile(t, (count, 1)),
            cost="mean_squared_error",
            optimizer=optimizer,
            epochs=1,
            batch_size=ROWS,
            shuffle=False,
            threads=1,
            on_batch=lambda batch: costs.append(batch.cost) if not costs else None,
        )
        return costs[0]

    return work


def train_torch(cell: str, units: int) -> Work:
    import torch

    torch.set_num_threads(1)
    weights = Weights(cell, units)
    layer = {"lstm": torch.nn.LSTM, "gru": torch.nn.GRU}[cell](CHANNELS, units, batch_first=True)
    dense = torch.nn.Linear(units, 1)
    second = np.zeros_like(weights.bias)
    if cell == "gru":
        second[2 * units :] = weights.hn
    for parameter, value in zip(
        (*layer.parameters(), *dense.parameters()),
        (weights.ih, weights.hh, weights.bias, second, weights.dense, weights.dense_bias),
    ):
        parameter.data = torch.from_numpy(value)
    parameters = [*layer.parameters(), *dense.parameters()]
    x, t = (torch.from_numpy(part) for part in data())

    def work(count: int) -> float:
        first = None
        for _ in range(count):
            cost = torch.nn.functional.mse_loss(dense(layer(x)[0])[..., 0], t)
            gradients = torch.autograd.grad(cost, parameters)
            torch._foreach_add_([p.data for p in parameters], gradients, alpha=-RATE)
            first = cost.item() if first is None else first
        return first or 0.0

    return work


def train_jax(cell: str, units: int) -> Work:
    import jax
    from jax import numpy as jnp

    weights = Weights(cell, units)
    parameters = [weights.ih, weights.hh, weights.bias, weights.hn, weights.dense, weights.dense_bias]
    x, t = (jnp.asarray(part) for part in data())

    def cost_of(parameters: list[Any]) -> Any:
        ih, hh, bias, hn, dense, dense_bias = parameters

        def lstm(carry: Any, z: Any) -> Any:
            h, c = carry
            i, f, g, o = jnp.split(z + h @ hh.T, 4, axis=1)
            c = jax.nn.sigmoid(f) * c + jax.nn.sigmoid(i) * jnp.tanh(g)
            h = jax.nn.sigmoid(o) * jnp.tanh(c)
            return (h, c), h

        def gru(carry: Any, z: Any) -> Any:
            (h,) = carry
            u = jnp.split(h @ hh.T, 3, axis=1)
            v = jnp.split(z, 3, axis=1)
            r, k = jax.nn.sigmoid(v[0] + u[0]), jax.nn.sigmoid(v[1] + u[1])
            n = jnp.tanh(v[2] + r * (u[2] + hn))
            h = n + k * (h - n)
            return (h,), h

        z = jnp.swapaxes(x @ ih.T + bias, 0, 1)
        zero = jnp.zeros((ROWS, units))
        h = jax.lax.scan(*((lstm, (zero, zero)) if cell == "lstm" else (gru, (zero,))), z)[1]
        return jnp.mean(((h @ dense.T + dense_bias)[..., 0].T - t) ** 2)

    @jax.jit
    def step(parameters: list[Any]) -> Any:
        cost, gradients = jax.value_and_grad(cost_of)(parameters)
        return cost, [p - RATE * g for p, g in zip(parameters, gradients)]

    now = [jnp.asarray(part) for part in parameters]

    def work(count: int) -> float:
        nonlocal now
        first = None
        for _ in range(count):
            cost, now = step(now)
            first = cost if first is None else first
        jax.block_until_ready(now)
        return float(first)

    return work


def predict_chainrule(cell: str, units: int) -> Work:
    network = chainrule_network(cell, units, dense=False)
    from chainrule import Predictor

    predictor = Predictor(network)
    x = np.ascontiguousarray(data()[0][:1].reshape(1, -1))
    y = np.empty((1, STEPS * units), np.float32)

    def work(count: int) -> float:
        for _ in range(count):
            predictor.predict(x, out=y)
        return float(y.sum())

    return work


def predict_onnxruntime(cell: str, units: int) -> Work:
    import onnx
    import onnxruntime
    from onnx import TensorProto, helper, numpy_helper

    weights = Weights(cell, units)
    # ONNX' order: i, o, f, c of an LSTM, z, r, h of a GRU.
    order = [0, 3, 1, 2] if cell == "lstm" else [1, 0, 2]

    def ordered(tensor: np.ndarray) -> np.ndarray:
        return np.concatenate([tensor[gate * units : (gate + 1) * units] for gate in order])[np.newaxis]

    second = np.zeros_like(weights.bias)
    if cell == "gru":
        second[2 * units :] = weights.hn
    bias = np.concatenate([ordered(weights.bias), ordered(second)], axis=1)
    more = {"linear_before_reset": 1} if cell == "gru" else {}
    node = helper.make_node(cell.upper(), ["x", "w", "r", "b"], ["y"], hidden_size=units, **more)
    graph = helper.make_graph(
        [node],
        cell,
        [helper.make_tensor_value_info("x", TensorProto.FLOAT, [STEPS, 1, CHANNELS])],
        [helper.make_tensor_value_info("y", TensorProto.FLOAT, [STEPS, 1, 1, units])],
        [
            numpy_helper.from_array(ordered(weights.ih), "w"),
            numpy_helper.from_array(ordered(weights.hh), "r"),
            numpy_helper.from_array(bias, "b"),
        ],
    )
    model = helper.make_model(graph, opset_imports=[helper.make_opsetid("", 14)], ir_version=8)
    onnx.checker.check_model(model)
    options = onnxruntime.SessionOptions()
    options.intra_op_num_threads = options.inter_op_num_threads = 1
    session = onnxruntime.InferenceSession(model.SerializeToString(), options, providers=["CPUExecutionProvider"])
    x = np.ascontiguousarray(data()[0][0][:, np.newaxis])
    y = np.empty((STEPS, 1, 1, units), np.float32)
    binding = session.io_binding()
    binding.bind_ortvalue_input("x", onnxruntime.OrtValue.ortvalue_from_numpy(x))
    binding.bind_output("y", "cpu", 0, np.float32, y.shape, y.ctypes.data)

    def work(count: int) -> float:
        for _ in range(count):
            session.run_with_iobinding(binding)
        return float(y.sum())

    return work


WORKS: dict[tuple[str, str], Callable[[str, int], Work]] = {
    ("train", "chainrule"): train_chainrule,
    ("train", "torch"): train_torch,
    ("train", "jax"): train_jax,
    ("predict", "chainrule"): predict_chainrule,
    ("predict", "onnxruntime"): predict_onnxruntime,
}


def serve(kind: str, peer: str, cell: str, units: int) -> None:
    """A worker: answers with the first cost, and then, for each number of seconds, with the seconds of one step."""
    os.sched_setaffinity(0, {max(os.sched_getaffinity(0))})
    work = WORKS[kind, peer](cell, units)
    print(work(1), flush=True)
    for line in sys.stdin:
        count = 1
        while True:
            start = time.perf_counter()
            work(count)
            seconds = time.perf_counter() - start
            if seconds >= float(line):
                break
            count = max(2 * count, int(count * 1.2 * float(line) / seconds))
        print(seconds / count, flush=True)


class Worker:
    """A process that serves."""

    def __init__(self, *words: str) -> None:
        self.process = subprocess.Popen(
            [sys.executable, __file__, "--serve", *words], stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True
        )
        self.first = self.answer()

    def answer(self) -> float:
        """The next number."""
        assert self.process.stdout
        return float(self.process.stdout.readline())

    def measure(self, seconds: float) -> float:
        """The seconds of one step."""
        assert self.process.stdin
        self.process.stdin.write(f"{seconds}\n")
        self.process.stdin.flush()
        return self.answer()

    def end(self) -> None:
        """Ends the process."""
        self.process.communicate()


def compare(kind: str, peers: tuple[str, ...], cell: str, units: int, options: argparse.Namespace) -> str:
    """A row of the table."""
    workers = [Worker(kind, peer, cell, str(units)) for peer in peers]
    try:
        for worker in workers[1:]:
            np.testing.assert_allclose(worker.first, workers[0].first, rtol=1e-4, err_msg=f"{kind} {cell} {units}")
        rounds = [[worker.measure(options.seconds) for worker in workers] for _ in range(options.rounds)]
    finally:
        for worker in workers:
            worker.end()
    ours, *theirs = (median(times) for times in zip(*rounds))
    cells = [f"{cell.upper()} {units}", text_of(ours), *(f"{text_of(time)} ({time / ours:.2f}×)" for time in theirs)]
    return "| " + " | ".join(cells) + " |"


def text_of(seconds: float) -> str:
    return f"{seconds * 1e6:.0f} µs" if seconds < 1e-3 else f"{seconds * 1e3:.2f} ms"


def main() -> None:
    """Prints two tables."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--rounds", type=int, default=9)
    parser.add_argument("--seconds", type=float, default=0.2, help="of one measurement")
    parser.add_argument("--cell", choices=GATES, help="only this one")
    parser.add_argument("--units", type=int, help="only these")
    parser.add_argument("--work", choices=("train", "predict"), help="only this")
    options = parser.parse_args()
    for kind, peers in (("train", TRAINING), ("predict", PREDICTION)):
        if options.work not in (None, kind):
            continue
        print(f"| {kind} | " + " | ".join(peers) + " |\n|" + "---|" * (len(peers) + 1))
        for cell in [options.cell] if options.cell else GATES:
            for units in [options.units] if options.units else (64, 256):
                print(compare(kind, peers, cell, units, options), flush=True)
        print()


if __name__ == "__main__":
    if sys.argv[1:2] == ["--serve"]:
        kind, peer, cell, units = sys.argv[2:]
        serve(kind, peer, cell, int(units))
    else:
        main()
