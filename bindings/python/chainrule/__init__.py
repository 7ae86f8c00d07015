"""Train and run neural networks with libchainrule, and see every intermediate value and every gradient.

Arrays are float32, one sample per row. A network's parameters are one flat vector, which numpy sees without a copy.
"""

from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from . import distributed, layers
    from ._callbacks import Activation, CustomCost
    from ._cascade import CascadeUnit
    from ._costs import Cost, cost
    from ._dask_source import dask_source
    from ._data_source import DataSource, Request
    from ._errors import (
        ArgumentError,
        ArgumentTypeError,
        CallbackError,
        ChainruleError,
        FileError,
        FileFormatError,
        NotFiniteError,
        OutOfMemoryError,
        StateError,
    )
    from ._evaluation import Metrics
    from ._exchange import read_tensors
    from ._fann import load_fann, load_fann_data
    from ._fit_callbacks import Callback, Checkpoint, EarlyStopping, LambdaCallback, ReduceLROnPlateau
    from ._gradient_report import GradientReport
    from ._history import Batch, Epoch, History
    from ._instruction_sets import instruction_set, set_instruction_set
    from ._keras import from_keras
    from ._layers import Layer
    from ._library import __version__
    from ._minimizing import Iteration, Minimum
    from ._models import Input, Model, Sequential
    from ._network import Network, load_onnx
    from ._objective import Objective
    from ._onnx import OnnxTensor
    from ._plots import plot_confusion, plot_history, plot_weights
    from ._predictor import Predictor, Publisher
    from ._ray_source import ray_source
    from ._schedules import Plateau, Schedule
    from ._sklearn import from_sklearn, to_sklearn
    from ._state_dict import LeftOut
    from ._stream import Stream
    from ._summary import Summary, SummaryRow
    from ._trainer import Progress, Trainer
    from ._training import Optimizer
    from ._workspace import Workspace

__all__ = [
    "Activation",
    "ArgumentError",
    "ArgumentTypeError",
    "Batch",
    "Callback",
    "CallbackError",
    "CascadeUnit",
    "ChainruleError",
    "Checkpoint",
    "Cost",
    "CustomCost",
    "DataSource",
    "EarlyStopping",
    "Epoch",
    "FileError",
    "FileFormatError",
    "GradientReport",
    "History",
    "Input",
    "Iteration",
    "LambdaCallback",
    "Layer",
    "LeftOut",
    "Metrics",
    "Minimum",
    "Model",
    "Network",
    "NotFiniteError",
    "Objective",
    "OnnxTensor",
    "Optimizer",
    "OutOfMemoryError",
    "Plateau",
    "Predictor",
    "Progress",
    "Publisher",
    "ReduceLROnPlateau",
    "Request",
    "Schedule",
    "Sequential",
    "StateError",
    "Stream",
    "Summary",
    "SummaryRow",
    "Trainer",
    "Workspace",
    "__version__",
    "cost",
    "dask_source",
    "distributed",
    "from_keras",
    "from_sklearn",
    "instruction_set",
    "layers",
    "load_fann",
    "load_fann_data",
    "load_onnx",
    "plot_confusion",
    "plot_history",
    "plot_weights",
    "ray_source",
    "read_tensors",
    "set_instruction_set",
    "to_sklearn",
]

# `import chainrule` imports nothing, not even numpy: each name is imported when it is first asked for.
_HOMES = {
    "._callbacks": "Activation CustomCost",
    "._cascade": "CascadeUnit",
    "._costs": "Cost cost",
    "._dask_source": "dask_source",
    "._data_source": "DataSource Request",
    "._errors": "ArgumentError ArgumentTypeError CallbackError ChainruleError FileError "
    "FileFormatError NotFiniteError OutOfMemoryError StateError",
    "._evaluation": "Metrics",
    "._exchange": "read_tensors",
    "._fann": "load_fann load_fann_data",
    "._fit_callbacks": "Callback Checkpoint EarlyStopping LambdaCallback ReduceLROnPlateau",
    "._gradient_report": "GradientReport",
    "._history": "Batch Epoch History",
    "._instruction_sets": "instruction_set set_instruction_set",
    "._keras": "from_keras",
    "._layers": "Layer",
    "._library": "__version__",
    "._minimizing": "Iteration Minimum",
    "._models": "Input Model Sequential",
    "._network": "Network load_onnx",
    "._objective": "Objective",
    "._onnx": "OnnxTensor",
    "._plots": "plot_confusion plot_history plot_weights",
    "._predictor": "Predictor Publisher",
    "._ray_source": "ray_source",
    "._schedules": "Plateau Schedule",
    "._sklearn": "from_sklearn to_sklearn",
    "._state_dict": "LeftOut",
    "._stream": "Stream",
    "._summary": "Summary SummaryRow",
    "._trainer": "Progress Trainer",
    "._training": "Optimizer",
    "._workspace": "Workspace",
}


def __getattr__(name: str) -> Any:
    from importlib import import_module

    if name in ("distributed", "layers"):
        return import_module(f".{name}", __name__)
    home = next((module for module, names in _HOMES.items() if name in names.split()), None)
    if home is None:
        raise AttributeError(f"module {__name__!r} has no attribute {name!r}")
    value = globals()[name] = getattr(import_module(home, __name__), name)
    return value


def __dir__() -> list[str]:
    return [*globals(), *__all__]
