"""Networks from a list of layers, or from layers that call one another."""

from __future__ import annotations

import functools
import itertools
import math
import re
from collections.abc import Sequence
from typing import TYPE_CHECKING, Any

from ._describing_shapes import Lengths, lengths
from ._errors import ArgumentError, ArgumentTypeError, StateError
from ._network import Network
from ._prototypes import Status

if TYPE_CHECKING:
    from collections.abc import Callable

_order = itertools.count()


class Description:
    """A layer of chainrule.layers, to be added to a network: a method add_…() with its arguments.

    Call it on the Nodes that it reads, and get its own Node.
    """

    __slots__ = ("_axes", "_is_placed", "_keywords", "_kind", "_method", "_preset", "_reads", "_values")

    def __init__(
        self,
        kind: str,
        method: Callable[..., Network],
        preset: tuple[Any, ...],
        values: tuple[Any, ...],
        keywords: dict[str, Any],
        reads: str = "one",
        axes: int | None = None,
    ) -> None:
        """The layer of this kind that method(network, *preset, *values, **keywords) adds.

        `reads`: "one" layer, as the keyword input; a "list" of them, or a "pair", in the preset's place. `axes`: how
        many axes it has before the channels, if their number is fixed.
        """
        self._kind = kind
        self._method = method
        self._preset = preset
        self._values = values
        self._keywords = keywords
        self._reads = reads
        self._axes = axes
        self._is_placed = False

    def __call__(self, *nodes: Node | Sequence[Node], **others: Node) -> Node:
        """The layer's place after the layers that it reads.

        Parameters
        ----------
        nodes
            One or several Nodes, or a sequence of them.
        others
            What an argument of the layer names beside these: key, value, lengths, initial_state.
        """
        if self._is_placed:
            raise StateError(
                f"{self!r} is called a second time: layers share no weights; make another", Status.ERROR_VALUE
            )
        given = (node if isinstance(node, (list, tuple)) else (node,) for node in nodes)
        read: tuple[Any, ...] = tuple(itertools.chain(*given))
        for node in (*read, *others.values()):
            if not isinstance(node, Node):
                raise ArgumentTypeError(f"{self!r} is called on {node!r}; it reads layers: Input(…), or a layer called")
        if "input" in self._keywords:
            raise ArgumentTypeError(f"{self!r} is called, and so has its input already: leave the argument input out")
        wanted = {"one": (0, 1), "pair": (2, 2), "list": (1, len(read))}[self._reads]
        if not wanted[0] <= len(read) <= wanted[1]:
            number = "two layers" if self._reads == "pair" else "one layer"
            raise ArgumentTypeError(f"{self!r} reads {number}; it is called on {len(read)}")
        self._is_placed = True
        return Node(self, read, others)

    def _add_to(self, network: Network, names: Sequence[str] | None = None, **others: str) -> None:
        """Adds the layer to a network, after the layers of these names; None: after the layer before."""
        given = {**self._keywords, **others}
        preset = self._preset
        if self._reads == "one":
            if names:
                given["input"] = names[0]
        elif names is None:
            raise ArgumentTypeError(f"{self!r} reads several layers: Sequential() has one before each; use Model()")
        else:
            preset = (names,) if self._reads == "list" else tuple(names)
        if self._axes is not None:
            found = network._axes_before(given.get("input"))
            if found != self._axes:
                raise ArgumentError(
                    f"{self!r} reads {self._axes} axes and channels; what it reads has {found}, and channels",
                    Status.ERROR_SIZE,
                )
        self._method(network, *preset, *self._values, **given)

    def __repr__(self) -> str:
        given = [*map(repr, self._values), *(f"{name}={value!r}" for name, value in self._keywords.items())]
        return f"{self._kind}({', '.join(given)})"


class Node:
    """A layer in its place: it knows the Nodes that it reads. Input() and calls of layers make it."""

    __slots__ = ("_description", "_name", "_order", "_others", "_read", "_shape")

    def __init__(
        self,
        description: Description | None,
        read: tuple[Node, ...] = (),
        others: dict[str, Node] | None = None,
        shape: Sequence[int] = (),
        name: str | None = None,
    ) -> None:
        """The place of a layer, or without a description an input."""
        self._description = description
        self._read = read
        self._others = others or {}
        self._shape = shape
        self._name = name
        # What a Node reads is made before it.
        self._order = next(_order)

    def __repr__(self) -> str:
        return f"Input({tuple(self._shape)})" if self._description is None else f"<{self._description!r} in its place>"


def Input(shape: Lengths, *, name: str | None = None) -> Node:
    """The input of a network: the first of Sequential(), and what the first layers of Model() are called on.

    Parameters
    ----------
    shape
        Of a sample, channels last: 64, or (28, 28, 1).
    name
        Of one of several inputs.

    Returns
    -------
    Node
        What layers are called on.
    """
    return Node(None, shape=lengths(shape, "shape"), name=name)


def Sequential(layers: Sequence[Node | Description], *, seed: int = 0) -> Network:
    """A built network of layers that read one another in turn.

    Parameters
    ----------
    layers
        An Input, then layers of chainrule.layers.
    seed
        Of the first parameters, as for Network.build().

    Returns
    -------
    Network
        Built.

    Raises
    ------
    ArgumentTypeError
        The first is no Input, or another is no layer.

    Examples
    --------
    >>> from chainrule import Input, Sequential
    >>> from chainrule.layers import Dense
    >>> network = Sequential([Input(64), Dense(100, "relu"), Dense(10)])
    """
    if not isinstance(layers, (list, tuple)) or not layers or not _is_input(layers[0]):
        raise ArgumentTypeError("the first layer of Sequential([…]) must be the input's shape, such as Input(64)")
    network, _ = _begun([layers[0]])
    for place, layer in enumerate(layers[1:], 1):
        if not isinstance(layer, Description):
            raise ArgumentTypeError(f"layers[{place}] of Sequential() is {layer!r}, no layer such as Dense(10)")
        layer._add_to(network)
    return network.build(seed)


def Model(inputs: Node | Sequence[Node], output: Node, *, seed: int = 0) -> Network:
    """A built network from an input to an output, by the layers that lie between them.

    Parameters
    ----------
    inputs
        The Input, or several: they follow one another in a row of x, in this order.
    output
        What the network returns.
    seed
        Of the first parameters, as for Network.build().

    Returns
    -------
    Network
        Built.

    Raises
    ------
    ArgumentError
        The output reads an Input that is not among the inputs.

    Examples
    --------
    >>> x = Input((8, 8, 1))
    >>> h = Conv2D(4, 3, "relu")(x)
    >>> y = Dense(10)(Concatenate()(Flatten()(h), Flatten()(x)))  # what a layer is called on, it reads
    >>> network = Model(x, y)
    """
    given = list(inputs) if isinstance(inputs, (list, tuple)) else [inputs]
    if not given or not all(map(_is_input, given)):
        raise ArgumentTypeError(f"the inputs of Model() must be made by Input(…), not {inputs!r}")
    if not isinstance(output, Node) or output._description is None:
        raise ArgumentTypeError(f"the output of Model() must be a layer called on another, not {output!r}")
    network, names = _begun(given)
    for node in _before(output):
        if node in names:
            continue
        if node._description is None:
            raise ArgumentError(f"the output reads {node!r}, which is not among the inputs", Status.ERROR_NAME)
        others = {keyword: names[other] for keyword, other in node._others.items()}
        node._description._add_to(network, [names[read] for read in node._read], **others)
        names[node] = network.layers[-1].name
    return network.build(seed)


def _is_input(node: object) -> bool:
    return isinstance(node, Node) and node._description is None


def _begun(inputs: Sequence[Any]) -> tuple[Network, dict[Node, str]]:
    """A network that has its inputs alone, and the names of what layers read then."""
    if len(inputs) == 1 and inputs[0]._name is None:
        network = Network(inputs[0]._shape)
        layers = network.layers
        return network, {inputs[0]: layers[-1].name if layers else "input"}
    network, names = Network(sum(math.prod(node._shape) for node in inputs)), {}
    for place, node in enumerate(inputs):
        names[node] = node._name or f"input_{place}"
        network.add_input(names[node], node._shape)
    return network, names


def _before(output: Node) -> list[Node]:
    """The Nodes that the output needs, and itself, each after those that it reads."""
    found, left = {output}, [output]
    while left:
        node = left.pop()
        new = {*node._read, *node._others.values()} - found
        found |= new
        left.extend(new)
    return sorted(found, key=lambda node: node._order)


# What makes a layer out of a method add_…(). Type checkers see the method's own arguments.

if TYPE_CHECKING:
    from typing_extensions import Concatenate, ParamSpec

    P = ParamSpec("P")
    _Plain = Callable[Concatenate[Network, P], Network]
    _Preset = Callable[Concatenate[Network, str, P], Network]
    _Joining = Callable[Concatenate[Network, Sequence[str], P], Network]
    _Pairing = Callable[Concatenate[Network, str, str, P], Network]


def layer(kind: str, method: _Plain[P], axes: int | None = None) -> Callable[P, Description]:
    """The layer that a method adds after one other."""
    return _maker(kind, method, (), "one", axes)


def layer_with(kind: str, method: _Preset[P], first: str, axes: int | None = None) -> Callable[P, Description]:
    """The layer that a method adds with this first argument."""
    return _maker(kind, method, (first,), "one", axes)


def joining(kind: str, method: _Joining[P]) -> Callable[P, Description]:
    """The layer that a method adds after a list of others."""
    return _maker(kind, method, (None,), "list", None)


def pairing(kind: str, method: _Pairing[P]) -> Callable[P, Description]:
    """The layer that a method adds after two others."""
    return _maker(kind, method, (None, None), "pair", None)


def _maker(
    kind: str, method: Callable[..., Network], preset: tuple[Any, ...], reads: str, axes: int | None
) -> Callable[..., Description]:
    # inspect.signature() shows what the method takes after the network and the preset.
    wrapped = functools.partial(method, None, *preset)

    def make(*values: Any, **keywords: Any) -> Description:
        import inspect

        try:
            bound = inspect.signature(wrapped).bind(*values, **keywords)
        except TypeError as error:
            raise ArgumentTypeError(f"{kind}(): {error}") from None
        if axes is not None and bound.arguments.get("kernel") is None:
            raise ArgumentTypeError(f"{kind}() needs a kernel; {kind[:-2]}() takes all positions")
        return Description(kind, method, preset, values, keywords, reads, axes)

    make.__name__ = make.__qualname__ = kind
    make.__module__ = "chainrule.layers"
    make.__doc__ = _documentation(method, len(preset))
    make.__wrapped__ = wrapped  # type: ignore[attr-defined]
    return make


def _documentation(method: Callable[..., Network], preset: int) -> str:
    """The method's docstring, without the first parameters, which the layer gives."""
    given = ", ".join(method.__code__.co_varnames[1 : 1 + preset])
    parts = (method.__doc__ or "").partition("\n")
    rest = re.sub(rf"\n +{given}\n(?: {{12}}.*\n)+", "\n", parts[2]) if preset else parts[2]
    return f"{parts[0]}\n\n        As Network.{method.__name__}() adds it.\n{rest}"
