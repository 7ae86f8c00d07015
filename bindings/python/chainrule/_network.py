"""Describing, building and using a network."""

from __future__ import annotations

import ctypes
import math
import os
from collections.abc import Callable, Sequence
from typing import TYPE_CHECKING, Any, NamedTuple

import numpy as np

from . import _prototypes
from ._arrays import (
    address_of,
    count,
    optional_count,
    out_vector,
    seed_value,
)
from ._cascade import CascadeUnit, grow
from ._costs import CostLike, cost_options
from ._data import Data
from ._data_source import DataSource
from ._derivatives import Derivatives
from ._description import (
    ActivationLike,
    InitializerLike,
    activation_text,
    encoded,
    encoded_list,
    encoded_path,
    initializer,
    layer_options,
)
from ._errors import StateError, check, failure, results
from ._evaluation import Metrics, evaluate
from ._handles import FloatArray, Handle, array_at
from ._layout import Layout, layout_of
from ._library import library
from ._minimizing import Iteration, IterationWatcher, Minimum, minimize_options, minimum_of
from ._predictor import Predictor
from ._schedules import ScheduleLike
from ._trainer import Batch, ClassWeight, Epoch, Trainer, balanced

if TYPE_CHECKING:
    import numpy.typing as npt

    from ._training import Optimizer


class Layer(NamedTuple):
    """A layer of a network: its name and how many units it has."""

    name: str
    units: int


class Network(Derivatives):
    """A feed-forward network: described layer by layer, built, then trained and used.

        network = Network(64).add_dense(100, "relu").add_dense(10).build(seed=1)
        network.fit(x, labels, cost="cross_entropy", epochs=20)
        logits = network.predict(x)

    Any number of threads may predict with one network at once; training it excludes every other use of that network.
    The interpreter lock is released during calls.
    """

    _kind = "network"

    def __init__(self, inputs: int) -> None:
        """A network of `inputs` inputs and no layers."""
        (pointer,) = results(library.crl_network_create, count(inputs, "inputs"))
        self._adopt(pointer)

    def _adopt(self, pointer: Any) -> None:
        self._handle = Handle(pointer, library.crl_network_destroy)
        self._summary: list[str] = []
        self._built: Layout | None = None
        self._gradients: FloatArray | None = None

    # Describing

    def add_dense(
        self,
        units: int,
        activation: ActivationLike = "identity",
        *,
        name: str | None = None,
        input: str | None = None,
        bias: bool = True,
        weight_initializer: InitializerLike = "default",
        bias_initializer: InitializerLike = "default",
        alpha: float | None = None,
    ) -> Network:
        """Adds h = σ(W h' + b), with W of shape (units, width of h').

        Args:
            units: the layer's width.
            activation: a name, such as "relu", "tanh", "gelu_tanh" or "log_softmax", or an Activation: the functions
                (σ, σ') on (rows, units) arrays, and σ'' if second-order products are wanted.
            name: the layer's name; None: its position, "0", "1", …
            input: the layer to read, "input" for the network's own input; None: the layer before.
            bias: whether there is a b.
            weight_initializer: a name, such as "he_normal", or a name with its numbers: ("normal", mean, deviation),
                ("uniform", low, high), ("constant", value).
            bias_initializer: likewise.
            alpha: α of "leaky_relu" and "elu"; None: the activation's own.
        """
        options, kind = layer_options(name, input, activation, alpha)
        options.bias = bool(bias)
        options.weight_initializer = initializer(weight_initializer)
        options.bias_initializer = initializer(bias_initializer)
        handle = self._open()
        check(library.crl_network_add_dense(handle, count(units, "units"), kind, ctypes.byref(options)))
        handle.callbacks.append(options)
        return self._added(f"dense {units} {activation_text(activation)}")

    def add_activation(
        self,
        activation: ActivationLike,
        *,
        name: str | None = None,
        input: str | None = None,
        alpha: float | None = None,
    ) -> Network:
        """Adds h = σ(h'); the arguments are those of add_dense()."""
        options, kind = layer_options(name, input, activation, alpha)
        handle = self._open()
        check(library.crl_network_add_activation(handle, kind, ctypes.byref(options)))
        handle.callbacks.append(options)
        return self._added(activation_text(activation))

    def add_dropout(self, rate: float, *, name: str | None = None, input: str | None = None) -> Network:
        """Adds dropout: in training each h' is 0 with a probability of `rate`, in [0, 1), or divided by 1 − rate.

        It is active in fit(), and in a workspace if Workspace.set_noise() says so; elsewhere h is h'.
        """
        options, _ = layer_options(name, input, "identity", None)
        check(library.crl_network_add_dropout(self._open(), rate, ctypes.byref(options)))
        return self._added(f"dropout {rate:g}")

    def add_noise(self, deviation: float, *, name: str | None = None, input: str | None = None) -> Network:
        """Adds Gaussian noise: in training normal numbers with this standard deviation, ≥ 0, are added to h'.

        It is active when dropout is.
        """
        options, _ = layer_options(name, input, "identity", None)
        check(library.crl_network_add_noise(self._open(), deviation, ctypes.byref(options)))
        return self._added(f"noise {deviation:g}")

    def add_sum(self, inputs: Sequence[str], *, name: str | None = None) -> Network:
        """Adds the elementwise sum of the named layers, all of one width."""
        names = encoded_list(inputs)
        check(library.crl_network_add_sum(self._open(), names, len(names), encoded(name)))
        return self._added(f"sum({', '.join(inputs)})")

    def add_concatenation(self, inputs: Sequence[str], *, name: str | None = None) -> Network:
        """Adds the named layers, side by side in the order given."""
        names = encoded_list(inputs)
        check(library.crl_network_add_concatenation(self._open(), names, len(names), encoded(name)))
        return self._added(f"concatenation({', '.join(inputs)})")

    def build(self, seed: int = 0) -> Network:
        """Fixes the layers and draws the parameters' first values; the same seed gives the same values."""
        check(library.crl_network_build(self._open(), seed_value(seed)))
        return self

    def _added(self, summary: str) -> Network:
        self._summary.append(summary)
        return self

    # Looking

    @property
    def inputs(self) -> int:
        """How many numbers a row of x has."""
        (size,) = results(library.crl_network_input_size, self._open())
        return int(size.value)

    @property
    def outputs(self) -> int:
        """How many numbers a row of y has: the width of the last layer."""
        (size,) = results(library.crl_network_output_size, self._open())
        return int(size.value)

    @property
    def layers(self) -> tuple[Layer, ...]:
        """The layers in order, each with its name and units."""
        handle = self._open()
        (number,) = results(library.crl_network_layer_count, handle)
        found = (results(library.crl_network_layer, handle, index) for index in range(number.value))
        return tuple(Layer(name.value.decode(), units.value) for name, units in found)

    def __repr__(self) -> str:
        if self._handle is None:
            return "Network(closed)"
        parts = self._summary or [str(layer.units) for layer in self.layers]
        try:
            state = f"{self._layout().parameter_count} parameters"
        except StateError:
            state = "not built"
        return f"Network({' -> '.join([str(self.inputs), *parts])}, {state})"

    # Parameters

    @property
    def parameters(self) -> FloatArray:
        """All parameters: a writable (count,) view of the library's own vector.

        What is written here is what the network computes with. The view keeps the memory alive, also after close() or
        when the network is gone.
        """
        built = self._layout()
        parameters: FloatArray = array_at(built.parameters, built.parameter_count, owner=self._open())
        return parameters

    @property
    def gradients(self) -> FloatArray:
        """The (count,) vector that value_and_grad() and Workspace.backward() write unless they are given another."""
        built = self._layout()
        self._open()
        if self._gradients is None:
            self._gradients = np.zeros(built.parameter_count, np.float32)
        return self._gradients

    @property
    def tensors(self) -> dict[str, FloatArray]:
        """The parameters by name, as views: "0.weight" of shape (units, inputs), "0.bias" of shape (units,)."""
        return self.unflatten(self.parameters)

    def unflatten(self, vector: FloatArray) -> dict[str, FloatArray]:
        """Views of the parts of a (count,) vector, such as a gradient, by tensor name."""
        return self._layout().unflatten(vector)

    def _layout(self) -> Layout:
        if self._built is None:
            self._built = layout_of(self._open())
        return self._built

    # Using

    def predict(self, x: npt.ArrayLike, *, out: FloatArray | None = None) -> FloatArray:
        """The network's outputs.

        Args:
            x: (rows, inputs), or (inputs,) for a single row. float32 arrays with contiguous rows are read in place.
            out: a float32 array for the result.

        Returns:
            (rows, outputs), or (outputs,) for a single row: out if given, else a new array.
        """
        return self._layout().predict(x, out, self._open())

    def prepare(self, precision: str = "float32") -> Predictor:
        """The network as it is now, prepared for prediction: a read-only Predictor that later changes do not reach.

        Args:
            precision: "float32", whose results are those of predict() bit for bit; or "bfloat16" or "int8", which need
                less memory and time, and round.
        """
        return Predictor(self, precision)

    def value_and_grad(
        self,
        x: npt.ArrayLike,
        targets: npt.ArrayLike | None,
        cost: CostLike = "cross_entropy",
        *,
        sample_weight: npt.ArrayLike | None = None,
        out: FloatArray | None = None,
    ) -> tuple[float, FloatArray]:
        """The cost C over the rows, and the gradient ∂C/∂w with respect to all parameters.

        After an error the vector for the gradient may hold anything.

        Args:
            x: (rows, inputs), or (inputs,) for a single row.
            targets: as for chainrule.cost(), and so are cost and sample_weight.
            out: a contiguous float32 (count,) vector for the gradient; None: network.gradients, which the next call
                overwrites.

        Returns:
            (C, gradient), the gradient laid out as parameters.
        """
        built = self._layout()
        gradient = out_vector(self.gradients if out is None else out, built.parameter_count, "out")
        options = cost_options(cost)
        data = Data(built, x, targets, sample_weight, options)
        value = ctypes.c_double()
        check(
            library.crl_network_value_and_gradient(
                self._open(),
                ctypes.byref(options),
                *data.arguments,
                ctypes.byref(value),
                address_of(gradient),
                built.parameter_count,
            )
        )
        return value.value, gradient

    def fit(
        self,
        x: npt.ArrayLike | DataSource,
        targets: npt.ArrayLike | None = None,
        *,
        cost: CostLike = "cross_entropy",
        optimizer: str | Optimizer = "adam",
        learning_rate: float | None = None,
        schedule: ScheduleLike | None = None,
        epochs: int = 10,
        batch_size: int = 32,
        shuffle: bool = True,
        seed: int = 0,
        sample_weight: npt.ArrayLike | None = None,
        class_weight: ClassWeight = None,
        validation_data: tuple[Any, ...] | None = None,
        validation_split: float = 0.0,
        patience: int = 0,
        min_delta: float = 0.0,
        threads: int = 0,
        on_batch: Callable[[Batch], Any] | None = None,
        on_epoch: Callable[[Epoch], Any] | None = None,
        progress: bool = False,
    ) -> list[Epoch]:
        """Trains from the first epoch to the last: a Trainer for one use.

        Args:
            x: (rows, inputs), or a DataSource.
            targets: as for chainrule.cost(), and so are cost and sample_weight; None beside a DataSource.
            class_weight: as for Trainer; or "balanced": rows / (classes · rows of the class), for the classes that
                occur in targets.
            validation_data: (x, targets) or (x, targets, sample_weight) to evaluate after each epoch.

        The other arguments are those of Trainer.

        Returns:
            One Epoch for each epoch trained.
        """
        if isinstance(class_weight, str) and class_weight == "balanced":
            class_weight = balanced(targets, self._layout().outputs)
        with Trainer(
            self,
            cost=cost,
            optimizer=optimizer,
            learning_rate=learning_rate,
            schedule=schedule,
            epochs=epochs,
            batch_size=batch_size,
            shuffle=shuffle,
            seed=seed,
            class_weight=class_weight,
            validation_split=validation_split,
            patience=patience,
            min_delta=min_delta,
            threads=threads,
            on_batch=on_batch,
            on_epoch=on_epoch,
            progress=progress,
        ) as trainer:
            return trainer.fit(x, targets, sample_weight=sample_weight, validation_data=validation_data)

    def evaluate(
        self,
        x: npt.ArrayLike,
        targets: npt.ArrayLike | None,
        cost: CostLike = "cross_entropy",
        *,
        sample_weight: npt.ArrayLike | None = None,
        top: int = 5,
    ) -> Metrics:
        """Compares the outputs for x with targets: C, accuracy, R².

        Args:
            x: (rows, inputs).
            targets: as for chainrule.cost(), and so are cost and sample_weight.
            top: among how many of the largest outputs a class must be to count in top_accuracy.
        """
        return evaluate(self, cost_options(cost), x, targets, sample_weight, top)

    def confusion(
        self,
        x: npt.ArrayLike,
        targets: npt.ArrayLike | None,
        cost: CostLike = "cross_entropy",
        *,
        sample_weight: npt.ArrayLike | None = None,
    ) -> npt.NDArray[np.float64]:
        """How often rows of each class are taken for each class; the arguments are those of evaluate().

        Returns:
            (classes, classes): at [t, y] the weight of the rows of class t whose decision is y. As many classes as
            outputs, or 2 with a binary cross-entropy of one output.
        """
        classes = max(2, self._layout().outputs)
        counts = np.zeros((classes, classes))
        evaluate(self, cost_options(cost), x, targets, sample_weight, 1, counts)
        return counts

    def minimize(
        self,
        x: npt.ArrayLike,
        targets: npt.ArrayLike | None,
        *,
        cost: CostLike = "cross_entropy",
        method: str = "lbfgs",
        max_iterations: int = 1000,
        max_evaluations: int | None = None,
        gradient_tolerance: float = 1e-5,
        cost_tolerance: float = 1e-9,
        target_cost: float | None = None,
        memory: int | None = None,
        c1: float | None = None,
        c2: float | None = None,
        damping: float | None = None,
        sample_weight: npt.ArrayLike | None = None,
        threads: int = 0,
        on_iteration: Callable[[Iteration], Any] | None = None,
    ) -> Minimum:
        """Looks for the parameters with the lowest cost over all rows of x, from where they are.

        Afterwards, and after an exception, the parameters are the ones with the lowest C that were come across. The
        methods compute in float64; C and its gradient are float32's. They are for data that is looked at all at once:
        see fit() for batches.

        - "lbfgs": L-BFGS, for most networks
        - "bfgs": BFGS, for networks of up to some thousand parameters
        - "fletcher_reeves", "polak_ribiere": nonlinear conjugate gradients, which need the least memory
        - "newton_cg": truncated Newton with products of the Gauss-Newton matrix ("Hessian-free")
        - "levenberg_marquardt": for "mean_squared_error" and up to some thousand parameters

        Args:
            x: (rows, inputs).
            targets: as for chainrule.cost(), and so are cost and sample_weight.
            method: one of the names above.
            max_iterations: ≥ 1.
            max_evaluations: of C and its gradient, ≥ 1; None: no limit.
            gradient_tolerance: end where no element of ∂C/∂w has a larger magnitude; ≥ 0.
            cost_tolerance: end where an iteration lowers C by no more than this, relative to C; ≥ 0, and 0 for never.
            target_cost: end at once where C is no larger; None: no target.
            memory: of "lbfgs": how many steps it remembers, from 1 to 1000; None: 10.
            c1: c₁ of the Wolfe conditions, in (0, ½); None: 1e-4.
            c2: c₂, in (c₁, 1); None: 0.9, but 0.1 for conjugate gradients.
            damping: of "newton_cg": λ at first; None: 0.01. Of "levenberg_marquardt": μ at first, relative to the
                largest element on the diagonal of the Gauss-Newton matrix; None: 0.001.
            threads: how many threads share the evaluation of C; 0: the library decides. The results are the same bit
                for bit.
            on_iteration: called with the Iteration after each iteration; it must not use the network. It returns True
                to stop. What it raises comes out of minimize, with the best parameters so far.
        """
        built = self._layout()
        cost_native = cost_options(cost)
        data = Data(built, x, targets, sample_weight, cost_native)
        watcher = IterationWatcher(on_iteration)
        options = minimize_options(
            method,
            {
                "cost": ctypes.pointer(cost_native),
                "max_iterations": count(max_iterations, "max_iterations"),
                "max_evaluations": optional_count(max_evaluations, "max_evaluations"),
                "gradient_tolerance": gradient_tolerance,
                "cost_tolerance": cost_tolerance,
                "target_cost": target_cost,
                "memory": optional_count(memory, "memory"),
                "c1": c1,
                "c2": c2,
                "damping": damping,
                "threads": count(threads, "threads"),
                "on_iteration": watcher.native_callback,
            },
        )
        minimum = _prototypes.crl_minimum.default()
        status = library.crl_network_minimize(
            self._open(),
            *data.arguments,
            ctypes.byref(options),
            ctypes.byref(minimum),
        )
        if status and not (status == _prototypes.CRL_CANCELLED and watcher.stopped):
            raise failure(status)
        watcher.iterations.go_to(minimum.iterations + 1)
        return minimum_of(minimum)

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
        patience: int = 0,
        min_delta: float = 0.0,
        seed: int = 0,
        sample_weight: npt.ArrayLike | None = None,
        validation_data: tuple[Any, ...] | None = None,
        threads: int = 0,
        on_unit: Callable[[CascadeUnit], Any] | None = None,
    ) -> Network:
        """Grows a network on data: cascade correlation (Fahlman and Lebiere 1990).

            network = Network.cascade(x, labels, max_units=20, validation_data=(x_held, labels_held), patience=4)

        It begins with the outputs alone, which read x, and trains them. Then, again and again: some candidates for a
        hidden unit, which read x and the hidden units before, are trained to follow what the network still does wrong;
        the one that does best is installed, its weights final; and the outputs, which read x and all hidden units, are
        trained. One seed gives one network, bit for bit, whatever the number of threads.

        Args:
            x: (rows, inputs).
            targets: as for chainrule.cost(), and so are cost and sample_weight.
            outputs: how many the network has; None: as many as the targets have columns, or classes from 0 to the
                largest.
            output_activation: σ of the outputs.
            activations: σ of the hidden units: one name, or several, which the candidates take in turn. Not "softmax"
                or "log_softmax".
            candidates: how many units compete for each place, from 1 to 10000.
            max_units: end with so many hidden units, from 1 to 4999. A pass of the network keeps some max_units² / 2
                floats for each row.
            max_iterations: the most iterations of L-BFGS for the outputs each time, and for each candidate; ≥ 1.
            target_cost: end where C of x is no larger; None: no target.
            patience: end after so many units without a lower cost, that of the validation data if there are any; 0: go
                on.
            min_delta: by how much a cost must be lower for patience to begin anew; ≥ 0.
            seed: of the first weights.
            validation_data: (x, targets) or (x, targets, sample_weight) to measure on after each unit; never trained
                on.
            threads: how many threads share the training of the outputs; 0: the library decides.
            on_unit: called with a CascadeUnit for the network without hidden units and after each new one. It returns
                True to stop. What it raises comes out of cascade.

        Returns:
            A built network like others, with the layers "unit1", "features1" (a concatenation of what the unit reads
            and the unit), "unit2", … and "output": the one with the lowest cost of those that it was while it grew, the
            cost of the validation data if there are any.
        """
        pointer = grow(
            x,
            targets,
            sample_weight,
            validation_data,
            cost,
            None if outputs is None else count(outputs, "outputs"),
            output_activation,
            activations,
            on_unit,
            {
                "candidates": count(candidates, "candidates"),
                "max_units": count(max_units, "max_units"),
                "max_iterations": count(max_iterations, "max_iterations"),
                "target_cost": -math.inf if target_cost is None else target_cost,
                "patience": count(patience, "patience"),
                "min_delta": min_delta,
                "seed": seed_value(seed),
                "threads": count(threads, "threads"),
            },
        )
        return cls._around(pointer)

    @classmethod
    def _around(cls, pointer: Any) -> Network:
        network = cls.__new__(cls)
        network._adopt(pointer)
        return network

    # Files

    def save(self, path: str | os.PathLike[str]) -> None:
        """Writes the layers and parameters to a safetensors file, atomically."""
        check(library.crl_network_save(self._open(), encoded_path(path)))

    @classmethod
    def load(cls, path: str | os.PathLike[str]) -> Network:
        """A built network from a file that save() wrote."""
        (pointer,) = results(library.crl_network_load, encoded_path(path))
        return cls._around(pointer)

    def load_parameters(self, path: str | os.PathLike[str]) -> None:
        """Reads parameters into this built network; the file must hold the same tensors."""
        check(library.crl_network_load_parameters(self._open(), encoded_path(path)))
