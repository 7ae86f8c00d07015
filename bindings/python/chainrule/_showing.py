"""How a network shows itself."""

from __future__ import annotations

from typing import TYPE_CHECKING, cast

from ._errors import StateError
from ._handles import NativeObject
from ._layers import layer_text

if TYPE_CHECKING:
    from ._diagram import Diagram
    from ._network import Network
    from ._summary import Summary


class Showing(NativeObject):
    """Shows a network as text, as a table and as a picture."""

    __slots__ = ()

    def summary(self) -> Summary:
        """The layers as a table, with their shapes, parameters, memory and flops: print(network.summary()).

        A network that is not built is built in a copy, to count.

        Returns
        -------
        Summary
            Text for print(), a table in a notebook, fields for programs.
        """
        from ._summary import summary_of

        network = cast("Network", self)
        try:
            return summary_of(network)
        except StateError:
            return summary_of(network.copy().build())

    def to_svg(self) -> Diagram:
        """The architecture as a picture.

        Returns
        -------
        Diagram
            A str, the text of an SVG file, which notebooks show.
        """
        from ._diagram import diagram_of

        return diagram_of(cast("Network", self))

    def __repr__(self) -> str:
        if self._handle is None:
            return "Network(closed)"
        network = cast("Network", self)
        parts = map(layer_text, network.layers)
        try:
            state = f"{network._layout().parameter_count} parameters"
        except StateError:
            state = "not built"
        return f"Network({' -> '.join([str(network.inputs), *parts])}, {state})"

    def _repr_html_(self) -> str | None:
        # None: notebooks show the repr.
        return None if self._handle is None or not cast("Network", self).layers else self.summary()._repr_html_()
