"""A network in the making from a Keras model: what the functions of all its layers need."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, NamedTuple

from ._exchange import as_float32, refused
from ._layout import shape_of
from ._safetensors import malformed

if TYPE_CHECKING:
    import numpy.typing as npt

    from ._handles import FloatArray
    from ._network import Network

# Keras' names for σ, and α where it differs from ours.
ACTIVATIONS: dict[str, tuple[str, float | None]] = {
    "linear": ("identity", None),
    "relu": ("relu", None),
    "relu6": ("clipped_relu", 6.0),
    "leaky_relu": ("leaky_relu", 0.2),
    "elu": ("elu", 1.0),
    "hard_silu": ("hard_swish", None),
    "hard_swish": ("hard_swish", None),
    "swish": ("silu", None),
    "sigmoid": ("sigmoid", None),
    "tanh": ("tanh", None),
    "softmax": ("softmax", None),
    "log_softmax": ("log_softmax", None),
    "selu": ("selu", None),
    "softplus": ("softplus", None),
    "softsign": ("softsign", None),
    "gelu": ("gelu", None),
    "silu": ("silu", None),
    "exponential": ("exponential", None),
    "hard_sigmoid": ("hard_sigmoid", None),
    "mish": ("mish", None),
}


class Given(NamedTuple):
    """A layer of Keras.

    Attributes
    ----------
    kind
        Its class.
    name
        Of ours that it becomes, the last one if there are several.
    inputs
        The names of ours that it reads.
    config
        Its options.
    arrays
        Its weights.
    """

    kind: str
    name: str
    inputs: list[str]
    config: dict[str, Any]
    arrays: list[npt.NDArray[Any]]

    @property
    def source(self) -> str:
        """The only layer that it reads."""
        if len(self.inputs) != 1:
            raise refused(f"the layer {self.name!r}, a {self.kind}, reads {len(self.inputs)} layers; one is read")
        return self.inputs[0]

    def only(self, **options: Any) -> None:
        """Refuses options that have another value than this, or none."""
        for key, value in options.items():
            given = self.config.get(key)
            if given not in (None, value):
                raise refused(f"the layer {self.name!r} has {key} = {given!r:.100}; only {value!r} is read")

    def take(self, **shapes: tuple[int, ...] | None) -> dict[str, FloatArray]:
        """The weights in their order, by names for them, if they have these shapes. None: there is no such one."""
        wanted = {key: shape for key, shape in shapes.items() if shape is not None}
        given = [array.shape for array in self.arrays]
        if given != list(wanted.values()):
            raise malformed(f"the layer {self.name!r} has weights of {given}, not of {list(wanted.values())}")
        return {key: as_float32(array, f"{self.name}.{key}") for key, array in zip(wanted, self.arrays)}


class Building:
    """A network that is being described, and its tensors.

    Attributes
    ----------
    network
        Not built yet.
    tensors
        For it, by our names.
    """

    def __init__(self, network: Network, version: str) -> None:
        self.network = network
        self.tensors: dict[str, FloatArray] = {}
        self._version = version
        self._shapes: dict[str, tuple[int, ...]] = {}

    def shape(self, name: str) -> tuple[int, ...]:
        """The shape of a layer that was added."""
        return (self.network.inputs,) if name == "input" else self._shapes[name]

    def channels(self, name: str) -> int:
        """The last axis of a layer that was added."""
        return self.shape(name)[-1]

    def know(self, name: str, tensors: dict[str, FloatArray] | None = None) -> None:
        """Remembers the layer that was added last, and its tensors."""
        self._shapes[name] = shape_of(self.network._open(), len(self._shapes))
        self.tensors.update({f"{name}.{key}": tensor for key, tensor in (tensors or {}).items()})

    def activation(self, given: Given) -> dict[str, Any]:
        """The arguments for the activation of a layer."""
        name = given.config.get("activation") or "linear"
        if not isinstance(name, str) or name not in ACTIVATIONS:
            raise refused(
                f"the layer {given.name!r} has the activation {name!r:.100}; there are {', '.join(ACTIVATIONS)}"
            )
        if name == "hard_sigmoid" and self._version.startswith("2"):
            raise refused(f"the layer {given.name!r} has the hard_sigmoid of Keras 2, which has another slope")
        activation, alpha = ACTIVATIONS[name]
        return {"activation": activation, "alpha": alpha}

    def merge(self, how: str, name: str, inputs: list[str]) -> None:
        """Adds a layer that combines others, named as the method that adds it."""
        if how in ("sum", "mean", "concatenation"):
            getattr(self.network, f"add_{how}")(inputs, name=name)
        elif len(inputs) == 2:
            getattr(self.network, f"add_{how}")(*inputs, name=name)
        else:
            raise refused(f"the layer {name!r} is a {how} of {len(inputs)} layers; two are read")
        self.know(name)
