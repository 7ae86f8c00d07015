"""Writes the Python reference: a page for each group of the package's public names, filled by Sphinx from their docstrings."""

from __future__ import annotations

from enum import Enum
from pathlib import Path

import chainrule
import chainrule.sklearn
from chainrule import distributed, layers

GROUPS = {
    "Networks": "Network Sequential Model Input Layer Summary SummaryRow",
    "Training": "Trainer Optimizer Schedule Plateau History Epoch Batch Progress Metrics DataSource Request dask_source ray_source",
    "Callbacks": "Callback EarlyStopping Checkpoint ReduceLROnPlateau LambdaCallback",
    "Step by step": "Workspace cost Cost CustomCost Activation",
    "Other ways to train": "Objective Minimum Iteration CascadeUnit GradientReport",
    "Prediction": "Predictor Publisher Stream instruction_set set_instruction_set",
    "Models from elsewhere": "load_onnx OnnxTensor from_sklearn to_sklearn from_keras read_tensors LeftOut load_fann load_fann_data",
    "Plots": "plot_history plot_confusion plot_weights",
    "Errors": "ChainruleError ArgumentError ArgumentTypeError StateError CallbackError NotFiniteError OutOfMemoryError "
    "FileError FileFormatError Status",
}
MODULES = {"Layers": layers, "scikit-learn": chainrule.sklearn, "Distributed training": distributed}
# A class shows what its own bases in the package give it, and not what Python's types do.
PYTHONS = "object, tuple, list, dict, str, Exception"
# What scikit-learn's bases give its estimators refers to pages of its own.
SKLEARNS = "get_metadata_routing, score, set_fit_request, set_partial_fit_request, set_score_request"


def write(folder: Path) -> None:
    """Writes the pages into a folder."""
    grouped = {name for names in GROUPS.values() for name in names.split()} | {"__version__", "distributed", "layers"}
    if grouped != set(chainrule.__all__):
        raise SystemExit(f"python_reference: GROUPS and chainrule.__all__ differ: {grouped ^ set(chainrule.__all__)}")
    folder.mkdir(parents=True, exist_ok=True)
    pages = {title: page(title, [("chainrule", name) for name in names.split()]) for title, names in GROUPS.items()}
    for title, module in MODULES.items():
        public = getattr(module, "__all__", [name for name in vars(module) if name[0] != "_"])
        about = f".. automodule:: {module.__name__}\n   :no-members:\n"
        pages[title] = page(title, [(module.__name__, name) for name in public], about)
    for title, text in pages.items():
        (folder / f"{file_name(title)}.rst").write_text(text)
    contents = "\n".join(f"   {file_name(title)}" for title in pages)
    index = f"{chainrule.__doc__}\n\n.. toctree::\n   :maxdepth: 2\n\n{contents}\n"
    (folder / "index.rst").write_text(f"Python reference\n================\n\n{index}")


def page(title: str, names: list[tuple[str, str]], about: str = "") -> str:
    """A page of names."""
    parts = [f"{title}\n{'=' * len(title)}\n", about]
    for module, name in names:
        thing = getattr(__import__(module, fromlist=[name]), name)
        if isinstance(thing, type):
            kind = f"   :inherited-members: {PYTHONS}\n   :special-members: __call__\n"
            if issubclass(thing, Exception):
                kind += "   :show-inheritance:\n"
            elif issubclass(thing, Enum):
                kind = "   :undoc-members:\n"
            elif module == "chainrule.sklearn":
                kind += f"   :exclude-members: {SKLEARNS}\n"
            parts.append(f".. autoclass:: {module}.{name}\n   :members:\n{kind}")
        elif callable(thing):
            parts.append(f".. autofunction:: {module}.{name}\n")
        else:
            parts.append(f".. autodata:: {module}.{name}\n   :no-value:\n")
    return "\n".join(parts)


def file_name(title: str) -> str:
    return title.lower().replace(" ", "-")
