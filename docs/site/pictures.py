"""Pictures that are right on a light page and on a dark one."""

from __future__ import annotations

import re
import textwrap
from pathlib import Path
from typing import Any

from docutils import nodes

DARK_INK = "#d8d8d8"


def prepare_figures(gallery_conf: dict[str, Any], name: str) -> None:
    """Sets what all plots of the gallery share, before each example."""
    from matplotlib import pyplot, rcdefaults, rcParams

    pyplot.close("all")
    rcdefaults()
    rcParams.update({"figure.dpi": 110, "savefig.transparent": True, "font.size": 10, "axes.spines.top": False})
    rcParams.update({"axes.spines.right": False, "legend.frameon": False})


def both_themes(block: Any, variables: dict[str, Any], gallery_conf: dict[str, Any]) -> str:
    """Saves each figure twice, with dark and with light text, and returns the text that shows the right one."""
    from matplotlib import pyplot

    about = " ".join(block[1].split("\n")[0].strip("# ").split()) or "plot"
    written = []
    for number in pyplot.get_fignums():
        figure = pyplot.figure(number)
        path = Path(next(variables["image_path_iterator"]))
        figure.savefig(path, bbox_inches="tight")
        light_ink(figure)
        dark = path.with_name(f"{path.stem}_dark.png")
        figure.savefig(dark, bbox_inches="tight")
        shape = "plot wide" if figure.get_figwidth() > 8 else "plot"
        for each, theme in ((path, "only-light"), (dark, "only-dark")):
            source = each.relative_to(gallery_conf["src_dir"])
            image = f".. image:: /{source}\n   :alt: {alternative(figure, about)}\n"
            written.append(f".. container:: {shape} {theme}\n\n{textwrap.indent(image, '   ')}")
    pyplot.close("all")
    return "\n".join(written)


def alternative(figure: Any, about: str) -> str:
    """What the figure shows, for those who do not see it: its titles and labels."""
    words = [figure.get_suptitle()]
    for axes in figure.axes:
        words += [axes.get_title(), axes.get_ylabel(), axes.get_xlabel()]
    return ", ".join(dict.fromkeys(word for word in words if word)) or about


def light_ink(figure: Any) -> None:
    """Makes what is black light: text, axes, ticks. Leaves text on an image as it is."""
    from matplotlib.colors import to_hex
    from matplotlib.lines import Line2D
    from matplotlib.spines import Spine
    from matplotlib.text import Text

    fixed = {text for axes in figure.axes if axes.images for text in axes.texts}
    for artist in figure.findobj(lambda each: isinstance(each, (Text, Spine, Line2D))):
        if artist in fixed:
            continue
        if isinstance(artist, Spine):
            artist.set_edgecolor(DARK_INK)
        elif to_hex(artist.get_color()) == "#000000":
            artist.set_color(DARK_INK)
    for axes in figure.axes:
        axes.tick_params(which="both", colors=DARK_INK)


def inline(app: Any, tree: nodes.document) -> None:
    """Puts the pictures of docs/pictures into the page itself: their colours then follow the page's theme."""
    for image in list(tree.findall(nodes.image)):
        if "pictures/" in image["uri"] and image["uri"].endswith(".svg"):
            text = (Path(app.srcdir) / image["uri"]).read_text()
            text = re.sub(r"<style>.*?</style>", "", text, flags=re.DOTALL)
            text = text.replace("<svg ", f'<svg class="picture" role="img" aria-label="{image.get("alt", "")}" ', 1)
            image.replace_self(nodes.raw("", f'<div class="picture">{text}</div>', format="html"))
