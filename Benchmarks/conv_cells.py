"""The cells of the work `conv`: single convolutions, and training steps and predictions of convolutional networks."""

from __future__ import annotations

from dataclasses import dataclass
from math import prod

from cells import LEARNING_RATES, Cell, Need
from models import ALONE, MODELS, Model

PASSES = ("forward", "data", "weights")  # of a single convolution: native/conv_layer.hpp
BATCHES = (1, 8, 32, 128)


@dataclass(frozen=True)
class ConvCell(Cell):
    """Its net is one of `models`, its variant a pass, an optimizer, or the precision of a prediction."""

    @property
    def model(self) -> Model:
        return MODELS.get(self.net) or ALONE[self.net]

    @property
    def is_training(self) -> bool:
        return self.variant in LEARNING_RATES

    @property
    def is_pass(self) -> bool:
        return self.variant in PASSES

    @property
    def group(self) -> str:
        """Those whose ratios are averaged together."""
        if not self.is_pass:
            return "training" if self.is_training else "inference"
        layer = self.model.layers[0]
        return "depthwise" if layer.is_depthwise else "pointwise" if prod(layer.kernel) == 1 else "convolution"

    @property
    def needs(self) -> list[Need]:
        """For a pass also its arrays, read and written once; those of whole networks' layers may stay in cache."""
        layers = self.model.layers
        products = [layer.multiplications for layer in layers]
        flops = 2 * (3 * sum(products) - products[0] if self.is_training else sum(products)) * self.batch
        needs = [Need("ceiling=fma threads=1", flops / self.threads)]
        if self.is_pass:
            arrays = 4 * (prod(layers[0].shape) + prod(layers[0].output)) * self.batch
            kind = "load" if self.variant == "weights" else "copy"
            needs.append(Need(f"ceiling={kind} threads=1 bytes={arrays // self.threads}", arrays / self.threads))
        return needs

    def words(self, inputs: str) -> str:
        work = "train" if self.is_training else "layer" if self.is_pass else "infer"
        return (
            f"work={work} widths= batch={self.batch} threads={self.threads} "
            f"variant={self.variant} rate={self.rate} inputs={inputs}"
        )

    @property
    def rows(self) -> int:
        """Of data: some batches for training, two for predictions, one for a pass."""
        return max(8 * self.batch, 1024) if self.is_training else 2 * 128


def cell(net: str, batch: int, threads: int, variant: str) -> ConvCell:
    return ConvCell("conv", net, batch, threads, variant, widths="", rate=LEARNING_RATES.get(variant, 0))


LAYERS = [
    cell(net, batch, threads, variant)
    for net in ALONE
    for variant in PASSES
    for threads in (1, 2)
    for batch in BATCHES
    if batch >= threads  # threads share rows
]
TRAINED = ("lenet", "resnet8", "ds-cnn")
TRAINING = [cell(net, batch, threads, "sgd") for net in TRAINED for threads in (1, 2) for batch in BATCHES]
INFERENCE = [cell(net, batch, 1, "f32") for net in MODELS for batch in (1, 8, 32)]
EVERY = LAYERS + TRAINING + INFERENCE

# What `make bench` measures of them: of the layers, all that are not like another, with 32 rows on one thread.
SOME_LAYERS = (
    *("lenet.1", "lenet.2", "resnet8.1", "resnet8.2", "resnet8.4", "resnet8.5", "resnet8.7", "resnet8.8", "resnet8.9"),
    *("ds-cnn.1", "ds-cnn.2", "ds-cnn.3", "mobilenet.2", "mobilenet.4", "mobilenet.5", "mobilenet.14", "mobilenet.15"),
)
CONV = [
    *(cell for cell in LAYERS if cell.net in SOME_LAYERS and (cell.batch, cell.threads) == (32, 1)),
    *(cell for cell in TRAINING if cell.batch == 32),
    *(cell for cell in INFERENCE if cell.batch == 1),
]
