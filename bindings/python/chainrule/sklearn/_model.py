"""A fitted network in scikit-learn's terms: its weights, what predicts, and what goes on training."""

from __future__ import annotations

import io
import threading
from typing import TYPE_CHECKING, Any

import numpy as np

from .._network import Network
from .._pickling import NO_LIMIT, checkpointer
from .._training import Optimizer

if TYPE_CHECKING:
    from collections.abc import Sequence

    import numpy.typing as npt

    from .._predictor import Predictor

# scikit-learn's names for σ.
ACTIVATIONS = {"identity": "identity", "logistic": "sigmoid", "tanh": "tanh", "relu": "relu"}
# Of the pickles.
_FORMAT = 1


def perceptron(units: Sequence[int], activation: str, dropout: float) -> Network:
    """A built network of dense layers; the last one is linear."""
    network = Network(units[0])
    for width in units[1:-1]:
        network.add_dense(width, ACTIVATIONS[activation])
        if dropout > 0:
            network.add_dropout(dropout)
    return network.add_dense(units[-1]).build()


class Model:
    """A network, with its weights as lists of arrays in scikit-learn's orientation, and its predictor.

    The arrays that it gives are read-only: what is written into them would not reach the network. Other arrays in
    their place do, before the network is used the next time.
    """

    __slots__ = ("_given", "_known", "_one_row", "_predictor", "dtype", "layers", "network")

    def __init__(self, network: Network | None = None, dtype: Any = np.float64) -> None:
        self.network = network
        # The names of the layers that have weights.
        self.layers = [] if network is None else [layer.name for layer in network.layers if layer.kind == "dense"]
        # Of the weights that it gives.
        self.dtype = np.dtype(dtype)
        self.changed()

    def changed(self) -> None:
        """The network was trained: what was made from it is no longer true."""
        self._predictor: Predictor | None = None
        # Of each thread: an array for a row, one for its outputs, and what computes these.
        self._one_row = threading.local()
        # The lists coefs_ and intercepts_ if someone has asked for them or set them.
        self._given: list[Any] | None = None
        # Their arrays as the network has them.
        self._known: list[Any] = []

    @property
    def weights(self) -> list[Any]:
        """The lists coefs_ and intercepts_."""
        if self._given is None:
            self._given = [[], []]
            if self.network is not None:
                tensors = self.network.tensors
                for name in self.layers:
                    self._given[0].append(self._shown(tensors[f"{name}.weight"].T))
                    self._given[1].append(self._shown(tensors[f"{name}.bias"]))
                self._known = [*self._given[0], *self._given[1]]
        return self._given

    def _shown(self, tensor: npt.NDArray[Any]) -> npt.NDArray[Any]:
        array = np.array(tensor, self.dtype, order="C")
        array.flags.writeable = False
        return array

    def take_over(self, given: list[Any] | None = None) -> None:
        """Gives the network weights, as the lists coefs_ and intercepts_; None: those that someone has set."""
        coefs, intercepts = given = given or self._given or [[], []]
        now = [*coefs, *intercepts]
        if self.network is None or (len(now) == len(self._known) and all(map(_is, now, self._known))):
            return
        tensors, names = self.network.tensors, self.layers
        if len(coefs) != len(names) or len(intercepts) != len(names):
            raise ValueError(
                f"coefs_ and intercepts_ have {len(coefs)} and {len(intercepts)} arrays; {len(names)} layers have "
                "weights"
            )
        new = []
        for place, name in enumerate(names):
            for what, values, tensor in (
                ("coefs_", coefs[place], tensors[f"{name}.weight"].T),
                ("intercepts_", intercepts[place], tensors[f"{name}.bias"]),
            ):
                array = np.asarray(values, np.float32)
                if array.shape != tensor.shape:
                    raise ValueError(f"{what}[{place}] has the shape {array.shape}; the layer has {tensor.shape}")
                new.append((tensor, array))
        for tensor, array in new:
            tensor[...] = array
        self.changed()

    def predict(self, x: npt.NDArray[Any]) -> npt.NDArray[np.float32]:
        """The outputs, before the output function. The next call on this thread may overwrite them.

        Parameters
        ----------
        x
            (rows, inputs), whose values fit float32.
        """
        if self._given is not None:
            self.take_over()
        if len(x) == 1:
            row, step = self._for_one_row()
            np.copyto(row, x)
            outputs: npt.NDArray[np.float32] = step()
            return outputs
        return self._prepared().predict(x.astype(np.float32, copy=False))

    def _prepared(self) -> Predictor:
        predictor = self._predictor
        if predictor is None:
            assert self.network is not None
            predictor = self._predictor = self.network.prepare()
        return predictor

    def _for_one_row(self) -> tuple[Any, Any]:
        try:
            return self._one_row.bound  # type: ignore[no-any-return]
        except AttributeError:
            predictor = self._prepared()
            row = np.empty((1, predictor.inputs), np.float32)
            self._one_row.bound = bound = row, predictor.bind(row, np.empty((1, predictor.outputs), np.float32))
            return bound

    def __getstate__(self) -> dict[str, Any]:
        self.take_over()
        given = self._given if self.network is None else None
        data = None if self.network is None else self.network.to_bytes()
        return {"format": _FORMAT, "network": data, "dtype": self.dtype.str, "given": given}

    def __setstate__(self, state: dict[str, Any]) -> None:
        if state.get("format") != _FORMAT:
            raise ValueError(
                f"the pickle holds a model of format {state.get('format')!r}; this version of chainrule reads {_FORMAT}"
            )
        data = state["network"]
        self.__init__(None if data is None else Network.from_bytes(data, NO_LIMIT), state["dtype"])  # type: ignore[misc]
        self._given = state["given"]


def _is(one: Any, other: Any) -> bool:
    return one is other


class Stepper:
    """The optimizer of a model. It can be pickled with its state; then training goes on with the same bits.

    Attributes
    ----------
    seed
        Of the orders of the rows, and of dropout.
    epochs
        The number of epochs so far.
    """

    __slots__ = ("_factor", "_method", "_model", "_options", "_rate", "epochs", "native", "seed")

    def __init__(
        self, model: Model, method: str, rate: float, factor: float, seed: int, options: dict[str, Any]
    ) -> None:
        """A new optimizer.

        `factor` times `rate` is the library's learning rate. `options` are Optimizer's.
        """
        assert model.network is not None
        self._model, self._method, self._factor, self._options, self.seed = model, method, factor, options, seed
        self.native = Optimizer(model.network, method, **options)
        self.learning_rate = rate
        self.epochs = 0

    @property
    def learning_rate(self) -> float:
        """η as scikit-learn counts it."""
        return self._rate

    @learning_rate.setter
    def learning_rate(self, rate: float) -> None:
        self._rate = rate
        self.native.learning_rate = rate * self._factor

    def penalize(self, l2: float) -> None:
        """Sets λ₂ of every layer."""
        for name in self._model.layers:
            self.native.set_layer(name, l2=l2)

    def __getstate__(self) -> dict[str, Any]:
        self._model.take_over()
        checkpoint = io.BytesIO()
        with checkpointer(self.native.network, self.native) as trainer:
            trainer.save(checkpoint)
        names = ("_model", "_method", "_rate", "_factor", "seed", "_options")
        arguments = [getattr(self, name) for name in names]
        return {"arguments": arguments, "epochs": self.epochs, "checkpoint": checkpoint.getvalue()}

    def __setstate__(self, state: dict[str, Any]) -> None:
        self.__init__(*state["arguments"])  # type: ignore[misc]
        self.epochs = state["epochs"]
        with checkpointer(self.native.network, self.native) as trainer:
            trainer.load(io.BytesIO(state["checkpoint"]))
        self.learning_rate = self._rate
