"""Runs the node cases that the installed `onnx` package generates, and prints a table by operator.

    cd bindings/python; PYTHONPATH=. CHAINRULE_LIBRARY=… python tests/onnx_node_cases.py [--verbose] [--only PART]

Each case is tried as it is, and with all inputs but one as constants of the graph, as weights are. It passes if a
variant does and none is wrong; it is refused if each variant is a ChainruleError (then it is tried with its first
output alone); it is wrong if numbers or shapes differ, if another exception is raised, or if the process ends. Cases
run in a child process, which is started anew after a crash. Exits with 1 if any case is wrong.
test_onnx_node_cases.py expects those of onnx_node_cases.txt to pass; for a new list: --passing >onnx_node_cases.txt
"""

from __future__ import annotations

import argparse
import json
import os
import re
import select
import signal
import sys
import warnings
from collections import Counter, defaultdict
from dataclasses import asdict, dataclass
from typing import TYPE_CHECKING, Any

import numpy as np
import onnx
from onnx import numpy_helper
from onnx.backend.test.case.node import collect_testcases

import chainrule

if TYPE_CHECKING:
    from collections.abc import Iterator

# Of each element, and beside that; by the type of a case's numbers.
TOLERANCES = {"float16": (2e-3, 1e-4), "bfloat16": (1.6e-2, 1e-3)}
USUAL = (1e-5, 1e-6)
# A case with four digits of its numbers.
ROUNDED = {"test_averagepool_2d_ceil_last_window_starts_on_pad": (1e-3, 1e-6)}
SECONDS_PER_CASE = 30
OUTCOMES = ("passed", "refused", "wrong")


@dataclass
class Result:
    """What became of a case.

    Attributes
    ----------
    outcome
        One of OUTCOMES.
    why
        The reason, if it did not pass.
    error
        The largest difference, in units of the tolerance.
    first_only
        Whether its first output alone is right, while the others are refused.
    """

    name: str
    operator: str
    outcome: str
    why: str = ""
    error: float = 0.0
    first_only: bool = False


class Refused(Exception):
    """The library refuses the model."""


class Wrong(Exception):
    """The library gives something else than it should."""


def operator(case: Any) -> str:
    """The operator that a case tests; for one that is spelt out in others, with a star."""
    nodes = case.model.graph.node
    match = re.search(r"_expanded(_ver\d+)?$", case.name)
    if match is None and len(nodes) == 1:
        return str(nodes[0].op_type)
    plain = case.name[: match.start()] if match else case.name
    return "*" + (_OPERATORS.get(plain) or str(nodes[-1].op_type))


_OPERATORS: dict[str, str] = {}


def array(value: Any) -> np.ndarray:
    """A tensor of a case as floats."""
    if isinstance(value, onnx.TensorProto):
        value = numpy_helper.to_array(value)
    if not isinstance(value, (np.ndarray, np.generic, float, int)):
        raise Refused(f"the case holds a {type(value).__name__}")
    result = np.asarray(value)
    if result.dtype.kind not in "fiub" and result.dtype.names is None:
        try:
            return result.astype(np.float32)
        except (TypeError, ValueError):
            raise Refused(f"the case holds elements of {result.dtype}") from None
    return result.astype(np.float32)


def variants(model: onnx.ModelProto, values: dict[str, Any]) -> Iterator[onnx.ModelProto]:
    """The model, and it with all inputs but one as constants."""
    yield model
    if len(values) < 2:
        return
    for kept in values:
        constant = onnx.ModelProto()
        constant.CopyFrom(model)
        for name, value in values.items():
            if name != kept:
                if not isinstance(value, (np.ndarray, np.generic)):
                    break
                constant.graph.initializer.append(numpy_helper.from_array(np.asarray(value), name))
        else:
            yield constant


def rows(network: Any, values: dict[str, Any]) -> np.ndarray:
    """The rows of x that stand for a model's inputs."""
    parts, count = [], 1
    for tensor in network.onnx_inputs:
        value = array(values[tensor.name])
        if len(tensor.shape) != value.ndim:
            raise Wrong(f"the input '{tensor.name}' has {len(tensor.shape)} axes, not {value.ndim}")
        if tensor.batch_axis is None:
            parts.append(value.reshape(1, -1))
        else:
            moved = np.moveaxis(value, tensor.batch_axis, 0)
            parts.append(moved.reshape(moved.shape[0], -1))
            count = moved.shape[0]
    return np.concatenate([np.broadcast_to(part, (count, part.shape[1])) for part in parts], axis=1)


def tensors(network: Any, y: np.ndarray) -> list[np.ndarray]:
    """The model's outputs that rows of y stand for. What does not depend on the batch is in its first row."""
    results, first = [], 0
    for tensor in network.onnx_outputs:
        size = int(np.prod(tensor.shape, dtype=np.int64))
        part = y[:, first : first + size]
        first += size
        if tensor.batch_axis is None:
            results.append(part[0].reshape(tensor.shape))
            continue
        axis, shape = tensor.batch_axis, list(tensor.shape)
        # Each row has shape[axis] places along the batch's axis.
        whole = np.moveaxis(part.reshape([len(y), *shape]), 0, axis)
        shape[axis] *= len(y)
        results.append(whole.reshape(shape))
    return results


def tolerance(values: list[Any]) -> tuple[float, float]:
    """The tolerance of a case with these inputs and outputs: that of its coarsest type."""
    names = {str(np.asarray(value).dtype) if isinstance(value, (np.ndarray, np.generic)) else "" for value in values}
    return next((TOLERANCES[name] for name in ("bfloat16", "float16") if name in names), USUAL)


def difference(value: np.ndarray, wanted: np.ndarray, allowed: tuple[float, float]) -> float:
    """The largest difference in units of the tolerance; infinite where one is no number or not finite."""
    if wanted.size == 0:
        return 0.0
    with np.errstate(invalid="ignore", over="ignore"):
        error = np.abs(value.astype(np.float64) - wanted)
        error /= allowed[0] * np.abs(wanted.astype(np.float64)) + allowed[1]
    same = (value == wanted) | (np.isnan(value) & np.isnan(wanted))
    return float(np.max(np.where(same, 0.0, np.where(np.isfinite(error), error, np.inf))))


def compare(model: onnx.ModelProto, values: dict[str, Any], wanted: list[Any], name: str) -> float:
    """Reads and runs a model. Returns the largest difference; raises Refused or Wrong."""
    try:
        network = chainrule.load_onnx(model.SerializeToString())
    except chainrule.ChainruleError as error:
        raise Refused(str(error)) from None
    try:
        y = np.asarray(network.predict(rows(network, values)))
    except chainrule.ChainruleError as error:
        raise Refused(f"predict: {error}") from None
    largest = 0.0
    allowed = ROUNDED.get(name) or tolerance([*values.values(), *wanted])
    results = tensors(network, y)
    if len(results) != len(wanted):
        raise Wrong(f"{len(results)} outputs, not {len(wanted)}")
    for result, expected in zip(results, map(array, wanted)):
        if result.shape != expected.shape:
            raise Wrong(f"an output has the shape {result.shape}, not {expected.shape}")
        largest = max(largest, difference(result, expected, allowed))
    if largest > 1:
        raise Wrong(f"differs by {largest:.3g} tolerances")
    return largest


def shortened(model: onnx.ModelProto, outputs: int) -> onnx.ModelProto:
    """A copy with so many outputs."""
    result = onnx.ModelProto()
    result.CopyFrom(model)
    del result.graph.output[outputs:]
    return result


def attempt(result: Result, base: onnx.ModelProto, values: dict[str, Any], wanted: list[Any]) -> None:
    """Tries all variants of a model."""
    for index, model in enumerate(variants(base, values)):
        try:
            error = compare(model, values, wanted, result.name)
        except Refused as refusal:
            # What the first constant variant lacks tells more than that weights are no constants.
            if index <= 1 and result.outcome == "refused" and not result.first_only:
                result.why = str(refusal)
        except Exception as failure:
            result.outcome, result.why = "wrong", f"variant {index}: {type(failure).__name__}: {failure}"
            return
        else:
            result.outcome, result.error = "passed", max(result.error, error)


def run(case: Any) -> Result:
    """Tries all variants of a case."""
    result = Result(case.name, operator(case), "refused")
    names = [value.name for value in case.model.graph.input]
    inputs, wanted = case.data_sets[0]
    values = dict(zip(names, inputs))
    for outputs in (len(wanted), 1) if len(wanted) > 1 else (len(wanted),):
        if result.outcome == "refused":
            why = result.why
            attempt(result, shortened(case.model, outputs), values, wanted[:outputs])
            if outputs < len(wanted) and result.outcome != "wrong":
                result.why = why
            if outputs < len(wanted) and result.outcome == "passed":
                result.outcome, result.first_only = "refused", True
    if result.outcome == "passed":
        result.why = ""
    return result


def child(cases: list[Any], first: int, pipe: int) -> None:
    """Runs cases from one on, in a child process; a line for each."""
    with os.fdopen(pipe, "w") as stream:
        for case in cases[first:]:
            stream.write(json.dumps(asdict(run(case))) + "\n")
            stream.flush()


def lines(pipe: int) -> Iterator[str]:
    """The lines from a child, until it ends or takes too long."""
    rest = b""
    while select.select([pipe], [], [], SECONDS_PER_CASE)[0]:
        more = os.read(pipe, 1 << 16)
        if not more:
            return
        *whole, rest = (rest + more).split(b"\n")
        yield from (line.decode() for line in whole)


def run_all(cases: list[Any]) -> list[Result]:
    """Runs all cases; a crash or a case without end is that case's result."""
    results: list[Result] = []
    while len(results) < len(cases):
        reader, writer = os.pipe()
        process = os.fork()
        if process == 0:
            os.close(reader)
            child(cases, len(results), writer)
            os._exit(0)
        os.close(writer)
        results.extend(Result(**json.loads(line)) for line in lines(reader))
        os.close(reader)
        ended, status = os.waitpid(process, os.WNOHANG)
        if ended == 0:
            os.kill(process, signal.SIGKILL)
            _, status = os.waitpid(process, 0)
        if len(results) < len(cases):
            case = cases[len(results)]
            results.append(Result(case.name, operator(case), "wrong", f"the process ended with {status}"))
    return results


def general(why: str) -> str:
    """A reason without what is particular to one case."""
    why = re.sub(r"^(predict: )?[a-z_]+(\[[^]]*\])?: ", r"\1", why)
    why = re.sub(r"node '[^']*' \((\w+), opset \d+\): ", r"\1: ", why)
    return re.sub(r"-?\d+(\.\d+)?(e[-+]?\d+)?", "N", re.sub(r"\[[^]]*\]", "[…]", re.sub(r"'[^']*'", "'…'", why)))


def table(results: list[Result]) -> None:
    """Prints how many cases of each operator pass."""
    by_operator: dict[str, list[Result]] = defaultdict(list)
    for result in results:
        by_operator[result.operator].append(result)
    print(f"{'* spelt out in others':28} {'passed':>7} {'refused':>8} {'wrong':>6}  most frequent reason")
    for name, own in sorted(by_operator.items()):
        counts = Counter(result.outcome for result in own)
        reasons = Counter(general(result.why) for result in own if result.outcome == "refused").most_common(1)
        reason = f"{reasons[0][1]}× {reasons[0][0]}" if reasons else ""
        if first := sum(result.first_only for result in own):
            reason += f" ({first} right in the first output)"
        print(f"{name:28} {counts['passed']:7} {counts['refused']:8} {counts['wrong']:6}  {reason[:110]}")
    totals = Counter(result.outcome for result in results)
    print(f"{'all':28} {totals['passed']:7} {totals['refused']:8} {totals['wrong']:6}")


def results_of(part: str = "") -> list[Result]:
    """What becomes of all cases whose names hold this."""
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")
        cases = [case for case in collect_testcases(None) if part in case.name]
    _OPERATORS.update((case.name, operator(case)) for case in cases if "_expanded" not in case.name)
    return run_all(cases)


def main() -> int:
    """Runs the cases and prints the table."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--verbose", action="store_true", help="each case's outcome, too")
    parser.add_argument("--passing", action="store_true", help="the names of those that pass, and nothing else")
    parser.add_argument("--only", default="", metavar="PART", help="cases whose names hold this")
    arguments = parser.parse_args()
    results = results_of(arguments.only)
    if arguments.passing:
        print(*(result.name for result in results if result.outcome == "passed"), sep="\n")
        return 0
    if arguments.verbose:
        for result in results:
            print(result.outcome, result.name, result.why)
    print(f"onnx {onnx.__version__}: {len(results)} cases")
    table(results)
    wrong = [result for result in results if result.outcome == "wrong"]
    for result in wrong:
        print(f"WRONG {result.name} ({result.operator}): {result.why}")
    return 1 if wrong else 0


if __name__ == "__main__":
    sys.exit(main())
