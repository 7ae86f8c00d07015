"""
Activations and their derivatives
=================================

A layer's activation σ makes h of z. Its derivative σ' takes the error signal back. ``Network.jvp()`` gives both: y and its
change along a direction.
"""

import matplotlib.pyplot as plt
import numpy as np
from chainrule import Network

NAMES = (
    *("sigmoid", "tanh", "softsign", "hard_sigmoid"),
    *("relu", "leaky_relu", "elu", "selu"),
    *("softplus", "gelu", "silu", "mish"),
)
z = np.linspace(-4, 4, 321, dtype=np.float32)[:, None]

fig, panels = plt.subplots(3, 4, figsize=(9.5, 6.5), layout="constrained", sharex=True)
for ax, name in zip(panels.flat, NAMES):
    h, slope = Network(1).add_activation(name).build().jvp(z, np.ones_like(z))
    ax.plot(z, h, label="σ(z)")
    ax.plot(z, slope, "--", label="σ'(z)")
    ax.axhline(0, color="#888888", linewidth=0.5)
    ax.set_title(name.replace("_", " "))
panels[0, 0].legend()
