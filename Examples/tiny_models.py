"""Three networks of the benchmark MLPerf Tiny (Banbury et al. 2021), with their published numbers of parameters.

To run it: as digits.py. Keras' counts, which are published, contain the running statistics of batch normalization.
"""

import numpy as np
from chainrule import Network, Workspace

BIASES = {"bias_initializer": "zeros"}
HE = {"weight_initializer": "he_normal", **BIASES}
# Keras' own numbers; its momentum of 0.99 is what stays.
KERAS = {"epsilon": 1e-3, "momentum": 0.01}


def resnet_8() -> Network:
    """Classifies images of 32 × 32 × 3: a residual network (He et al. 2016) of three stacks."""
    network = Network((32, 32, 3)).add_convolution(16, 3, padding="same", **HE).add_normalization(**KERAS)
    before = "activated"
    network.add_activation("relu", name=before)
    for stack, (channels, stride) in enumerate([(16, 1), (32, 2), (64, 2)], 1):
        residual, shortcut, after = f"residual{stack}", f"shortcut{stack}", f"stack{stack}"
        network.add_convolution(channels, 3, stride=stride, padding="same", input=before, **HE)
        network.add_normalization(**KERAS).add_activation("relu")
        network.add_convolution(channels, 3, padding="same", **HE).add_normalization(**KERAS, name=residual)
        if stride > 1:
            network.add_convolution(channels, 1, stride=stride, padding="same", input=before, name=shortcut, **HE)
        else:
            shortcut = before
        network.add_sum([shortcut, residual]).add_activation("relu", name=after)
        before = after
    return network.add_pooling("mean").add_dense(10, **HE)


def ds_cnn() -> Network:
    """Tells 12 words apart from 49 times of 10 cepstral coefficients: depthwise and pointwise convolutions in turn."""
    network = Network((49, 10, 1)).add_convolution(64, (10, 4), stride=2, padding="same", **BIASES)
    network.add_normalization(**KERAS).add_activation("relu").add_dropout(0.2)
    for _ in range(4):
        network.add_convolution(64, 3, padding="same", groups=64, **BIASES)
        network.add_normalization(**KERAS).add_activation("relu")
        network.add_convolution(64, 1, **BIASES).add_normalization(**KERAS).add_activation("relu")
    # The window leaves out the last of the 25 × 5 positions' rows, as the benchmark's does.
    return network.add_dropout(0.4).add_pooling("mean", (24, 5)).add_flatten().add_dense(12, **BIASES)


def autoencoder() -> Network:
    """Says back 5 frames of 128 mel bands through 8 numbers; sounds that it cannot say back are anomalies."""
    network = Network(640)
    for units in (128, 128, 128, 128, 8, 128, 128, 128, 128):
        network.add_dense(units, **BIASES).add_normalization(**KERAS).add_activation("relu")
    return network.add_dense(640, **BIASES)


PUBLISHED = {resnet_8: 78_666, ds_cnn: 24_908, autoencoder: 269_992}


def count(network: Network) -> int:
    """The numbers that a built network's file holds: parameters, and running statistics."""
    return network.parameters.size + sum(statistics.size for statistics in network.state.values())


def main() -> None:
    """Builds the networks, counts their parameters, and has each compute a training pass."""
    for make, published in PUBLISHED.items():
        with make().build(seed=1) as network:
            x = np.random.default_rng(1).standard_normal((4, network.inputs), dtype=np.float32)
            workspace = Workspace(network, max_rows=4)
            workspace.use_batch_statistics()
            y = workspace.forward(x)
            gradient = workspace.backward(y)
            print(f"{make.__name__:12} {count(network):7,} parameters, {network.parameters.size:7,} of them trained")
            if count(network) != published or not np.isfinite(gradient).all():
                raise SystemExit(f"{published:,} were published")


if __name__ == "__main__":
    main()
