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


@dataclass(frozen=True)
class Need:
    """An amount that no program can do without, and the ceiling of the machine that bounds its speed."""

    ceiling: str  # the words that describe it to the worker `ceilings`
    amount: float


@dataclass(frozen=True)
class Cell:
    work: str  # train or infer
    net: str
    batch: int
    threads: int
    variant: str  # sgd and adam, or f32, bf16 and int8
    widths: str

    @property
    def layers(self) -> list[tuple[int, int]]:
        sizes = [int(width) for width in self.widths.removeprefix("tanh:").split("-")]
        return list(pairwise(sizes))

    @property
    def needs(self) -> list[Need]:
        weights = sum(inputs * outputs for inputs, outputs in self.layers)
        fma = f"ceiling=fma threads={self.threads}"
        if self.work == "train":
            first = self.layers[0][0] * self.layers[0][1]
            return [Need(fma, 2 * (3 * weights - first) * self.batch)]
        size = weights * BYTES_OF_WEIGHT[self.variant]
        arithmetic = f"ceiling={CEILING_OF_VARIANT.get(self.variant, 'fma')} threads={self.threads}"
        return [
            Need(arithmetic, 2 * weights * self.batch),
            Need(f"ceiling=load threads={self.threads} bytes={size}", size),
        ]

    def words(self, inputs: str) -> str:
        """The cell as every worker understands it."""
        rate = LEARNING_RATES.get(self.variant, 0)
        return (
            f"work={self.work} widths={self.widths} batch={self.batch} threads={self.threads} "
            f"variant={self.variant} rate={rate} inputs={inputs}"
        )

    def __str__(self) -> str:
        return f"{self.work} {self.net} batch {self.batch} {self.variant}, {self.threads} thread" + "s" * (self.threads > 1)


TRAINING = [
    Cell("train", net, batch, threads, variant, NETWORKS[net])
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
CELLS = TRAINING + INFERENCE + REDUCED
