"""The digits of Examples/data as inputs of the cells `digits`: every fourth image of each digit is held out, as in the
demo."""

from __future__ import annotations

import array
import csv
from collections import Counter
from pathlib import Path

SOURCE = Path(__file__).resolve().parent.parent / "Examples" / "data" / "digits.csv"


def write_inputs(folder: Path) -> None:
    seen: Counter[int] = Counter()
    x = {name: array.array("f") for name in ("", "held_out_")}
    classes = {name: array.array("i") for name in x}
    with SOURCE.open(newline="") as file:
        for row in csv.reader(file):
            *pixels, digit = map(int, row)
            seen[digit] += 1
            name = "held_out_" if seen[digit] % 4 == 0 else ""
            x[name].extend(pixel / 16 for pixel in pixels)
            classes[name].append(digit)
    folder.mkdir(parents=True, exist_ok=True)
    for name, values in x.items():
        (folder / f"{name}x").write_bytes(values.tobytes())
        (folder / f"{name}classes").write_bytes(classes[name].tobytes())
