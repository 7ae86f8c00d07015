"""Sphinx's settings. Tools/docs makes the site with them, from build/docs/source: the repository's pages where they lie in it."""

from __future__ import annotations

import os
import re
import sys
from pathlib import Path
from typing import Any

ROOT = Path(__file__).resolve().parents[2]
SITE = ROOT / "docs" / "site"

sys.path[:0] = [str(ROOT / "bindings" / "python"), str(SITE)]

import chainrule
import docstrings
import pictures

project = "Chainrule"
author = "Chainrule's authors"
copyright = author
version = release = chainrule.__version__

extensions = [
    "myst_parser",
    "sphinx.ext.autodoc",
    "sphinx.ext.napoleon",
    "mathematics",
    "sphinx_gallery.gen_gallery",
]
exclude_patterns = [
    "Examples/swift",
    "gallery/**/*.ipynb",
    "gallery/**/*.py",
    "gallery/sg_execution_times.rst",
    "sg_execution_times.rst",
]
default_role = "code"
suppress_warnings = ["config.cache"]

# Markdown, as GitHub reads it.
myst_enable_extensions = ["dollarmath", "smartquotes"]
myst_fence_as_directive = ["math"]
myst_heading_anchors = 4

html_math_renderer = "katex"

# The Python reference.
autodoc_member_order = "groupwise"
autodoc_typehints = "signature"
autodoc_typehints_format = "short"
autodoc_preserve_defaults = True
python_use_unqualified_type_names = True
python_maximum_signature_line_length = 88
c_maximum_signature_line_length = 88
napoleon_google_docstring = False
napoleon_use_ivar = True
napoleon_use_rtype = False
toc_object_entries_show_parents = "hide"

sphinx_gallery_conf = {
    "examples_dirs": str(ROOT / "build" / "docs" / "gallery"),
    "gallery_dirs": "gallery",
    "filename_pattern": r"/plot_",
    "image_scrapers": (pictures.both_themes,),
    "reset_modules": (pictures.prepare_figures,),
    "within_subsection_order": "FileNameSortKey",
    "remove_config_comments": True,
    "show_memory": False,
    "show_signature": False,
    "min_reported_time": 1e9,
    "download_all_examples": False,
    "notebook_images": False,
    "notebook_extensions": (),
    "write_computation_times": False,
    "copyfile_regex": "",
    "capture_repr": (),
}

html_theme = "furo"
html_title = f"Chainrule {version}"
html_static_path = [str(SITE / "static")]
html_css_files = ["chainrule.css"]
html_copy_source = False
html_show_search_summary = False  # it reads pages, which browsers refuse for file://
html_show_sourcelink = False
html_theme_options = {
    "light_css_variables": {
        "color-brand-primary": "#1f5fa8",
        "color-brand-content": "#1f5fa8",
        "color-brand-visited": "#6a4fa3",
        "code-block": "#f3f5f8",
    },
    "dark_css_variables": {
        "color-brand-primary": "#7db5f2",
        "color-brand-content": "#7db5f2",
        "color-brand-visited": "#b9a3ea",
        "code-block": "#22262b",
    },
}
pygments_style = "a11y-high-contrast-light"
pygments_dark_style = "a11y-high-contrast-dark"


def without_links_to_folders(app: Any, name: str, text: list[str]) -> None:
    """Takes the links off names of folders, which a site cannot show."""
    folder = (ROOT / name).parent

    def plain(match: re.Match[str]) -> str:
        target = match[2]
        return match[1] if "://" not in target and (folder / target).is_dir() else match[0]

    text[0] = re.sub(r"\[([^\]\n]+)\]\(([^)\s#]+)\)", plain, text[0])


def setup(app: Any) -> None:
    """Connects what Sphinx calls."""
    app.connect("source-read", without_links_to_folders)
    app.connect("autodoc-process-docstring", docstrings.as_restructured_text, priority=100)
    app.connect("autodoc-process-signature", docstrings.without_self)
    app.connect("autodoc-skip-member", docstrings.is_field)
    app.connect("doctree-read", pictures.inline)


os.environ.setdefault("MPLBACKEND", "agg")
