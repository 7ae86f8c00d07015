"""Which tensors of a PyTorch state_dict belong to which layer of a network."""

from __future__ import annotations

import re
from collections.abc import Iterable, Mapping
from typing import TYPE_CHECKING, NamedTuple

from ._exchange import refused

if TYPE_CHECKING:
    from ._layers import Layer

    Shape = tuple[int, ...]

RECURRENT = ("rnn", "gru", "lstm")
# Layers of numbers alone: a module's parameter or buffer.
_NUMBERS = ("parameter", "constant")
_PLAIN = ("weight", "bias", "running_mean", "running_var")
_OF_RECURRENT = re.compile(r"(weight_ih|weight_hh|bias_ih|bias_hh)(?:_l(\d+))?(_reverse)?")
# nn.MultiheadAttention's tensors: what they are, and the parts that they hold.
_OF_ATTENTION = {
    "in_proj_weight": ("weight", "qkv"),
    "in_proj_bias": ("bias", "qkv"),
    "q_proj_weight": ("weight", "q"),
    "k_proj_weight": ("weight", "k"),
    "v_proj_weight": ("weight", "v"),
}
# The dense layers of add_attention() before the attention, and the parts that they hold.
_GROUPS = {"_in": "qkv", "_query": "q", "_key": "k", "_value": "v", "_key_value": "kv"}


class Source(NamedTuple):
    """Rows of a tensor of the state_dict; without an end all of it."""

    key: str
    begin: int = 0
    end: int | None = None


class Module(NamedTuple):
    """What one layer can take.

    A module of PyTorch can be several: one for each layer and direction of a recurrent one, one for each projection.

    Attributes
    ----------
    name
        The module's, or the one that the caller gave it; empty for the state_dict of the module itself.
    is_named
        Whether the caller gave it.
    is_reverse
        Whether it goes from the last step to the first.
    sources
        For each of its tensors what makes it, one after another.
    """

    name: str
    is_named: bool
    is_reverse: bool
    sources: dict[str, list[Source]]


class Wanted(NamedTuple):
    """What a layer takes.

    Attributes
    ----------
    name
        The layer's.
    kind
        The layer's.
    is_backwards
        Whether it goes from the last step to the first.
    shapes
        Those of PyTorch's tensors.
    """

    name: str
    kind: str
    is_backwards: bool
    shapes: dict[str, Shape]

    def agrees(self, tensor: str, given: Shape) -> bool:
        """Whether a tensor of this shape can be the layer's: axes of 1 do not matter, as for the rows of a batch."""
        # A PReLU of one slope has it for all channels.
        return _long(given) == _long(self.shapes[tensor]) or (self.kind == "prelu" and given == (1,))

    def fits(self, module: Module, shapes: Mapping[str, Shape]) -> bool:
        """Whether a module without a name is whole and has the shapes."""
        if self.shapes.keys() != module.sources.keys() or (module.is_reverse and not self.is_backwards):
            return False
        given = {tensor: shape_of(sources, shapes) for tensor, sources in module.sources.items()}
        # Axes of 1 matter here: with them a scale and an offset look like a dense layer.
        is_one = self.kind in ("prelu", *_NUMBERS)
        return all(
            self.agrees(tensor, shape) if is_one else shape == self.shapes[tensor] for tensor, shape in given.items()
        )


def _long(shape: Shape) -> list[int]:
    return [length for length in shape if length != 1]


def shape_of(sources: list[Source], shapes: Mapping[str, Shape]) -> Shape:
    """The shape of the sources together."""
    whole = shapes[sources[0].key]
    if sources[0].end is None:
        return whole
    return (sum((source.end or 0) - source.begin for source in sources), *whole[1:])


def modules_of(shapes: Mapping[str, Shape], names: Mapping[str, str], layers: set[str]) -> list[Module]:
    """The modules of a state_dict in its order.

    Parameters
    ----------
    shapes
        Of its tensors.
    names
        What the caller calls modules.
    layers
        The names of the network's layers.
    """
    found: dict[str, Module] = {}
    used: set[str] = set()
    pairs = {key.rpartition(".")[0] for key in shapes if key.endswith("_reverse")}
    attentions = {key.rpartition(".")[0] for key in shapes if key.rpartition(".")[2] in _OF_ATTENTION}

    def add(base: str, end: str, tensor: str, sources: list[Source], is_reverse: bool = False) -> None:
        alias, name = _renamed(base, end, names)
        used.update(alias)
        module = found.setdefault(base + end, Module(name, bool(alias), is_reverse, {}))
        module.sources.setdefault(tensor, []).extend(sources)

    for key, shape in shapes.items():
        base, _, last = key.rpartition(".")
        recurrent = _OF_RECURRENT.fullmatch(last)
        if recurrent:
            tensor, number, reverse = recurrent.groups()
            direction = ("_backward" if reverse else "_forward") if base in pairs else ""
            end = ("" if number in (None, "0") else f"_l{number}") + direction
            add(base, end, tensor, [Source(key)], bool(reverse))
        elif last in _OF_ATTENTION:
            tensor, parts = _OF_ATTENTION[last]
            rows = shape[0] // len(parts) if shape else 0
            for group in _groups(plain(_renamed(base, "", names)[1]), base, shapes, layers):
                places = [place for place, part in enumerate(parts) if part in _GROUPS[group]]
                if places:
                    add(base, group, tensor, [Source(key, at * rows, (at + 1) * rows) for at in places])
        elif f".{base}".endswith(".out_proj") and base[: -len(".out_proj")] in attentions:
            add(base[: -len(".out_proj")], "", last, [Source(key)])
        elif last in _PLAIN:
            add(base, "", last, [Source(key)])
        elif last != "num_batches_tracked":
            add(key, "", "value", [Source(key)])
    refuse("names has modules that the state_dict does not have", names.keys() - used)
    return list(found.values())


def plain(name: str) -> str:
    """The name that a layer can have for a module's: without dots."""
    return name.replace(".", "_")


def _groups(name: str, base: str, shapes: Mapping[str, Shape], layers: set[str]) -> list[str]:
    """The dense layers that hold an attention's queries, keys and values."""
    there = [group for group in _GROUPS if name + group in layers]
    has_one = f"{base}.in_proj_weight".lstrip(".") in shapes
    return there or (["_in"] if has_one else ["_query", "_key", "_value"])


def _renamed(base: str, end: str, names: Mapping[str, str]) -> tuple[list[str], str]:
    """What the caller calls a module by, with its layer and direction or without, or nothing; and its name."""
    name = base + end
    for alias in (name, re.sub("_(forward|backward)$", "", name), base):
        if alias in names:
            return [alias], names[alias] + name[len(alias) :]
    return [], name


def own_modules(wanted: list[Wanted], layers: tuple[Layer, ...], names: Mapping[str, str]) -> list[Module]:
    """The modules of the network's own state_dict: its layers', under the names that `names` gives them."""
    theirs = {ours: name for name, ours in names.items()}
    heads = {layer.name[: -len("_heads")] for layer in layers if layer.kind == "attention"}
    pairs = {layer.name for layer in layers if layer.inputs == (f"{layer.name}_forward", f"{layer.name}_backward")}
    nameable = {layer.name for layer in wanted} | heads | pairs
    refuse("names gives layers that the network does not have, or that have no parameters", theirs.keys() - nameable)
    of_head = {head + group: (head, parts) for head in heads for group, parts in _GROUPS.items()}
    uneven = {of_head[layer.name][0] for layer in wanted if layer.name in of_head and _is_uneven(layer, of_head)}
    made = []
    for layer in wanted:
        stem, _, direction = layer.name.rpartition("_")
        is_pair = stem in pairs and direction in ("forward", "backward")
        base = theirs.get(layer.name, layer.name)
        if layer.kind in RECURRENT:
            base = theirs.get(stem, stem) if is_pair else base
            end = "_l0_reverse" if is_pair and direction == "backward" else "_l0"
            keys = {tensor: [Source(f"{base}.{tensor}{end}")] for tensor in layer.shapes}
        elif layer.kind in _NUMBERS:
            keys = {"value": [Source(base)]}
        elif layer.name in of_head:
            head, parts = of_head[layer.name]
            keys = _attention_keys(theirs.get(head, head), parts, layer, head in uneven)
        else:
            out = ".out_proj" if layer.name in heads else ""
            keys = {tensor: [Source(f"{base}{out}.{tensor}")] for tensor in layer.shapes}
        made.append(Module(layer.name, True, False, keys))
    return made


def _is_uneven(layer: Wanted, of_head: Mapping[str, tuple[str, str]]) -> bool:
    """Whether keys or values are made of other widths than queries: PyTorch has a weight for each then."""
    rows, columns = layer.shapes["weight"]
    return rows != columns * len(of_head[layer.name][1])


def _attention_keys(base: str, parts: str, layer: Wanted, is_uneven: bool) -> dict[str, list[Source]]:
    rows = layer.shapes["weight"][0] // len(parts)
    places = ["qkv".index(part) for part in parts]
    keys = {
        tensor: [Source(f"{base}.in_proj_{tensor}", place * rows, (place + 1) * rows) for place in places]
        for tensor in layer.shapes
    }
    if is_uneven:
        keys["weight"] = [Source(f"{base}.{part}_proj_weight", 0, rows) for part in parts]
    return keys


def matched(
    wanted: list[Wanted], modules: list[Module], shapes: Mapping[str, Shape], is_by_name: bool
) -> dict[str, Module]:
    """The module for each layer: that of its name if all names agree, or else the next one of the same shapes.

    Parameters
    ----------
    wanted
        By the layers.
    modules
        Of the state_dict.
    shapes
        Of its tensors, in its order.
    is_by_name
        Whether only names decide. Layers can stay without a module.
    """
    chosen = {plain(module.name): module for module in modules if module.is_named}
    unknown = chosen.keys() - {layer.name for layer in wanted}
    refuse("names gives layers that the network does not have, or that have no parameters", unknown)
    free = [module for module in modules if not module.is_named]
    left = [layer for layer in wanted if layer.name not in chosen]
    same = {plain(module.name): module for module in free}
    if is_by_name or {layer.name for layer in left} == set(same):
        chosen.update({layer.name: same[layer.name] for layer in left if layer.name in same})
        return chosen
    # A file of safetensors can be sorted by name. A module is not: its weight comes before its bias.
    is_ordered = list(shapes) != sorted(shapes)
    if not is_ordered:
        free.sort(key=lambda module: _natural(module.name))
    for layer in left:
        fitting = [module for module in free if layer.fits(module, shapes)]
        if not fitting:
            raise refused(
                f"no module is left for the layer {layer.name!r} with {_text(layer.shapes)}; "
                f"{_modules_text(free, shapes)}. Give names: {{their name: {layer.name!r}}}"
            )
        if not is_ordered and len({re.sub(r"\d+", "", module.name) for module in fitting}) > 1:
            raise refused(
                f"the names are sorted, so the order is unknown: which of {', '.join(each.name for each in fitting)} "
                f"is the layer {layer.name!r}? Give names: {{their name: {layer.name!r}}}"
            )
        chosen[layer.name] = fitting[0]
        free.remove(fitting[0])
    return chosen


def _text(shapes: Mapping[str, Shape]) -> str:
    return ", ".join(f"{name} {shape}" for name, shape in shapes.items())


def _modules_text(modules: list[Module], shapes: Mapping[str, Shape]) -> str:
    texts = []
    for module in modules[:6]:
        given = {tensor: shape_of(sources, shapes) for tensor, sources in module.sources.items()}
        texts.append(f"{module.name or 'the module'} has {_text(given)}")
    return ("; ".join(texts) or "there is none") + (f"; {len(modules) - 6} more" if len(modules) > 6 else "")


def _natural(name: str) -> list[tuple[int, int, str]]:
    """To sort by: "layer.2" is before "layer.10"."""
    return [(0, int(part[:18]), "") if part.isdecimal() else (1, 0, part) for part in re.split(r"(\d+)", name)]


def refuse(what: str, names: Iterable[str]) -> None:
    """Raises if there are names."""
    listed = list(names)
    if listed:
        raise refused(f"{what}: {', '.join(listed[:12])}{f' and {len(listed) - 12} more' * (len(listed) > 12)}")
