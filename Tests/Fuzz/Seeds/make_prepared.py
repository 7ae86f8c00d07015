"""Writes the seeds of FuzzPrepared: small prepared files for the baseline, which is what fuzzers are built for.

python make_prepared.py
"""

from pathlib import Path

import chainrule
from chainrule import Network

chainrule.set_instruction_set("baseline")
FOLDER = Path(__file__).parent / "FuzzPrepared"
NETWORKS = {
    "dense": Network(3).add_dense(4, "relu").add_dense(2).build(seed=1),
    "image": Network((4, 3, 2)).add_convolution(3, 2).add_normalization().add_prelu().add_pooling().build(seed=2),
    "sequence": Network((3, 2)).add_gru(3).add_attention(1).add_normalization("layer").build(seed=3),
    "tokens": Network(2).add_embedding(5, 3).add_softmax(0).build(seed=4),
}

FOLDER.mkdir(exist_ok=True)
for name, network in NETWORKS.items():
    for precision in ("float32", "bfloat16", "int8"):
        network.prepare(precision).save(FOLDER / f"{name}-{precision}")
