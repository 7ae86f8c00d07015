"""What is measured: the networks, the cells, and what each cell needs at least."""

from __future__ import annotations

from dataclasses import dataclass
from itertools import pairwise

NETWORKS = {
    "A": "tanh:2-8-1",
    "B": "64-32-10",
    "C": "784-128-10",
    "D": "784-512-512-10",
    "E": "1024-1024-1024-1024",
}
BYTES_OF_WEIGHT = {"f32": 4, "bf16": 2, "int8": 1}
CEILING_OF_VARIANT = {"bf16": "bf16", "int8": "int8"}  # otherwise fma
LEARNING_RATES = {"sgd": 0.01, "adam": 0.001}
PROCESS_NETWORK = "tanh:64-100-10"  # with tanh, because FANN has no ReLU
LENET_RATE = 0.002
DIGITS_RATE = 0.01  # of 0.001, 0.003, 0.005, 0.01 and 0.02 the one that gets there in the fewest epochs


@dataclass(frozen=True)
class Need:
    """An amount that no program can do without, and the ceiling of the machine that bounds its speed."""

    ceiling: str  # the words that describe it to the worker `ceilings`
    amount: float


@dataclass(frozen=True)
class Cell:
    work: str  # train, infer, digits, lenet, process or growth
    net: str
    batch: int
    threads: int
    variant: str  # sgd and adam, or f32, bf16 and int8, or what of a process is measured: start, bound, …
    widths: str
    rate: float = 0
    peers: tuple[str, ...] = ()  # those that are measured, if not all that can

    @property
    def layers(self) -> list[tuple[int, int]]:
        sizes = [int(width) for width in self.widths.removeprefix("tanh:").split("-")]
        return list(pairwise(sizes))

    @property
    def is_training(self) -> bool:
        return self.work in ("train", "growth")

    @property
    def needs(self) -> list[Need]:
        """None if something other than arithmetic and memory is the limit, such as latency.

        The limit of several cores is a multiple of one core's. Measuring it with threads that start together gives far
        too low a ceiling, because some start late.
        """
        if not (self.is_training or self.work == "infer"):
            return []
        weights = sum(inputs * outputs for inputs, outputs in self.layers)
        if weights < 1000:
            return []
        arithmetic = f"ceiling={CEILING_OF_VARIANT.get(self.variant, 'fma')} threads=1"
        size = weights * BYTES_OF_WEIGHT.get(self.variant, 4)
        load = f"ceiling=load threads=1 bytes={size // self.threads}"
        flops, reads = 2 * weights * self.batch, 1
        if self.is_training:
            first = self.layers[0][0] * self.layers[0][1]
            flops = 2 * (3 * weights - first) * self.batch
            # Each weight is read by the forward pass and by the update, and each of Adam's moments by the update.
            reads = 4 if self.variant == "adam" else 2
        return [Need(arithmetic, flops / self.threads), Need(load, reads * size / self.threads)]

    @property
    def unit(self) -> str:
        return "bytes" if self.variant in ("resident", "disk") else "seconds"

    def words(self, inputs: str) -> str:
        """The cell as every worker understands it."""
        work = "train" if self.is_training else "infer" if self.variant in ("bound", "call") else self.work
        return (
            f"work={work} widths={self.widths} batch={self.batch} threads={self.threads} "
            f"variant={self.variant} rate={self.rate} inputs={inputs}"
        )

    def __str__(self) -> str:
        return f"{self.work} {self.net} batch {self.batch} {self.variant}, {self.threads} thread" + "s" * (
            self.threads > 1
        )


TRAINING = [
    Cell("train", net, batch, threads, variant, NETWORKS[net], LEARNING_RATES[variant])
    for net in "BCD"
    for threads in (1, 2)
    for variant in ("sgd", "adam")
    for batch in (32, 64, 128, 256)
]
INFERENCE = [
    Cell("infer", net, batch, 1, "f32", NETWORKS[net]) for net in "ABCDE" for batch in (1, 2, 4, 8, 16, 32, 63, 64, 256)
]
REDUCED = [
    Cell("infer", net, batch, 1, variant, NETWORKS[net])
    for variant in ("bf16", "int8")
    for net in "CDE"
    for batch in (1, 64, 256)
]
DIGITS = [Cell("digits", "digits", 64, 1, "adam", "64-100-10", DIGITS_RATE)]
LENET = [Cell("lenet", "LeNet-5", 32, threads, "adam", "lenet5", LENET_RATE) for threads in (1, 2)]
PROCESS = [
    *(Cell("process", "digits", 1, 1, variant, PROCESS_NETWORK) for variant in ("start", "resident", "disk", "import")),
    *(Cell("process", "A", 1, 1, variant, NETWORKS["A"]) for variant in ("bound", "call")),
]


def growth(axis: str, value: int, widths: str, batch: int, threads: int = 1) -> Cell:
    # So small a rate changes nothing, so that networks of a thousand layers stay as they were drawn.
    return Cell("growth", f"{axis} {value}", batch, threads, "sgd", widths, 1e-20, ("onednn",))


def powers(largest: int) -> list[int]:
    return [2**k for k in range(largest.bit_length())]


GROWTH = [
    *(growth("width", width, f"64-{width}-{width}-10", 64) for width in powers(4096)[2:]),
    *(growth("depth", depth, "64-" + "64-" * depth + "10", 64) for depth in powers(1024)),
    *(growth("batch", batch, NETWORKS["C"], batch) for batch in powers(4096)),
    *(growth("threads", threads, NETWORKS["D"], 256, threads) for threads in (1, 2)),
]
CELLS = TRAINING + INFERENCE + REDUCED + DIGITS + LENET + PROCESS + GROWTH
