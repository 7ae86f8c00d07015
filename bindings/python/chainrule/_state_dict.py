"""Parameters from PyTorch, and for it."""

from __future__ import annotations

from collections.abc import Mapping
from typing import TYPE_CHECKING, Any, NamedTuple, Union

import numpy as np

from ._arrays import numbers
from ._errors import ArgumentTypeError
from ._exchange import as_float32, read_tensors, set_tensors, tensors_of
from ._files import AnyPath
from ._handles import NativeObject
from ._names import enumerator
from ._pytorch import Form, forms_of
from ._pytorch_names import Module, Source, matched, modules_of, own_modules, refuse, shape_of

if TYPE_CHECKING:
    import numpy.typing as npt

    from ._handles import FloatArray
    from ._layers import Layer

StateDict = Union[Mapping[str, Any], AnyPath]


class LeftOut(NamedTuple):
    """What Network.load_state_dict() did not load.

    Attributes:
        missing: the network's tensors that keep their values.
        unexpected: the state_dict's tensors that no layer has read.
    """

    missing: tuple[str, ...]
    unexpected: tuple[str, ...]


class StateDicts(NativeObject):
    """A network's tensors under PyTorch's names and in its layout."""

    __slots__ = ()

    @property
    def layers(self) -> tuple[Layer, ...]:
        raise NotImplementedError

    def load_state_dict(
        self,
        given: StateDict,
        names: Mapping[str, str] | None = None,
        *,
        strict: bool = True,
        flattened: str | None = None,
    ) -> LeftOut:
        """Takes over the weights of a PyTorch module of the same shape into this built network.

            network = Network((28, 28, 1)).add_convolution(6, 5, "relu").add_pooling("maximum", 2)
            network.add_flatten().add_dense(10).build()
            network.load_state_dict("lenet.pt", names={"conv1": "1", "fc": "4"})

        Layouts are converted: of convolutions, of what reads a flattened image, of recurrent layers' biases, of
        nn.MultiheadAttention. torch is not needed.

        Args:
            given: the path of a file that safetensors.torch.save_file() or torch.save() wrote (see
                chainrule.read_tensors()), or a mapping from names to arrays or tensors.
            names: from names of modules to names of layers, {"fc1": "hidden"}. Those left out are matched by a rule:
                if all names agree, a dot being "_", by names; otherwise in order, each layer with the next module that
                has its tensors' shapes. A recurrent module's second layer is called "rnn_l1"; of two directions,
                "rnn_forward" and "rnn_backward"; names can hold "rnn" alone. An nn.MultiheadAttention has the name of
                the add_attention().
            strict: whether all tensors must be there, and no others. Otherwise only names match; layers without a
                module keep their values.
            flattened: where the channels of flattened images are in PyTorch: "channels_first" or "channels_last".
                None: first, if a convolution, a pooling or a normalization gave the image, or it has three axes
                itself; last after recurrent, dense and embedding layers.

        Returns:
            What was left out, if not strict.

        Raises:
            ArgumentError: shapes differ, or tensors are missing or too many: the message lists them. Nothing changed.
            FileFormatError: see chainrule.read_tensors().
        """
        theirs = _arrays(given)
        ours = tensors_of(self)
        forms = self._forms(ours, flattened)
        chosen, unexpected = _chosen(forms, theirs, names, strict)
        loaded: dict[str, FloatArray] = {}
        for form in forms:
            name = form.wanted.name
            if name in chosen:
                taken = {tensor: _joined(sources, theirs) for tensor, sources in chosen[name].sources.items()}
                loaded.update({f"{name}.{tensor}": array for tensor, array in form.ours(taken).items()})
        set_tensors(self, {**ours, **loaded})
        return LeftOut(tuple(name for name in ours if name not in loaded), tuple(unexpected))

    def state_dict(
        self,
        names: Mapping[str, str] | None = None,
        *,
        like: StateDict | None = None,
        flattened: str | None = None,
    ) -> dict[str, FloatArray]:
        """The parameters and the state as PyTorch has them, in new arrays.

            module.load_state_dict({name: torch.from_numpy(array) for name, array in network.state_dict().items()})
            safetensors.numpy.save_file(network.state_dict(), "weights.safetensors")

        Args:
            names: from PyTorch's names of modules to those of layers, as for load_state_dict(). A layer that it leaves
                out has its own name.
            like: a state_dict of the module that is to take them: the result has its names, and what load_state_dict()
                would read from where, is there. None: recurrent layers become modules of one layer.
            flattened: as for load_state_dict().

        Raises:
            ArgumentError: PyTorch does not have such a layer, or `like` does not fit.
        """
        ours = tensors_of(self)
        forms = self._forms(ours, flattened)
        given = {} if like is None else _arrays(like)
        # What no layer has, such as a count of batches, stays as it is given.
        made: dict[str, Any] = {key: array.copy() for key, array in given.items()}
        if like is None:
            modules = own_modules([form.wanted for form in forms], self.layers, _checked(names))
            chosen = {module.name: module for module in modules}
        else:
            chosen, _ = _chosen(forms, given, names, True)
        parts: dict[str, list[tuple[Source, FloatArray]]] = {}
        for form in forms:
            name = form.wanted.name
            prefix = f"{name}."
            layer = {key[len(prefix) :]: tensor for key, tensor in ours.items() if key.startswith(prefix)}
            for tensor, array in form.theirs(layer).items():
                sources = chosen[name].sources[tensor]
                for source, part in zip(sources, np.split(array, len(sources))):
                    parts.setdefault(source.key, []).append((source, part))
        for key, pieces in parts.items():
            joined = np.concatenate([part for _, part in sorted(pieces, key=lambda piece: piece[0].begin)])
            made[key] = np.ascontiguousarray(joined)
            if key in given:
                made[key] = _like(made[key], given[key].shape, key)
        return made

    def _forms(self, tensors: dict[str, FloatArray], flattened: str | None) -> list[Form]:
        if flattened is not None:
            enumerator({"channels_first": 0, "channels_last": 1}, flattened, "flattened")
        return forms_of(self._open(), self.layers, tensors, flattened)


def _checked(names: Mapping[str, str] | None) -> Mapping[str, str]:
    if names is None:
        return {}
    if not isinstance(names, Mapping) or not all(isinstance(name, str) for pair in names.items() for name in pair):
        raise ArgumentTypeError(f"names must be a mapping from strings to strings, not {names!r:.200}")
    return names


def _arrays(given: StateDict) -> dict[str, npt.NDArray[Any]]:
    """The tensors of a state_dict as arrays."""
    tensors = given if isinstance(given, Mapping) else read_tensors(given)
    arrays = {}
    for name, tensor in tensors.items():
        if isinstance(tensor, Mapping):
            raise ArgumentTypeError(f"{name!r} is a mapping itself: give that, such as read_tensors(path)[{name!r}]")
        # A tensor of torch: numpy has no bfloat16, and sees neither gradients nor other devices.
        array = tensor.detach().cpu().double().numpy() if hasattr(tensor, "detach") else tensor
        arrays[str(name)] = numbers(array, str(name))
    return arrays


def _chosen(
    forms: list[Form], theirs: dict[str, npt.NDArray[Any]], names: Mapping[str, str] | None, strict: bool
) -> tuple[dict[str, Module], list[str]]:
    """The module for each layer, its shapes checked; and what no layer reads."""
    wanted = {form.wanted.name: form.wanted for form in forms}
    shapes = {key: array.shape for key, array in theirs.items()}
    modules = modules_of(shapes, _checked(names), set(wanted))
    chosen = matched(list(wanted.values()), modules, shapes, is_by_name=not strict)
    wrong, missing = [], []
    read: set[str] = set()
    for name, layer in wanted.items():
        sources = chosen[name].sources if name in chosen else {}
        absent = [f"{name}.{tensor}" for tensor in layer.shapes if tensor not in sources]
        missing += absent
        if absent:
            chosen.pop(name, None)
            continue
        for tensor, shape in layer.shapes.items():
            read.update(source.key for source in sources[tensor])
            given = shape_of(sources[tensor], shapes)
            if not layer.agrees(tensor, given):
                keys = ", ".join(source.key for source in sources[tensor])
                wrong.append(f"{keys} has {given}, but {name}.{tensor} needs {shape}")
        chosen[name] = chosen[name]._replace(sources={tensor: sources[tensor] for tensor in layer.shapes})
    unexpected = [key for key in shapes if key not in read and not key.endswith("num_batches_tracked")]
    refuse("wrong shapes", wrong)
    if strict:
        refuse("the state_dict does not have these tensors", missing)
        refuse("the network has no layer for these tensors", unexpected)
    return chosen, unexpected


def _like(array: FloatArray, shape: tuple[int, ...], key: str) -> FloatArray:
    """The array in the shape that PyTorch has: an axis for rows, or one slope for all channels."""
    if shape != (1,):
        return array.reshape(shape)
    refuse(f"the channels have different slopes, and PyTorch one for all of {array.size}", [key] * bool(np.ptp(array)))
    return array[:1]


def _joined(sources: list[Source], theirs: dict[str, npt.NDArray[Any]]) -> FloatArray:
    parts = [theirs[key] if end is None else theirs[key][begin:end] for key, begin, end in sources]
    return as_float32(parts[0] if len(parts) == 1 else np.concatenate(parts), sources[0].key)
