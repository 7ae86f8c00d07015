"""Formulas by KaTeX, from files of the site alone: Debian's libjs-katex."""

from __future__ import annotations

import shutil
from pathlib import Path
from typing import Any

from docutils import nodes

KATEX = Path("/usr/share/javascript/katex")


def inline(writer: Any, node: Any) -> None:
    """A formula in a line of text. KaTeX takes its place in the browser."""
    writer.body.append(f'<span class="math">{writer.encode(node.astext())}</span>')
    raise nodes.SkipNode


def display(writer: Any, node: Any) -> None:
    """A formula on lines of its own."""
    writer.body.append(f'<div class="math">{writer.encode(node.astext())}</div>\n')
    raise nodes.SkipNode


def copy(app: Any, _: Exception | None) -> None:
    """Copies KaTeX into the site."""
    folder = Path(app.outdir) / "_static" / "katex"
    (folder / "fonts").mkdir(parents=True, exist_ok=True)
    fonts = list((KATEX / "fonts").iterdir())
    for path in (KATEX / "katex.min.js", KATEX / "katex.min.css"):
        shutil.copyfile(path, folder / path.name)
    for path in fonts:
        shutil.copyfile(path, folder / "fonts" / path.name)


def setup(app: Any) -> dict[str, bool]:
    """Connects it to Sphinx."""
    app.add_html_math_renderer("katex", inline_renderers=(inline, None), block_renderers=(display, None))
    app.add_css_file("katex/katex.min.css")
    app.add_js_file("katex/katex.min.js")
    app.add_js_file("formulas.js")
    app.connect("build-finished", copy)
    return {"parallel_read_safe": True, "parallel_write_safe": True}
