"""A language model of characters: an LSTM that learns to continue a text, and then writes some of its own.

    python Examples/character_model.py [TEXT] [--epochs N]

The text is cut into as many columns as a batch has rows. Each batch holds the next steps of every column, and its rows begin with
the states that the rows of the batch before ended with: carry_states. Writing is a stream: a character in, the chances of the next
one out. A cost of one's own compares all steps at once. The text is a licence that Debian has, unless you give another.
"""

import argparse
from pathlib import Path

import numpy as np
from chainrule import Network, Optimizer, Trainer

ROWS, STEPS, UNITS = 16, 32, 128
GPL = Path("/usr/share/common-licenses/GPL-3")


def pieces(text: str) -> tuple[str, np.ndarray, np.ndarray]:
    """The alphabet, and for each batch's rows the characters as one-hot vectors and the numbers of those that follow."""
    alphabet = "".join(sorted(set(text)))
    numbers = np.array([alphabet.index(character) for character in text])
    batches = (len(numbers) - 1) // (ROWS * STEPS)
    columns = [numbers[shift : shift + batches * ROWS * STEPS].reshape(ROWS, batches, STEPS) for shift in (0, 1)]
    x, t = (part.swapaxes(0, 1).reshape(-1, STEPS) for part in columns)
    return alphabet, np.eye(len(alphabet), dtype=np.float32)[x], t.astype(np.float32)


def network_of(letters: int) -> Network:
    """Reads characters and gives z of the softmax for the next one, at every step."""
    return Network((STEPS, letters)).add_lstm(UNITS).add_dense(letters).build(seed=1)


def cross_entropy(y: np.ndarray, t: np.ndarray, _: object) -> tuple[float, np.ndarray]:
    """The mean of -log p over all rows and steps, p being the chance of the right character; and its gradient."""
    z = y.reshape(t.size, -1)
    right = np.arange(t.size), t.reshape(-1).astype(int)
    p = np.exp(z - z.max(axis=1, keepdims=True))
    p /= p.sum(axis=1, keepdims=True)
    cost = -np.log(p[right]).mean()
    p[right] -= 1
    return float(cost), (p / t.size).reshape(y.shape)


def train(network: Network, x: np.ndarray, t: np.ndarray, epochs: int) -> list[float]:
    """The mean cost of each epoch."""
    optimizer = Optimizer(network, "adam", learning_rate=0.005)
    with Trainer(
        network,
        cost=cross_entropy,
        optimizer=optimizer,
        batch_size=ROWS,
        epochs=epochs,
        shuffle=False,
        carry_states=True,
    ) as trainer:
        return [epoch.cost for epoch in trainer.fit(x.reshape(len(x), -1), t)]


def write(network: Network, alphabet: str, beginning: str, length: int) -> str:
    """Continues a text, drawing each character by its chances."""
    rng = np.random.default_rng(1)
    letters = np.eye(len(alphabet), dtype=np.float32)
    text = beginning
    with network.stream() as stream:
        z = stream.push(letters[[alphabet.index(character) for character in beginning]])[-1]
        for _ in range(length):
            p = np.exp((z - z.max()) / 0.6)
            text += alphabet[rng.choice(len(alphabet), p=p / p.sum())]
            z = stream.push(letters[alphabet.index(text[-1])])
    return text


def main() -> None:
    """Trains, and shows what the network writes."""
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("text", nargs="?", type=Path, default=GPL)
    parser.add_argument("--epochs", type=int, default=8)
    options = parser.parse_args()
    alphabet, x, t = pieces(options.text.read_text())
    with network_of(len(alphabet)) as network:
        costs = train(network, x, t, options.epochs)
        for epoch, cost in enumerate(costs, 1):
            print(f"epoch {epoch}: {cost:.3f} nats a character, {np.exp(cost):.1f} characters to choose from")
        print(write(network, alphabet, "The ", 300))
        if not costs[-1] < 0.75 * costs[0]:
            raise SystemExit("it has not learned")


if __name__ == "__main__":
    main()
