"""Networks and data from FANN's files."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import numpy as np

from ._errors import FileFormatError
from ._network import Network
from ._prototypes import Status
from ._saving import given_memory_limit

if TYPE_CHECKING:
    from ._handles import FloatArray


def load_fann(file: Any, memory_limit: int | None = None) -> Network:
    """Reads a network that FANN saved, in float or in fixed point.

    It predicts as fann_run(), and trains and saves as any other network. Missing connections have the weight 0. What
    FANN applies on request alone, the scaling of inputs and outputs, is not read, nor are the settings of its training.
    FANN keeps the sums of linear neurons within ± 150 / steepness; here they have no limit.

    Parameters
    ----------
    file
        A path; or the bytes of a file; or an object with read(), such as a file open in binary mode.
    memory_limit
        As for Network.load().

    Returns
    -------
    Network
        Built.
    """
    return Network._read("fann", file, given_memory_limit(memory_limit))


def load_fann_data(path: Any) -> tuple[FloatArray, FloatArray]:
    """Reads a file of FANN's training data.

    Its first line has the number of rows, of inputs and of outputs; then come the inputs and the outputs of each row.

    Parameters
    ----------
    path
        A path, or an open file.

    Returns
    -------
    tuple[ndarray, ndarray]
        The inputs x, (rows, inputs), and the outputs t, (rows, outputs).
    """
    if hasattr(path, "read"):
        text = path.read()
    else:
        with open(path, "rb") as file:
            text = file.read()
    numbers = text.split()
    try:
        rows, inputs, outputs = (int(number) for number in numbers[:3])
        values = np.array(numbers[3:], np.float32)
    except ValueError as error:
        raise FileFormatError(f"no data of FANN: {error}", Status.ERROR_FORMAT) from None
    wanted = rows * (inputs + outputs)
    if rows < 1 or inputs < 1 or outputs < 1 or values.size != wanted:
        raise FileFormatError(
            f"no data of FANN: {rows} rows of {inputs} inputs and {outputs} outputs are announced, "
            f"there are {values.size} numbers",
            Status.ERROR_FORMAT,
        )
    table = values.reshape(rows, inputs + outputs)
    return np.ascontiguousarray(table[:, :inputs]), np.ascontiguousarray(table[:, inputs:])
