"""Measures streams beside RTNeural: nanoseconds for each frame, in turns, and prints a table.

    streams.py --rtneural DIR --xsimd DIR --nam DIR [--limit avx2] [--rounds 5]

The sources of RTNeural, of xsimd and of RTNeural-NAM (its WaveNet) lie outside this repository. Each peer is compiled with -O3
-march=native -ffast-math: sizes known at compile time with Eigen and with xsimd, and at run time with both. The fastest of each is in
the table. Recurrent networks have the same weights in all, and their outputs are compared.
"""

from __future__ import annotations

import argparse
import statistics
import subprocess
from pathlib import Path

HERE = Path(__file__).resolve().parent
BUILD = HERE.parent / "build" / "streams"
RECURRENT = ["gru8", "gru12", "lstm16", "lstm40"]


def compiled(options: argparse.Namespace) -> dict[str, Path]:
    """The programs by name."""
    BUILD.mkdir(parents=True, exist_ok=True)
    narrow = ["-mno-avx512f"] if options.limit == "avx2" else []
    common = ["g++", "-std=c++20", "-O3", "-march=native", *narrow]
    library = (HERE.parent / "build" / ("avx2/lib" if narrow else "lib")).resolve()
    include = HERE.parent / "include"
    native = HERE / "native"
    programs = {"ours": BUILD / f"ours-{options.limit}"}
    commands = [
        [*common, f"-I{include}", native / "streams_chainrule.cpp", "-o", programs["ours"]]
        + [f"-L{library}", "-lchainrule", f"-Wl,-rpath,{library}"]
    ]
    source = native / "streams_rtneural.cpp"
    rtneural = [*common, "-ffast-math", f"-I{options.rtneural}", f"-I{options.rtneural}/modules/json"]
    backends = {
        "eigen": [f"-I{options.rtneural}/modules/Eigen", "-DRTNEURAL_USE_EIGEN=1", "-DRTNEURAL_DEFAULT_ALIGNMENT=32"]
        + ["-DEIGEN_MAX_ALIGN_BYTES=32"],
        "xsimd": [f"-I{options.xsimd}/include", "-DRTNEURAL_USE_XSIMD=1", "-DRTNEURAL_DEFAULT_ALIGNMENT=32"],
    }
    for backend, flags in backends.items():
        for kind, more in {"fixed": [], "run time": ["-DRUN_TIME"]}.items():
            name = f"{kind} {backend}"
            programs[name] = BUILD / f"{name.replace(' ', '-')}-{options.limit}"
            commands.append([*rtneural, *flags, *more, source, "-o", programs[name]])
    programs["wavenet"] = BUILD / f"wavenet-{options.limit}"
    commands.append([*rtneural, *backends["eigen"], "-DWAVENET", f"-I{options.nam}", source, "-o", programs["wavenet"]])
    for command in commands:
        subprocess.run([str(part) for part in command], check=True)
    return programs


def measured(programs: dict[str, Path], network: str, block: int, rounds: int) -> dict[str, tuple[float, float]]:
    """The median of the rounds' nanoseconds, and the sum of outputs, by program. All take turns."""
    times: dict[str, list[float]] = {name: [] for name in programs}
    sums: dict[str, float] = {}
    for _ in range(rounds):
        for name, program in programs.items():
            run = subprocess.run([program, network, str(block), "1", "0.1"], check=True, capture_output=True, text=True)
            time, sums[name] = map(float, run.stdout.split())
            times[name].append(time)
    return {name: (statistics.median(times[name]), sums[name]) for name in programs}


def main() -> None:
    """Prints the table."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    for name in ("rtneural", "xsimd", "nam"):
        parser.add_argument(f"--{name}", required=True, type=Path)
    parser.add_argument("--limit", choices=["avx512", "avx2"], default="avx512")
    parser.add_argument("--rounds", type=int, default=5)
    options = parser.parse_args()
    programs = compiled(options)
    recurrent = {name: program for name, program in programs.items() if name != "wavenet"}
    convolutional = {"ours": programs["ours"], "fixed eigen": programs["wavenet"]}
    print("| ns a frame | block | Chainrule | RTNeural, fixed | over it | RTNeural, run time | over it |")
    print("|---|---|---|---|---|---|---|")
    for network, block in [(name, block) for name in [*RECURRENT, "wavenet"] for block in (64, 1)]:
        found = measured(recurrent if network != "wavenet" else convolutional, network, block, options.rounds)
        ours, expected = found["ours"]
        cells = [network, str(block), f"{ours:.4g}"]
        for kind in ("fixed", "run time"):
            peers = {name: time for name, (time, _) in found.items() if name.startswith(kind)}
            if not peers:
                cells += ["", ""]
                continue
            best = min(peers, key=lambda name: peers[name])
            cells += [f"{peers[best]:.4g} ({best.split()[-1]})", f"{peers[best] / ours:.2f}"]
        if network != "wavenet":
            for name, (_, total) in found.items():
                if abs(total - expected) > 1e-3 * max(1, abs(expected)):
                    raise SystemExit(f"{network}: the outputs of {name} add up to {total}, ours to {expected}")
        print("| " + " | ".join(cells) + " |", flush=True)


if __name__ == "__main__":
    main()
