"""Runs the workers of one cell in turns: A B C A B C …, so that whatever the machine does meanwhile, it does to all."""

from __future__ import annotations

import subprocess
import sys
import time
from math import isfinite
from pathlib import Path
from statistics import median, quantiles

import digits
from cells import PROCESS_NETWORK, Cell
from conv_cells import ConvCell
from load import OtherLoad
from models import write_inputs
from peers import BUILT, CEILINGS, FOLDER, NOTHING, OURS, OURS_NETWORK, Peer, inputs_folder
from workers import Cannot, Failed, Worker, Workers

# Of the costs or outputs of ours and of each peer, relative to the largest: 1e-4, but of ours in reduced precision.
OTHERWISE = 1e-4
TOLERANCE = {"bf16": 0.02, "int8": 0.05}
LIMIT = "the machine's limit"  # in notes, where the reason stands why a cell has none


def disagreement(cell: Cell, ours: list[float], theirs: list[float]) -> str | None:
    """What is wrong if the numbers of two workers do not agree. Outputs are compared relative to the largest."""
    if len(ours) != len(theirs):
        return f"{len(theirs)} numbers to compare with {len(ours)}"
    scale = max((abs(number) for number in ours), default=0)
    for place, (a, b) in enumerate(zip(ours, theirs, strict=True)):
        if not abs(a - b) <= TOLERANCE.get(cell.variant, OTHERWISE) * scale:
            return f"disagrees: {b:.7g} in place of {a:.7g} at {place}"
    return None


def inputs_of(cell: Cell, peers: list[Peer]) -> Path:
    """The folder with the cell's parameters, data and model files. The first call makes it."""
    if cell.work == "digits":
        folder = BUILT / "inputs" / "digits"
        digits.write_inputs(folder)
        return folder
    if isinstance(cell, ConvCell):
        return model_inputs(cell, peers)
    folder = inputs_folder(cell.widths)
    if cell.work == "lenet":
        subprocess.run([sys.executable, FOLDER / "python" / "make_lenet.py", folder], check=True)
        return folder
    if not (folder / "classes").exists():
        folder.mkdir(parents=True, exist_ok=True)
        subprocess.run([BUILT / "make_inputs", cell.widths, str(rows_of_data(cell)), folder], check=True)
    if any(peer.name == "onnxruntime" for peer in peers) and not (folder / "model.onnx").exists():
        # Without a model its peer says so.
        subprocess.run([sys.executable, FOLDER / "python" / "make_onnx.py", folder, cell.widths], check=False)
    if cell.widths == PROCESS_NETWORK:
        subprocess.run([BUILT / "make_models", cell.widths, folder], check=True)
    return folder


def model_inputs(cell: ConvCell, peers: list[Peer]) -> Path:
    """The same of a convolutional network."""
    folder = BUILT / "inputs" / f"{cell.net}-{cell.rows}"
    layers, model = folder / "layers", folder / "model.onnx"
    if not layers.exists() or layers.read_text() != cell.model.text:
        model.unlink(missing_ok=True)
        write_inputs(cell.model, cell.rows, folder)
    if any(peer.name == "onnxruntime" for peer in peers) and not model.exists():
        subprocess.run([sys.executable, FOLDER / "python" / "make_onnx.py", folder], check=False)
    return folder


def cache_size(level: int) -> int:
    """The bytes of the data cache of a level that this machine's cores have; 0 if the system does not tell."""
    for folder in Path("/sys/devices/system/cpu/cpu0/cache").glob("index*"):
        if (folder / "level").read_text().strip() == str(level) and (
            folder / "type"
        ).read_text().strip() != "Instruction":
            return 1024 * int((folder / "size").read_text().strip().removesuffix("K"))
    return 0


def rows_of_data(cell: Cell) -> int:
    """16384, or for wide networks as many as exceed the last cache, like a user's data. Users of small networks have
    small data."""
    inputs = cell.layers[0][0]
    rows = int(min(1.25 * cache_size(3), 256e6) / (4 * inputs)) // 256 * 256
    return max(16384, rows) if inputs >= 256 else 16384


def measure(cell: Cell, peers: list[Peer], workers: Workers, rounds: int, seconds: float) -> dict:
    """Measures Chainrule, every peer that can, and the limit if the machine has its ceilings: a cell of bench.json."""
    peers = [peer for peer in peers if peer.does(cell)]
    notes: dict[str, str] = {}
    ready, epochs = prepare(cell, peers, workers, notes)
    limits: list[tuple[Worker, float]] = []
    try:
        for place, need in enumerate(cell.needs):
            worker = workers.get(CEILINGS, cell.threads, str(place))
            worker.ask("prepare " + need.ceiling)
            limits.append((worker, need.amount))
    except Cannot as error:  # such as a processor without bfloat16 dot products
        notes[LIMIT] = str(error)
        drop_ceilings(cell, workers, error)
        limits = []

    other_load = OtherLoad(worker.process.pid for worker in workers.running.values())
    times: dict[str, list[float]] = {peer.name: [] for peer in ready}
    limit: list[float] = []
    for _ in range(rounds):
        try:
            if limits:
                limit.append(max(amount * ceiling(worker) for worker, amount in limits))
        except Cannot as error:
            notes[LIMIT] = str(error)
            drop_ceilings(cell, workers, error)
            limits, limit = [], []
        for peer, worker in list(ready.items()):
            if cell.threads > 1:
                time.sleep(0.05)  # OpenBLAS's threads wait for work this long, on a core that the next peer needs
            try:
                times[peer.name].append(time_of_run(worker, seconds))
            except Cannot as error:
                notes[peer.name] = str(error)
                workers.drop(peer, cell.threads, error=error)
                del ready[peer], times[peer.name]
    for peer in [*ready, *([CEILINGS] if limits else [])]:
        workers.succeeded(peer)

    limit = limit or times.get(NOTHING, [])
    more = {"other_load": round(other_load.cores(), 2)} | ({"epochs": epochs} if epochs else {})
    return summary(cell, times, limit, notes) | more


def prepare(
    cell: Cell, peers: list[Peer], workers: Workers, notes: dict[str, str]
) -> tuple[dict[Peer, Worker], dict[str, float]]:
    """The workers that are ready for a cell and agree with the first, and the epochs that they took to learn the
    digits. The others get a note."""
    ready: dict[Peer, Worker] = {}
    expected: list[float] | None = None
    epochs: dict[str, float] = {}
    inputs = str(inputs_of(cell, peers))
    for peer in peers:
        try:
            worker = workers.get(peer, cell.threads)
            worker.ask("prepare " + cell.words(inputs))
            values = worker.numbers("check")
            if cell.work == "digits":
                epochs[peer.name] = median(values)
            elif expected is None:
                expected = values
            elif wrong := disagreement(cell, expected, values):
                raise Cannot(wrong)
            ready[peer] = worker
        except Cannot as error:
            notes[peer.name] = str(error)
            workers.drop(peer, cell.threads, error=error)
    return ready, epochs


def drop_ceilings(cell: Cell, workers: Workers, error: Cannot) -> None:
    for place in range(len(cell.needs)):
        workers.drop(CEILINGS, cell.threads, str(place), error)


def time_of_run(worker: Worker, seconds: float) -> float:
    """Seconds for a step or call."""
    numbers = worker.numbers(f"run {seconds}")
    if len(numbers) != 1 or not isfinite(numbers[0]):
        raise Failed(f"answered {numbers} in place of a time")
    return numbers[0]


def failed(cell: Cell, error: Exception) -> dict:
    """A cell of bench.json that could not be measured."""
    return summary(cell, {}, [], {OURS: f"{type(error).__name__}: {error}"}) | {"other_load": 0.0}


def ceiling(worker: Worker) -> float:
    """Seconds for one flop, byte or parameter: the best of three, because what interrupts is not the machine's limit."""
    return min(time_of_run(worker, 0.01) for _ in range(3))


def summary(cell: Cell, times: dict[str, list[float]], limit: list[float], notes: dict[str, str]) -> dict:
    """Medians. A ratio is the median over the rounds of the ratio within a round: a machine that runs slower for a while
    does not distort it."""

    def ratio(above: list[float], below: list[float]) -> float:
        return median(a / b for a, b in zip(above, below, strict=True))

    ours = times.get(OURS, [])
    others = {name: numbers for name, numbers in times.items() if name not in (OURS, OURS_NETWORK, NOTHING)}
    ratios = {name: ratio(numbers, ours) for name, numbers in others.items() if ours}
    best = min(ratios, key=ratios.__getitem__, default=None)
    return {
        "work": cell.work,
        "net": cell.net,
        "widths": cell.widths if len(cell.widths) < 80 else "",
        "batch": cell.batch,
        "threads": cell.threads,
        "variant": cell.variant,
        "unit": cell.unit,
        "ours": median(ours) if ours else None,
        "ours_network": median(times[OURS_NETWORK]) if OURS_NETWORK in times else None,
        "peers": {name: median(numbers) for name, numbers in others.items()},
        "best_peer": best,
        "ratio": ratios[best] if best else None,
        "ratios": ratios,
        "limit": median(limit) if limit else None,
        "limit_share": ratio(limit, ours) if limit and ours else None,
        "limit_share_of_peers": {name: ratio(limit, numbers) for name, numbers in others.items()} if limit else {},
        "spread": {name: quartiles(numbers) for name, numbers in times.items()},
        "notes": notes,
    }


def quartiles(numbers: list[float]) -> list[float]:
    if len(numbers) < 2:
        return numbers * 2
    low, _, high = quantiles(numbers, n=4, method="inclusive")
    return [low, high]
