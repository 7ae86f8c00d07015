"""
A network that writes
=====================

An LSTM reads two pages of this documentation, character by character, and learns which one comes next. Then it writes. The functions are those of ``Examples/character_model.py``.
"""

import sys
from pathlib import Path

import matplotlib.pyplot as plt

sys.path.append("Examples")
from character_model import network_of, pieces, train, write

text = "".join(Path(f"docs/{name}.md").read_text() for name in ("training", "trainer"))
words = (word for word in text.split() if word.isascii() and word.replace("-", "").strip(".,;:").isalpha())
text = " ".join(words)
alphabet, x, t = pieces(text)
network = network_of(len(alphabet))
before = write(network, alphabet, "The ", 120)
costs = train(network, x, t, epochs=30)

# %%
# Before training it draws any characters. After 30 epochs it draws words, and some of their order:

print(before)
print()
print(write(network, alphabet, "The ", 300))

# %%
# The cost is the mean of −log p of the right character, in nats.

fig, ax = plt.subplots(figsize=(5.5, 3.2), layout="constrained")
ax.plot(range(1, len(costs) + 1), costs, "o-", markersize=4)
ax.set_xlabel("epoch")
ax.set_ylabel("nats a character")
