"""Networks from Keras' models."""

from __future__ import annotations

import math
import re
from collections import Counter
from collections.abc import Iterator, Sequence
from typing import TYPE_CHECKING, Any, NamedTuple

from ._exchange import refused, set_tensors
from ._network import Network
from ._safetensors import malformed

if TYPE_CHECKING:
    from ._files import AnyPath
    from ._keras_file import KerasFile


def from_keras(path: AnyPath, shape: Sequence[int] | None = None) -> Network:
    """A built network that computes what a Keras model does. Keras is not needed, and nothing in a file is run.

    It reads Sequential and Functional models with one output, of the layers that docs/models-from-elsewhere.md lists.
    Channels are last in both. Several inputs are parts of a row of x, in the model's order.
    What a recurrent layer drops out in training is left out.

    Parameters
    ----------
    path
        Of a file that model.save() wrote: .keras, or .h5 of Keras 2 or 3.
    shape
        Of one sample of x, without the rows, if the model leaves a length open; for models with one input.

    Returns
    -------
    Network
        Built, with Keras' names of layers.

    Raises
    ------
    ArgumentError
        The model has a layer, or an option of one, that is not read. The message names it.
    FileFormatError
        The file is damaged, or a layer's weights have another shape than the layer says.

    Examples
    --------
    >>> model.save("model.keras")  # in Keras
    >>> network = chainrule.from_keras("model.keras")
    >>> network.predict(x)  # x as for model.predict()
    """
    from ._keras_file import KerasFile

    file = KerasFile(path)
    try:
        return _network(file, shape)
    # A config that Keras did not write: something is missing, or of another type.
    except (ArithmeticError, AttributeError, LookupError, RecursionError, TypeError, ValueError) as error:
        if type(error).__module__.startswith(__package__ or ""):
            raise
        raise malformed(f"the model's config is not as Keras writes it: {type(error).__name__}: {error}") from None


class _Entry(NamedTuple):
    """A layer of a model: its class, its name, the names of the layers that it reads, and its options."""

    kind: str
    name: str
    inputs: list[str]
    config: dict[str, Any]


def _network(file: KerasFile, shape: Sequence[int] | None) -> Network:
    # Importing all layers takes a while, and few programs need them.
    from ._keras_building import Building, Given
    from ._keras_layers import add

    entries, inputs, output = _entries(file.config)
    shapes = [_shape(entry, shape if len(inputs) == 1 else None) for entry in inputs]
    network = Network(sum(math.prod(extents) for extents in shapes))
    building = Building(network, file.version)
    names = _Names()
    twice = [name for name, number in Counter(entry.name for entry in entries).items() if number > 1]
    if twice:
        raise refused(f"the model has several layers {twice[0]!r}")
    for entry, extents in zip(inputs, shapes):
        if len(inputs) == 1 and len(extents) == 1:
            names.ours[entry.name] = "input"
            continue
        name = names.new(entry.name)
        if len(inputs) == 1:
            network.add_reshape(extents, name=name)
        else:
            network.add_input(name, extents)
        building.know(name)
    weights = file.weights([(entry.kind, entry.name) for entry in entries])
    for entry in entries:
        if entry.kind != "InputLayer":
            sources = [names.ours[name] for name in entry.inputs]
            given = Given(entry.kind, names.new(entry.name), sources, entry.config, weights[entry.name])
            add(building, given)
    if names.ours[output] != network.layers[-1].name:  # the last layer is the output here
        raise refused(f"the output {output!r} is not the model's last layer, {entries[-1].name!r}")
    network.build()
    set_tensors(network, building.tensors)
    return network


class _Names:
    """The names of layers here: those of Keras, whose letters are not restricted.

    Attributes
    ----------
    ours
        By Keras'.
    """

    def __init__(self) -> None:
        self.ours: dict[str, str] = {}
        self._used = {"input"}

    def new(self, name: str) -> str:
        made = plain = re.sub(r"[^A-Za-z0-9_-]", "_", name)[:40] or "_"
        number = 1
        while made in self._used:
            made, number = f"{plain}_{number}", number + 1
        self._used.add(made)
        self.ours[name] = made
        return made


def _entries(model: dict[str, Any]) -> tuple[list[_Entry], list[_Entry], str]:
    """The layers of a model in order, those that are its inputs, and the name of the one that is its output."""
    kind, config = model["class_name"], model["config"]
    # Keras 2 once wrote a Sequential's layers without its name.
    if isinstance(config, list):
        config = {"layers": config}
    layers = config["layers"]
    if kind == "Sequential":
        entries = [_Entry(each["class_name"], _name(each), [], each["config"]) for each in layers]
        if not entries:
            raise refused("the model has no layers")
        if entries[0].kind != "InputLayer":
            first = {"batch_shape": config.get("build_input_shape"), **entries[0].config}
            entries.insert(0, _Entry("InputLayer", "inputs of the model", [], first))
        entries = [entry._replace(inputs=[before.name]) for before, entry in zip([entries[0], *entries], entries)]
        return entries, entries[:1], entries[-1].name
    if kind not in ("Functional", "Model"):
        raise refused(f"the model is a {kind}; Sequential and Functional are read")
    entries = [
        _Entry(each["class_name"], each["name"], _sources(each["name"], each["inbound_nodes"]), each["config"])
        for each in layers
    ]
    by_name = {entry.name: entry for entry in entries}
    outputs = _histories(config["output_layers"])
    if len(outputs) != 1:
        raise refused(f"the model has {len(outputs)} outputs, {', '.join(outputs)}; one is read")
    return entries, [by_name[name] for name in _histories(config["input_layers"])], outputs[0]


def _name(layer: dict[str, Any]) -> str:
    name: str = layer["config"]["name"]
    return name


def _shape(entry: _Entry, given: Sequence[int] | None) -> list[int]:
    """The shape of an input, without the rows."""
    whole = entry.config.get("batch_shape") or entry.config.get("batch_input_shape")
    extents = list(given) if given is not None else list(whole[1:]) if whole else []
    if not extents or None in extents:
        raise refused(f"the input {entry.name!r} has the shape {whole}: give the shape of one sample")
    if given is not None and whole and [n or m for n, m in zip(whole[1:], extents)] != extents:
        raise refused(f"shape is {extents}, and the input {entry.name!r} has {whole[1:]}")
    return extents


def _histories(given: list[Any]) -> list[str]:
    """The names in ["name", 0, 0], or in several of these."""
    return [history[0] for history in (given if isinstance(given[0], list) else [given])]


def _sources(name: str, nodes: list[Any]) -> list[str]:
    """The names of the layers that a layer of a Functional model reads."""
    if not nodes:
        return []
    if len(nodes) > 1:
        raise refused(f"the layer {name!r} is used {len(nodes)} times; a layer is read once")
    if isinstance(nodes[0], list):
        # Keras 2: [["name", 0, 0, {}], …]
        histories = nodes[0]
        named = [history[3] for history in histories]
    else:
        histories = list(_tensors(nodes[0]["args"]))
        named = [list(_tensors(value)) for value in nodes[0]["kwargs"].values()]
    if any(named):
        raise refused(f"the layer {name!r} is called with {named}; only inputs are read")
    if any(history[2] != 0 for history in histories):
        raise refused(f"the layer {name!r} reads another output than the first of a layer")
    return [history[0] for history in histories]


def _tensors(value: Any) -> Iterator[list[Any]]:
    """Where the tensors come from that a call in Keras 3 was given: ["name", 0, 0] of each."""
    if isinstance(value, dict) and value.get("class_name") == "__keras_tensor__":
        yield value["config"]["keras_history"]
    elif isinstance(value, (list, dict)):
        for part in value.values() if isinstance(value, dict) else value:
            yield from _tensors(part)
