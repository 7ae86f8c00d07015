"""Lays out build/docs: in `source`, from which Sphinx makes the site, copies of the repository's pages where they lie in it, so
that the links between them hold, and the references, which it writes; in `gallery`, the programs of the gallery.

    prepare.py FOLDER [SYMBOL_GRAPH]
"""

from __future__ import annotations

import re
import shutil
import sys
from pathlib import Path

ROOT = Path(__file__).resolve().parents[2]
sys.path[:0] = [str(ROOT / "bindings" / "python")]

import c_reference
import python_reference
import swift_reference

# What pages link to.
COPIED = ("README.md", "CHANGELOG.md", "LICENSE", "docs", "include", "Examples", "Benchmarks", "bindings")
NO_SWIFT = """\
# Swift reference

This site was built without Swift's compiler. The comments in `Sources/Chainrule` describe every public declaration.
"""


def cpp_page(header: str) -> str:
    """The page of chainrule.hpp: its introduction, the classes with their functions, and where the rest is."""
    comment = c_reference.uncommented(header.partition("*/")[0])
    reference = c_reference.Reference((ROOT / "include" / "chainrule.h").read_text())
    first, code, rest = re.split(r"\n\n(?=    #include|chainrule\.h describes)", comment)
    about, _, terms = rest.partition("\n\n")
    parts = [c_reference.title("C++ reference"), reference.text(first), reference.text(code), reference.text(about)]
    return "\n".join([*parts, reference.terms(terms)])


def copy(source: Path, target: Path) -> None:
    """Copies a file or a folder with its times, by which Sphinx sees what has changed."""
    target.parent.mkdir(parents=True, exist_ok=True)
    if source.is_dir():
        shutil.copytree(source, target, ignore=shutil.ignore_patterns("__pycache__", ".*", "site", "gallery", "target"))
    else:
        shutil.copy2(source, target)


def lay_out_gallery(folder: Path) -> None:
    """Copies the programs beside links to what they read: they run in the folder that they lie in."""
    shutil.rmtree(folder, ignore_errors=True)
    shutil.copytree(ROOT / "docs" / "gallery", folder)
    (folder / "Examples").mkdir()
    for name in ("docs", "Examples/data", "Examples/character_model.py"):
        (folder / name).symlink_to(ROOT / name)


def main() -> None:
    """Lays out the folder."""
    folder = Path(sys.argv[1])
    lay_out_gallery(folder / "gallery")
    folder /= "source"
    for path in folder.glob("*"):
        if path.name != "gallery":  # Sphinx-Gallery keeps what it has run there
            shutil.rmtree(path) if path.is_dir() else path.unlink()
    for name in COPIED:
        copy(ROOT / name, folder / name)
    copy(ROOT / "docs" / "site" / "index.md", folder / "index.md")
    reference = folder / "reference"
    c_reference.write(ROOT / "include" / "chainrule.h", reference / "c")
    (reference / "cpp.rst").write_text(cpp_page((ROOT / "include" / "chainrule.hpp").read_text()))
    python_reference.write(reference / "python")
    swift = reference / "swift"
    if len(sys.argv) > 2:
        swift_reference.write(Path(sys.argv[2]), swift)
    else:
        swift.mkdir()
        (swift / "index.md").write_text(NO_SWIFT)


if __name__ == "__main__":
    main()
