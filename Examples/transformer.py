"""A small transformer learns to continue text, character by character: Python beside Vaswani et al. (2017).

To run it: as digits.py. Reads a text, by default a licence that Debian ships, and prints how many bits it needs for a character.
The cost is computed here, at every step of a text, and passed back by hand: `forward`, ∇C, `backward`, `step`.
"""

import argparse

import numpy as np
from chainrule import Network, Optimizer, Workspace


def transformer(steps: int, tokens: int, width: int, heads: int, blocks: int) -> Network:
    """Reads tokens, and gives for each step the logits of the token after it. Normalizes before each part."""
    network = Network(steps).add_embedding(tokens, width, weight_initializer=("normal", 0, 0.02))
    network.add_positions("learned", weight_initializer=("normal", 0, 0.02), name="0s")
    for block in range(blocks):
        before, middle, after = f"{block}s", f"{block}m", f"{block + 1}s"
        network.add_normalization("layer", input=before).add_attention(heads, causal=True, name=f"{block}a")
        network.add_sum([f"{block}a", before], name=middle)
        network.add_normalization("layer").add_dense(4 * width, "gelu").add_dense(width, name=f"{block}d")
        network.add_sum([f"{block}d", middle], name=after)
    return network.add_normalization("layer").add_dense(tokens).build(seed=1)


def cross_entropy(logits: np.ndarray, targets: np.ndarray) -> tuple[float, np.ndarray]:
    """The mean over all steps, and its gradient."""
    e = np.exp(logits - logits.max(axis=-1, keepdims=True))
    p = e / e.sum(axis=-1, keepdims=True)
    hit = np.take_along_axis(p, targets[..., None], -1)
    np.put_along_axis(p, targets[..., None], hit - 1, -1)
    return float(-np.log(hit).mean()), p / targets.size


def main() -> None:
    """Trains, and fails unless it learns."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("text", nargs="?", default="/usr/share/common-licenses/GPL-3")
    parser.add_argument("--steps", type=int, default=32, help="characters that it sees")
    parser.add_argument("--width", type=int, default=32)
    parser.add_argument("--blocks", type=int, default=2)
    parser.add_argument("--updates", type=int, default=150)
    parser.add_argument("--wanted", type=float, default=3.8, help="bits for a character, at most")
    arguments = parser.parse_args()
    with open(arguments.text, "rb") as file:
        text = np.frombuffer(file.read(), np.uint8)
    alphabet, text = np.unique(text, return_inverse=True)
    network = transformer(arguments.steps, len(alphabet), arguments.width, 4, arguments.blocks)
    optimizer = Optimizer(network, "adam", learning_rate=3e-3)
    workspace = Workspace(network, max_rows=32)
    rng = np.random.default_rng(1)
    bits = []
    for update in range(arguments.updates):
        places = rng.integers(0, len(text) - arguments.steps, 32)[:, None] + np.arange(arguments.steps)
        y = workspace.forward(text[places].astype(np.float32)).reshape(32, arguments.steps, -1)
        cost, gradient = cross_entropy(y, text[places + 1])
        optimizer.step(workspace.backward(gradient.reshape(32, -1)))
        bits.append(cost / np.log(2))
        if (update + 1) % 50 == 0:
            print(f"update {update + 1}: {np.mean(bits[-50:]):.2f} bits for a character")
    seen = text[: arguments.steps]
    for _ in range(60):
        window = seen[-arguments.steps :].astype(np.float32)[None]
        logits = network.predict(window).reshape(arguments.steps, -1)[-1]
        seen = np.append(seen, logits.argmax())
    print(repr(bytes(alphabet[seen]).decode("latin-1")))
    if not np.mean(bits[-20:]) < arguments.wanted:
        raise SystemExit(f"it needs more than {arguments.wanted} bits")


if __name__ == "__main__":
    main()
