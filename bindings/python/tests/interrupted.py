"""Interrupts one call again and again, at random times: a program of test_interrupts.py's, run by itself.

    python interrupted.py CALL COUNT

It ends with 0 and prints nothing if every interrupt came out of the call as KeyboardInterrupt.
"""

from __future__ import annotations

import os
import random
import signal
import sys
import threading
import time
from collections.abc import Callable
from typing import Any

import numpy as np

import chainrule
from chainrule import DataSource, LambdaCallback, Network, Publisher, Trainer

SQUARES = "mean_squared_error"
rng = np.random.default_rng(1)
x = rng.standard_normal((3000, 4)).astype(np.float32)
targets = rng.standard_normal((3000, 1)).astype(np.float32)


def network(activation: Any = "tanh", units: int = 20) -> Network:
    return Network(4).add_dense(units, activation).add_dense(1).build(1)


def slowly(result: Any) -> Any:
    """What a function of the caller's returns, after some work in Python."""
    sum(range(200))
    return result


def noticing(*_: Any) -> None:
    """A callback, with some work in Python."""
    slowly(None)


def cost(y: np.ndarray, t: Any, _: Any) -> tuple[float, np.ndarray]:
    return slowly((float(np.mean((y - t) ** 2)), 2 * (y - t) / len(y)))


activation = (lambda z: slowly(np.tanh(z)), lambda _, h: slowly(1 - h**2))


def batch(request: Any) -> Any:
    rows = slice(request.first_row, request.first_row + request.max_rows)
    return slowly((x[rows], targets[rows])) if request.first_row < len(x) else None


def fit(model: Network, *data: Any, **options: Any) -> Any:
    return lambda: model.fit(*(data or (x, targets)), **{"cost": SQUARES, "epochs": 10**6, **options})


def minimize(model: Network, **options: Any) -> Any:
    options = {"cost": SQUARES, "max_iterations": 10**6, "gradient_tolerance": 0, "cost_tolerance": 0, **options}
    return lambda: model.minimize(x, targets, **options)


def again(function: Callable[[], Any]) -> Callable[[], None]:
    """For what ends by itself: over and over, so that the interrupt comes between the calls, too."""

    def call() -> None:
        while True:
            function()

    return call


large = np.ones((50000, 4), np.float32)
wide = network(units=2000)
prepared, publisher = wide.prepare(), Publisher(wide)
custom = network(activation)
# Made once: Python drops what a handler raises in a finalizer, and a network that goes has one.
small = network()
trainer = Trainer(wide, cost=SQUARES)
objective = wide.objective(large, large[:, :1], SQUARES)
CALLS: dict[str, Callable[[], Callable[[], Any]]] = {
    "fit": lambda: fit(network()),
    "fit in one batch": lambda: fit(network(), batch_size=len(x)),
    "fit, on_batch": lambda: fit(network(), on_batch=slowly),
    "fit, on_epoch": lambda: fit(network(), on_epoch=slowly),
    "fit, callbacks": lambda: fit(network(), callbacks=LambdaCallback(on_batch=noticing, on_epoch=noticing)),
    "objective": lambda: again(lambda: objective(objective.x0)),
    "fit, cost": lambda: fit(network(), cost=cost),
    "fit, activation": lambda: fit(custom),
    "fit, schedule": lambda: fit(network(), schedule=lambda *_: slowly(1e-6)),
    "fit, data source": lambda: fit(network(), DataSource(batch, targets=1)),
    "partial fit": lambda: again(lambda: trainer.partial_fit(x, targets)),
    "minimize": lambda: minimize(network()),
    "minimize, on_iteration": lambda: minimize(network(), on_iteration=slowly),
    "minimize, cost": lambda: minimize(network(), cost=cost),
    "levenberg_marquardt": lambda: minimize(network(units=100), method="levenberg_marquardt"),
    "cascade": lambda: lambda: Network.cascade(x, targets, cost=SQUARES, max_units=1000, on_unit=slowly),
    "predict": lambda: again(lambda: wide.predict(large)),
    "predict, activation": lambda: again(lambda: custom.predict(x)),
    "predictor": lambda: again(lambda: prepared.predict(large)),
    "publisher": lambda: again(lambda: publisher.predict(large)),
    "evaluate": lambda: again(lambda: wide.evaluate(large, large[:, :1], cost=SQUARES)),
    "value_and_grad": lambda: again(lambda: wide.value_and_grad(large, large[:, :1], SQUARES)),
    "hessian": lambda: again(lambda: small.hessian(x, targets, SQUARES)),
    "jacobian": lambda: again(lambda: small.jacobian(x)),
    "check_gradient": lambda: again(lambda: wide.check_gradient(large, large[:, :1], SQUARES)),
    "cost": lambda: again(lambda: chainrule.cost(cost, x[:, :1], targets)),
}


def main(name: str, count: int) -> int:
    signal.signal(signal.SIGINT, signal.default_int_handler)
    # It may have been started by a thread that has no signals: Swift's are such.
    signal.pthread_sigmask(signal.SIG_UNBLOCK, {signal.SIGINT})
    call = CALLS[name]()
    times = random.Random(name)
    for number in range(count):
        began = time.monotonic()
        delay = times.uniform(0, 0.03)

        def interrupt(delay: float = delay) -> None:
            time.sleep(delay)
            os.kill(os.getpid(), signal.SIGINT)

        thread = threading.Thread(target=interrupt)
        try:
            try:
                thread.start()
                call()
                print(f"{number}: the call ended")
                return 1
            finally:
                began = time.monotonic()
                thread.join()
        except KeyboardInterrupt:
            pass
        if time.monotonic() - began > 30:
            print(f"{number}: it took {time.monotonic() - began} s")
            return 1
        if signal.getsignal(signal.SIGINT) is not signal.default_int_handler:
            print(f"{number}: the handler is {signal.getsignal(signal.SIGINT)}")
            return 1
    return 0


if __name__ == "__main__":
    sys.exit(main(sys.argv[1], int(sys.argv[2])))
