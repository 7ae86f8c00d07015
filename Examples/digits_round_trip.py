"""A model goes round: scikit-learn trains it, a C program fine-tunes it on new handwriting, ONNX Runtime runs it.

    python Examples/digits_round_trip.py

Needs `make examples`, and scikit-learn, skl2onnx, onnx and onnxruntime. digits_finetune.c is the C program.
"""

import subprocess
import tempfile
import warnings
from pathlib import Path

import chainrule
import numpy as np
import onnx
import onnxruntime
from skl2onnx import to_onnx
from sklearn.exceptions import ConvergenceWarning
from sklearn.neural_network import MLPClassifier

FINETUNE = Path(__file__).parent.parent / "build" / "examples" / "digits_finetune"
DIGITS = np.loadtxt(Path(__file__).parent / "data" / "digits.csv", delimiter=",", dtype=np.float32)


def of_another_hand(images: np.ndarray) -> np.ndarray:
    """A pen that writes lighter, one pixel further to the right."""
    moved = np.roll(images.reshape(-1, 8, 8), 1, axis=2)
    moved[:, :, 0] = 0
    return np.rint(0.7 * moved).reshape(-1, 64)


def accuracy(model: Path, images: np.ndarray, digits: np.ndarray) -> tuple[float, np.ndarray]:
    """What ONNX Runtime makes of a model, and its probabilities."""
    session = onnxruntime.InferenceSession(model)
    probabilities = session.run([session.get_outputs()[-1].name], {session.get_inputs()[0].name: images})[0]
    return float(np.mean(probabilities.argmax(axis=1) == digits)), probabilities


def main() -> None:
    x, digits = DIGITS[:, :-1], DIGITS[:, -1].astype(np.int64)
    new = of_another_hand(x)
    practice, test = np.arange(len(x)) % 2 == 0, np.arange(len(x)) % 2 == 1

    with warnings.catch_warnings():
        warnings.simplefilter("ignore", ConvergenceWarning)
        classifier = MLPClassifier((60,), max_iter=60, random_state=1).fit(x[practice], digits[practice])
    with tempfile.TemporaryDirectory() as name:
        folder = Path(name)
        trained, tuned = folder / "trained.onnx", folder / "tuned.onnx"
        trained.write_bytes(to_onnx(classifier, x[:1], options={"zipmap": False}).SerializeToString())
        np.savetxt(folder / "new.csv", np.column_stack([new[practice], digits[practice]]), fmt="%d", delimiter=",")

        before, _ = accuracy(trained, new[test], digits[test])
        subprocess.run([FINETUNE, trained, folder / "new.csv", tuned], check=True)
        onnx.checker.check_model(tuned, full_check=True)
        after, theirs = accuracy(tuned, new[test], digits[test])

        ours = chainrule.load_onnx(tuned).predict(new[test])
        difference = np.abs(ours - theirs).max()
    print(f"images of the new hand that no training saw: {before:.1%} right before, {after:.1%} after")
    print(f"ONNX Runtime and Chainrule differ by {difference:.1e} at most")
    assert before < 0.8
    assert after > 0.9
    assert difference < 1e-5


if __name__ == "__main__":
    main()
