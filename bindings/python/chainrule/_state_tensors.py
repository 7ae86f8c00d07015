"""How a network's tensors become PyTorch's, and these a network's."""

from __future__ import annotations

from collections.abc import Mapping
from typing import TYPE_CHECKING, Any

import numpy as np

from ._arrays import numbers
from ._errors import ArgumentTypeError
from ._exchange import as_float32, read_tensors, set_tensors, tensors_of
from ._names import check_name
from ._pytorch import Form, forms_of
from ._pytorch_names import Module, Source, matched, modules_of, own_modules, refuse, shape_of

if TYPE_CHECKING:
    import numpy.typing as npt

    from ._handles import FloatArray
    from ._network import Network
    from ._state_dict import StateDict


def load(
    network: Network, given: StateDict, names: Mapping[str, str] | None, strict: bool, flattened: str | None
) -> tuple[tuple[str, ...], tuple[str, ...]]:
    """Network.load_state_dict(): the names of what is missing, and of what was not expected."""
    theirs = _arrays(given)
    ours = tensors_of(network)
    forms = _forms(network, ours, flattened)
    chosen, unexpected = _chosen(forms, theirs, names, strict)
    loaded: dict[str, FloatArray] = {}
    for form in forms:
        name = form.wanted.name
        if name in chosen:
            taken = {tensor: _joined(sources, theirs) for tensor, sources in chosen[name].sources.items()}
            loaded.update({f"{name}.{tensor}": array for tensor, array in form.ours(taken).items()})
    set_tensors(network, {**ours, **loaded})
    return (tuple(name for name in ours if name not in loaded), tuple(unexpected))


def made(
    network: Network, names: Mapping[str, str] | None, like: StateDict | None, flattened: str | None
) -> dict[str, FloatArray]:
    """Network.state_dict()."""
    ours = tensors_of(network)
    forms = _forms(network, ours, flattened)
    given = {} if like is None else _arrays(like)
    # What no layer has, such as a count of batches, stays as it is given.
    tensors: dict[str, Any] = {key: array.copy() for key, array in given.items()}
    if like is None:
        modules = own_modules([form.wanted for form in forms], network.layers, _checked(names))
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
        tensors[key] = np.ascontiguousarray(joined)
        if key in given:
            tensors[key] = _like(tensors[key], given[key].shape, key)
    return tensors


def _forms(network: Network, tensors: dict[str, FloatArray], flattened: str | None) -> list[Form]:
    if flattened is not None:
        check_name(("channels_first", "channels_last"), flattened, "flattened")
    return forms_of(network._open(), network.layers, tensors, flattened)


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
