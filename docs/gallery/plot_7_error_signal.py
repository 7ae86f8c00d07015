"""
How far the error signal reaches
================================

The backward pass multiplies the error signal δ by Wᵀ and by σ' in every layer. The sigmoid's derivative is 1/4 at most, so
δ vanishes in a deep network. With ReLU and He's initial weights it does not. ``Workspace.delta()`` shows δ of each layer.
"""

import matplotlib.pyplot as plt
import numpy as np
from chainrule import Network, Workspace, cost

LAYERS, ROWS = 20, 64
rng = np.random.default_rng(0)
x = rng.standard_normal((ROWS, 32), dtype=np.float32)
targets = rng.standard_normal((ROWS, 1), dtype=np.float32)

fig, ax = plt.subplots(figsize=(7, 3.6), layout="constrained")
for name, initializer in (("sigmoid", "default"), ("tanh", "default"), ("relu", "he_normal")):
    network = Network(32)
    for _ in range(LAYERS):
        network.add_dense(32, name, weight_initializer=initializer)
    network.add_dense(1).build(seed=1)
    workspace = Workspace(network, max_rows=ROWS)
    _, dC_dy = cost(workspace.forward(x), targets, "mean_squared_error")
    workspace.backward(dC_dy)
    sizes = [np.linalg.norm(workspace.delta(layer)) for layer in range(LAYERS)]
    ax.semilogy(range(1, LAYERS + 1), sizes, "o-", markersize=4, label=name)
ax.set_xlabel("layer")
ax.set_ylabel("length of δ")
ax.set_xticks(range(1, LAYERS + 1, 3))
ax.legend()
