"""A network's architecture as a picture in SVG."""

from __future__ import annotations

import html
from typing import TYPE_CHECKING

from ._layers import layer_text

if TYPE_CHECKING:
    from ._network import Network

_WIDTH, _HEIGHT, _GAP, _LANE = 220, 40, 26, 16


class Diagram(str):
    """The text of an SVG picture, which notebooks show."""

    __slots__ = ()

    def _repr_svg_(self) -> str:
        return str(self)


def diagram_of(network: Network) -> Diagram:
    """The layers from top to bottom. An arrow that passes layers by runs beside them, in a lane of its own."""
    boxes = [("input", f"input ({network.inputs})", "")]
    boxes += [(layer.name, layer_text(layer), f"{layer.name}: {layer.shape}") for layer in network.layers]
    place = {name: number for number, (name, _, _) in enumerate(boxes)}
    arrows = [(place[name], place[layer.name]) for layer in network.layers for name in layer.inputs]
    lanes = _lanes([arrow for arrow in arrows if arrow[1] - arrow[0] > 1])
    width = _WIDTH + 20 + _LANE * (max(lanes.values(), default=-1) + 1)
    height = len(boxes) * (_HEIGHT + _GAP) - _GAP + 20
    parts = [
        f'<svg xmlns="http://www.w3.org/2000/svg" width="{width}" height="{height}" viewBox="0 0 {width} {height}" '
        'font-family="sans-serif" font-size="12">',
        '<defs><marker id="tip" viewBox="0 0 8 8" refX="7" refY="4" markerWidth="7" markerHeight="7" orient="auto">'
        '<path d="M0 0 L8 4 L0 8 z" fill="#555"/></marker></defs>',
    ]
    for number, (_, text, below) in enumerate(boxes):
        top = _top(number)
        parts.append(
            f'<rect x="10" y="{top}" width="{_WIDTH}" height="{_HEIGHT}" rx="5" '
            f'fill="{"#eee" if number == 0 else "#e3edf7"}" stroke="#555"/>'
        )
        for line, y in ((text, top + (17 if below else 24)), (below, top + 32)):
            if line:
                colour = "#000" if line is text else "#555"
                parts.append(
                    f'<text x="{10 + _WIDTH // 2}" y="{y}" text-anchor="middle" fill="{colour}">'
                    f"{html.escape(_short(line))}</text>"
                )
    for begin, end in arrows:
        path = f"M{10 + _WIDTH // 2} {_top(begin) + _HEIGHT} V{_top(end)}"
        if (begin, end) in lanes:
            right, x = 10 + _WIDTH, 10 + _WIDTH + _LANE * (lanes[begin, end] + 1)
            path = f"M{right} {_top(begin) + 2 * _HEIGHT // 3} H{x} V{_top(end) + _HEIGHT // 3} H{right}"
        parts.append(f'<path d="{path}" fill="none" stroke="#555" marker-end="url(#tip)"/>')
    return Diagram("".join([*parts, "</svg>"]))


def _top(number: int) -> int:
    return 10 + number * (_HEIGHT + _GAP)


def _lanes(arrows: list[tuple[int, int]]) -> dict[tuple[int, int], int]:
    """A lane for each arrow; those that pass the same layers have different ones, the shorter the nearer."""
    lanes: dict[tuple[int, int], int] = {}
    for arrow in sorted(set(arrows), key=lambda arrow: (arrow[1] - arrow[0], arrow)):
        taken = {lane for other, lane in lanes.items() if other[0] < arrow[1] and arrow[0] < other[1]}
        lanes[arrow] = next(lane for lane in range(len(arrows)) if lane not in taken)
    return lanes


def _short(text: str) -> str:
    return text if len(text) <= 34 else text[:33] + "…"
