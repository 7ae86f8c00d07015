"""How programs of the caller's are typed: mypy and pyright check it, and that each ignored line is an error."""
# pyright: strict, reportUnnecessaryTypeIgnoreComment=true

from __future__ import annotations

from pathlib import Path

import numpy as np
import numpy.typing as npt
from typing_extensions import assert_type

import chainrule
from chainrule import (
    Activation,
    Batch,
    Callback,
    CustomCost,
    DataSource,
    EarlyStopping,
    Epoch,
    History,
    Input,
    Layer,
    Metrics,
    Minimum,
    Model,
    Network,
    Optimizer,
    Plateau,
    Predictor,
    Publisher,
    Request,
    Schedule,
    Sequential,
    Status,
    Stream,
    Trainer,
    Workspace,
    distributed,
)
from chainrule.layers import Add, Conv2D, Dense, Flatten, MaxPooling2D, Subtract

Floats = npt.NDArray[np.float32]


class Below(Callback):
    def on_epoch(self, trainer: Trainer, epoch: Epoch) -> bool | None:
        return epoch.cost > 0.1


def cubed(z: Floats) -> Floats:
    return z * z * z


def cubed_derivative(z: Floats, h: Floats) -> Floats:
    return 3 * z * z


def described() -> tuple[Network, Network, Network]:
    x = Input(3)
    h = Dense(3, "relu", bias=False)(x)
    graph = Model([x], Subtract()(Add(name="sum")([h, x]), h), seed=1)
    listed = Sequential([Input((8, 8, 1)), Conv2D(4, 3, stride=2), MaxPooling2D(2), Flatten(), Dense(units=10)])
    cube = Activation(cubed, cubed_derivative)
    return graph, listed, Network((8, 8, 1)).add_convolution(4, 3, cube).add_flatten().add_dense(10).build(seed=1)


def looked_at(network: Network) -> None:
    assert_type(network.layers, "tuple[Layer, ...]")
    for layer in network.layers:
        assert_type(layer.activation, "str | Activation | None")
    assert_type(network.parameters, Floats)
    assert_type(network.tensors["0.weight"], Floats)
    assert_type(network.metadata["author"], str)
    print(network.summary().rows[0].parameters + 1, network.to_svg())


def fitted(network: Network) -> tuple[History, Epoch, History]:
    history = network.fit(np.zeros((3, 3)), [0, 1, 2], loss="huber", callbacks=[Below(), EarlyStopping()])
    best = history.best
    if best is not None:
        assert_type(best.validation_accuracy, float)
    assert_type(network.evaluate([[1, 2, 3]], [1]), Metrics)
    assert_type(network.predict_proba(np.zeros(3)), Floats)
    assert_type(network.score([[1, 2, 3]], [1]), float)
    return history, history[0], history[1:]


def trained(network: Network, x: Floats) -> Trainer:
    def batch(request: Request) -> tuple[Floats, Floats]:
        rows = slice(request.first_row, request.first_row + request.max_rows)
        return x[rows], x[rows]

    def rate(t: int, eta: float, cost: float) -> float:
        return eta / (1 + t)

    optimizer = Optimizer(network, "adamw", learning_rate=1e-3)
    with Trainer(network, optimizer=optimizer, epochs=3, schedule=Schedule("cosine", warmup=10)) as trainer:
        assert_type(trainer.fit(x, x, validation_data=(x, x)), History)
        assert_type(trainer.partial_fit(x, x), "Epoch | None")
        assert_type(trainer.progress.best_epoch, int)
    Trainer(network, schedule=rate).fit(DataSource(batch, targets=2), None)
    optimizer.learning_rate = Plateau(Schedule("plateau")).rate(optimizer.learning_rate, 0.3)

    def squares(y: Floats, targets: Floats, weights: Floats | None) -> tuple[float, Floats]:
        return float(((y - targets) ** 2).sum()), 2 * (y - targets)

    assert_type(network.minimize(x, x, cost=CustomCost(squares)), Minimum)
    return Trainer(network, on_batch=each_batch)


def each_batch(batch: Batch) -> bool:
    return batch.cost < 1


def step_by_step(network: Network, x: Floats, targets: Floats) -> Floats:
    workspace = Workspace(network, max_rows=len(x))
    C, dC_dy = chainrule.cost(workspace.forward(x), targets, "huber")
    assert_type(C, float)
    assert_type(workspace.backward(dC_dy), Floats)
    gradients, dC_dx = workspace.backward(dC_dy, input_gradient=True)
    assert_type(dC_dx, Floats)
    assert_type(network.jacobian(x), Floats)
    assert_type(network.check_gradient(x, targets).passed, bool)
    Optimizer(network, "adam").step(gradients)
    assert_type(workspace.delta(0), Floats)
    return gradients


def predicted(network: Network, path: Path, x: Floats) -> Network:
    with network.prepare("int8") as predictor:
        assert_type(predictor, Predictor)
        run = predictor.bind(x, np.empty((len(x), 2), np.float32))
        assert_type(run(), Floats)
        assert_type(predictor.stream(), Stream)
    publisher = Publisher(network)
    assert_type(publisher.predict(x), Floats)
    network.save(path)
    assert_type(network.copy().load_state_dict(chainrule.read_tensors(path)), chainrule.LeftOut)
    assert_type(chainrule.load_onnx(path), Network)
    assert_type(chainrule.from_keras(path), Network)
    return Network.load(path)


def failed(path: Path) -> bool:
    try:
        Network.load(path)
    except chainrule.FileError as error:
        return error.errno == 2 and error.filename == path
    except chainrule.ChainruleError as error:
        return error.status == Status.ERROR_FORMAT and error.name == "CRL_ERROR_FORMAT"
    return Status(102) is Status.ERROR_SIZE


def wrong(network: Network, layer: Layer) -> None:
    Dense("ten")  # type: ignore[arg-type]
    Dense(10, units_=3)  # type: ignore[call-arg]
    Conv2D(4)  # type: ignore[call-arg]
    MaxPooling2D("maximum")  # type: ignore[arg-type]
    Sequential([Dense])  # type: ignore[list-item]
    Model(Dense(3), Input(3))  # type: ignore[arg-type]
    network.fit([[1]], [1], epoch=3)  # type: ignore[call-arg]
    network.add_dense(3.5)  # type: ignore[arg-type]
    Trainer(network, callbacks=[Below])  # type: ignore[list-item]
    layer.units = 3  # type: ignore[misc]
    chainrule.Netwerk  # type: ignore[attr-defined]  # noqa: B018
    Status.ERROR  # type: ignore[attr-defined]  # noqa: B018


def on_all_ranks(network: Network, x: Floats) -> History:
    return distributed.fit(network, x, [0, 1], schedule="cosine", checkpoint="run.checkpoint", every=2, resume=True)
