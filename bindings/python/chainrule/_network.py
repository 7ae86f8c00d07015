"""A network: its layers, its parameters, and prediction."""

from __future__ import annotations

import math
from collections.abc import Callable, Mapping, Sequence
from types import MappingProxyType
from typing import TYPE_CHECKING, Any

import numpy as np

from ._arrays import (
    address_of,
    as_rows,
    as_vector,
    count,
    optional_count,
    optional_real,
    real,
    seed_value,
)
from ._classification import Classification
from ._costs import CostLike, cost_options
from ._describing import Describing
from ._describing_shapes import lengths
from ._description import encoded
from ._errors import ArgumentError, check, results
from ._handles import FloatArray, Handle, array_at
from ._history import History
from ._layers import Layer, layers_of
from ._layout import Layout, layout_of, state_tensors_of
from ._library import library
from ._prototypes import Status
from ._saving import Saving, given_memory_limit
from ._showing import Showing
from ._state_dict import StateDicts
from ._training import optimizer_copy

if TYPE_CHECKING:
    import numpy.typing as npt

    from ._cascade import CascadeUnit
    from ._onnx import OnnxTensor
    from ._predictor import Predictor
    from ._stream import Stream
    from ._workspace import Workspace


class Network(Describing, Classification, Saving, Showing, StateDicts):
    """A feed-forward network: described layer by layer, built, then trained and used.

    A network may be read by any number of threads. Training it requires exclusive access. Calls release the interpreter
    lock.

    Parameters
    ----------
    inputs
        The number of inputs; or their shape, such as (28, 28, 1): then a first layer gives x that shape, as
        add_reshape(inputs).

    Examples
    --------
    >>> network = Network(64).add_dense(100, "relu").add_dense(10).build(seed=1)
    >>> network.fit(x, labels, cost="cross_entropy", epochs=20)
    >>> logits = network.predict(x)
    """

    __slots__ = ("_built", "_trained_cost")
    _kind = "network"

    def __init__(self, inputs: int | Sequence[int]) -> None:
        shape = lengths(inputs, "inputs")
        (pointer,) = results(library.crl_network_create, count(math.prod(shape), "inputs"))
        self._adopt(pointer)
        if len(shape) > 1:
            self.add_reshape(shape)

    def _adopt(self, pointer: Any) -> None:
        self._handle = Handle(pointer, library.crl_network_destroy)
        self._built: Layout | None = None
        # The crl_cost_options of the last training.
        self._trained_cost: Any = None
        self._fitted = None
        self._history = History()

    def close(self) -> None:
        """Gives up the native object. Every later use raises ArgumentError. Closing twice is harmless.

        Memory that arrays still show stays until the last of them is gone.
        """
        super().close()
        self._fitted = None

    # Looking

    @property
    def inputs(self) -> int:
        """The number of columns of x."""
        (size,) = results(library.crl_network_input_size, self._open())
        return int(size.value)

    @property
    def outputs(self) -> int:
        """The number of columns of y: the width of the last layer."""
        (size,) = results(library.crl_network_output_size, self._open())
        return int(size.value)

    @property
    def layers(self) -> tuple[Layer, ...]:
        """The layers in order, as they were described."""
        return layers_of(self._open())

    # Parameters

    @property
    def parameters(self) -> FloatArray:
        """All parameters: a writable (count,) view of the library's own vector.

        Write into it to change what the network computes. The view keeps the memory alive, also after close() or when
        the network is gone. From the first view on, predict() is slower for few rows: it reads the parameters as they
        are, because they may have changed. prepare() and copy() make networks that stay fast.
        """
        owner = self._open()
        address, count = results(library.crl_network_parameters, owner)
        parameters: FloatArray = array_at(address.value, count.value, owner=owner)
        return parameters

    @property
    def tensors(self) -> Mapping[str, FloatArray]:
        """The parameters by name, as writable views: "0.weight" of shape (units, inputs), "0.bias" of shape (units,).

        Write into a view: network.tensors["0.bias"][:] = 0.
        """
        return self.unflatten(self.parameters)

    @property
    def state(self) -> Mapping[str, FloatArray]:
        """What training moves besides the parameters, as writable views: the running statistics of batch normalization.

        "layer.running_mean" and "layer.running_var", of shape (channels,). Also constants, "layer.value".
        What `parameters` says holds here, too.
        """
        owner = self._open()
        address, count = results(library.crl_network_state, owner)
        if count.value == 0:
            return MappingProxyType({})
        vector: FloatArray = array_at(address.value, count.value, owner=owner)
        return MappingProxyType({tensor.name: tensor.view(vector) for tensor in state_tensors_of(owner)})

    def update_statistics(self, workspace: Workspace) -> None:
        """Moves the running statistics of batch normalization towards the workspace's last batch; fit() does so itself.

        Parameters
        ----------
        workspace
            Its passes take the batch's statistics: Workspace.use_batch_statistics().
        """
        check(library.crl_network_update_statistics(self._open(), workspace._open()))

    def fit_standardization(self, x: npt.ArrayLike, name: str | None = None) -> None:
        """Finds the numbers of add_standardization() in data: each channel of x gets the mean 0 and the deviation 1.

        Where the deviation is 0, the scale is 1. The layer reads the network's input, directly or through reshapes.

        Parameters
        ----------
        x
            (rows, inputs), all finite.
        name
            The layer's; None: the only standardization's.
        """
        rows = as_rows(x, self.inputs, "x")
        check(
            library.crl_network_fit_standardization(
                self._open(), encoded(self._standardization(name)), rows.address, rows.rows, rows.stride
            )
        )

    def set_standardization(self, mean: npt.ArrayLike, scale: npt.ArrayLike, name: str | None = None) -> None:
        """Sets the numbers of add_standardization(): (h' − mean) · scale.

        Parameters
        ----------
        mean
            (channels,) finite numbers.
        scale
            Likewise.
        name
            As for fit_standardization().
        """
        means = as_vector(mean, np.size(mean), "mean")
        scales = as_vector(scale, means.size, "scale")
        check(
            library.crl_network_set_standardization(
                self._open(), encoded(self._standardization(name)), address_of(means), address_of(scales), means.size
            )
        )

    def _standardization(self, name: str | None) -> str:
        if name is not None:
            return name
        found = [
            layer.name for layer in self.layers if layer.kind == "product" and layer.inputs[1] == f"{layer.name}_scale"
        ]
        if len(found) != 1:
            raise ArgumentError(f"the network has {len(found)} standardizations: give a name", Status.ERROR_NAME)
        return found[0]

    def unflatten(self, vector: FloatArray) -> Mapping[str, FloatArray]:
        """Views of the parts of a vector by tensor name.

        Parameters
        ----------
        vector
            (count,), such as a gradient.

        Returns
        -------
        mapping from str to ndarray
            A view for each tensor, of its shape.
        """
        return self._layout().unflatten(vector)

    def _layout(self) -> Layout:
        if self._built is None:
            self._built = layout_of(self._open())
        return self._built

    # Using

    def copy(self) -> Network:
        """A network of its own, with the same layers, parameters and instruction set.

        Training goes on in the copy as it would in this network: the copy has the state of the optimizer that fit()
        goes on with, and the history. The two share the functions of custom activations.

        Returns
        -------
        Network
            Built, if this one is.
        """
        owner = self._open()
        (pointer,) = results(library.crl_network_copy, owner)
        network = self._around(pointer)
        handle = network._open()
        handle.callbacks.extend(owner.callbacks)
        network._trained_cost = self._trained_cost
        network._history = self._history[:]
        if self._fitted is not None:
            method, optimizer = self._fitted
            network._fitted = method, optimizer_copy(optimizer, handle)
        return network

    __copy__ = copy

    def __deepcopy__(self, memo: object) -> Network:
        return self.copy()

    def __reduce__(self) -> Any:
        """Pickles what copy() keeps, bit for bit, but for the instruction set.

        A network that is not built, or has a custom activation, cannot be pickled. Pickles are for one version: save()
        writes files that later versions read.
        """
        from ._pickling import pickled

        return pickled(self)

    def predict(self, x: npt.ArrayLike, *, out: FloatArray | None = None, channels_first: bool = False) -> FloatArray:
        """The network's outputs.

        Parameters
        ----------
        x
            (rows, inputs), or (inputs,) for a single row; or (rows, *shape) and shape, with the network's shape of a
            sample. The library reads float32 arrays with contiguous rows in place.
        out
            A float32 array for the result.
        channels_first
            Whether x is (rows, channels, height, width), as PyTorch's, of a network whose samples are (height, width,
            channels).

        Returns
        -------
        ndarray
            (rows, outputs), or (outputs,) for a single row: out if given, else a new array.
        """
        built = self._layout()
        return built.predict(built.samples(x) if channels_first else x, out, self._open())

    def prepare(self, precision: str = "float32") -> Predictor:
        """Prepares the network as it is now for prediction.

        Parameters
        ----------
        precision
            "float32" gives the results of predict(), bit for bit, unless a batch normalization or an affine function is
            folded into the layer before it. "bfloat16" and "int8" need less memory and time, and round.

        Returns
        -------
        Predictor
            Read-only; later changes of the network do not reach it.
        """
        from ._predictor import Predictor

        return Predictor(self, precision)

    def stream(self, precision: str = "float32") -> Stream:
        """Prepares the network as it is now, and begins a Stream: a sequence that goes through it frame by frame.

        Several streams of one network share the weights if they come from one Predictor: Predictor.stream().

        Parameters
        ----------
        precision
            See prepare().

        Returns
        -------
        Stream
            At its beginning.

        Raises
        ------
        ArgumentError
            A layer is not causal.
        """
        return self.prepare(precision).stream()

    @classmethod
    def cascade(
        cls,
        x: npt.ArrayLike,
        targets: npt.ArrayLike | None,
        *,
        cost: CostLike = "cross_entropy",
        outputs: int | None = None,
        output_activation: str = "identity",
        activations: str | Sequence[str] = "tanh",
        candidates: int = 8,
        max_units: int = 30,
        max_iterations: int = 200,
        target_cost: float | None = None,
        patience: int | None = None,
        min_delta: float = 0.0,
        seed: int = 0,
        sample_weight: npt.ArrayLike | None = None,
        validation_data: tuple[Any, ...] | None = None,
        threads: int | None = None,
        on_unit: Callable[[CascadeUnit], Any] | None = None,
    ) -> Network:
        """Grows a network on data: cascade correlation (Fahlman and Lebiere 1990).

        It starts with the outputs alone, which read x, and trains them. Then it repeats: train candidates for a hidden
        unit, which read x and the earlier hidden units, to follow the network's remaining error; install the best one
        and fix its weights; train the outputs, which read x and all hidden units. One seed gives one network, bit for
        bit, on any number of threads.

        Parameters
        ----------
        x
            (rows, inputs).
        targets, cost
            As for chainrule.cost().
        outputs
            The number of outputs; None: one for each column of the targets, or for each class from 0 to the largest.
        output_activation
            The σ of the outputs.
        activations
            The σ of the hidden units: one name, or several for the candidates in turn. Not "softmax" or "log_softmax".
        candidates
            The number of units that compete for each place, from 1 to 10000.
        max_units
            End with so many hidden units, from 1 to 4999. A pass keeps some max_units² / 2 floats for each row.
        max_iterations
            The most L-BFGS iterations for the outputs each time, and for each candidate; ≥ 1.
        target_cost
            End when C of x is no larger; None: when it is 0, except with a custom cost.
        patience
            End after so many units without a lower cost (on the validation data, if given); ≥ 1; None: never.
        min_delta
            How much lower a cost must be for patience to start again; ≥ 0.
        seed
            For the first weights.
        sample_weight
            As for chainrule.cost().
        validation_data
            (x, targets) or (x, targets, sample_weight) to measure on after each unit; never trained on.
        threads
            The number of threads that share the training of the outputs, from 1 to 1024; None: the library decides.
        on_unit
            Called with a CascadeUnit for the network without hidden units and after each new unit. It returns False to
            stop. Its exceptions come out of cascade.

        Returns
        -------
        Network
            The best network seen during growth, by the cost on the validation data if given. It is an ordinary built
            network with the layers "unit1", "features1" (a concatenation of the unit's inputs and the unit), "unit2", …
            and "output".

        Examples
        --------
        >>> network = Network.cascade(x, labels, max_units=20, validation_data=(x_held, labels_held), patience=4)
        """
        from ._cascade import grow

        cost_native = cost_options(cost)
        pointer = grow(
            x,
            targets,
            sample_weight,
            validation_data,
            cost_native,
            None if outputs is None else count(outputs, "outputs"),
            output_activation,
            activations,
            on_unit,
            {
                "candidates": count(candidates, "candidates"),
                "max_units": count(max_units, "max_units"),
                "max_iterations": count(max_iterations, "max_iterations"),
                "target_cost": optional_real(target_cost, "target_cost"),
                "patience": optional_count(patience, "patience"),
                "min_delta": real(min_delta, "min_delta"),
                "seed": seed_value(seed),
                "threads": optional_count(threads, "threads"),
            },
        )
        network = cls._around(pointer)
        network._trained_cost = cost_native
        return network

    @property
    def onnx_inputs(self) -> tuple[OnnxTensor, ...]:
        """The inputs of the ONNX model that load_onnx() read this network from: one after another in x."""
        from ._onnx import onnx_tensors

        return onnx_tensors(self._open())[0]

    @property
    def onnx_outputs(self) -> tuple[OnnxTensor, ...]:
        """The outputs of the ONNX model that load_onnx() read this network from: one after another in y."""
        from ._onnx import onnx_tensors

        return onnx_tensors(self._open())[1]


def load_onnx(
    model: Any, memory_limit: int | None = None, *, input_shapes: Mapping[str, Sequence[int | None]] | None = None
) -> Network:
    """Reads an ONNX model into a built network.

    Rows of x hold the model's inputs one after another, rows of y its outputs, each in ONNX's order of axes:
    Network.onnx_inputs, Network.onnx_outputs. Constant floats of several elements become parameters.

    Parameters
    ----------
    model
        A path; or the bytes of a file; or an object with read(), such as a file open in binary mode.
    memory_limit
        As for Network.load(). What is computed of constants is limited to as much.
    input_shapes
        The lengths of axes that the model leaves open, besides the batch, by the names of inputs; None stays as the
        model has it: {"x": (None, 3, 48, 192)}.

    Returns
    -------
    Network
        It predicts, trains and saves as any other.
    """
    from ._onnx import onnx_options

    return Network._read("onnx", model, onnx_options(given_memory_limit(memory_limit), input_shapes or {}))
