"""Writes the Swift reference, from the symbol graph that the compiler extracts from a built module: a page for each folder of
Sources/Chainrule, and on it each public type with its members."""

from __future__ import annotations

import json
import re
from pathlib import Path
from typing import Any

Symbol = dict[str, Any]

FOLDERS = {
    "Network": "Networks",
    "Layers": "Layers and activations",
    "Passes": "Passes",
    "Derivatives": "Derivatives beyond the gradient",
    "Costs": "Costs",
    "Optimizers": "Optimizers",
    "Training": "Training",
    "Minimizers": "Minimizing",
    "Cascade": "Growing a network",
    "Prediction": "Prediction",
    "Streams": "Streams",
    "Storage": "Files",
    "Tensor": "Tensors",
    "Concurrency": "Cancelling",
    "Errors": "Errors",
}


class Reference:
    """The public symbols, by the folder of the type that they belong to."""

    def __init__(self, graph: dict[str, Any]) -> None:
        symbols = [symbol for symbol in graph["symbols"] if folder_of(symbol)]
        self.types = {tuple(s["pathComponents"]): s for s in symbols if kind_of(s) in TYPES}
        self.members: dict[tuple[str, ...], list[Symbol]] = {}
        for symbol in sorted(symbols, key=place_of):
            path = tuple(symbol["pathComponents"])
            if path not in self.types:
                self.members.setdefault(path[:-1], []).append(symbol)

    def pages(self) -> dict[str, str]:
        """The text of each page by its name."""
        pages = {}
        for folder, title in FOLDERS.items():
            types = [path for path, symbol in self.types.items() if folder_of(symbol) == folder]
            if types:
                types.sort(key=lambda path: (place_of(self.types[path]), path))
                pages[folder.lower()] = f"# {title}\n\n" + "\n".join(self.type(path) for path in types)
        contents = "\n".join(pages)
        pages["index"] = (
            "# Swift reference\n\nEvery public type of the module `Chainrule`, made from the comments in its sources. "
            "Every function that can fail throws a [`ChainruleError`](#swift-ChainruleError).\n\n"
            f"```{{toctree}}\n:maxdepth: 2\n\n{contents}\n```\n"
        )
        return pages

    def type(self, path: tuple[str, ...]) -> str:
        """A type and its members."""
        name = ".".join(path)
        parts = [f"({label(path)})=\n## {name}\n\n{self.entry(self.types[path])}"]
        for member in self.members.get(path, []):
            parts.append(self.entry(member))
        return "\n".join(parts)

    def entry(self, symbol: Symbol) -> str:
        """A declaration and what its comment says."""
        declaration = "".join(fragment["spelling"] for fragment in symbol["declarationFragments"])
        return f"```swift\n{wrapped(declaration)}\n```\n\n{self.text(symbol)}\n"

    def text(self, symbol: Symbol) -> str:
        """The comment, with links to types."""
        lines = [line["text"] for line in symbol.get("docComment", {}).get("lines", [])]
        text = "\n".join(lines).replace("$", "\\$")
        return re.sub(r"(?<!`)``([^`\n]+)``(?!`)", self.link, text)

    def link(self, match: re.Match[str]) -> str:
        """A name in double backticks: a link if it is a type's or begins with one."""
        path = tuple(match[1].split("/"))
        while path and path not in self.types:
            path = path[:-1]
        shown = "`" + match[1].replace("/", ".") + "`"
        return f"[{shown}](#{label(path)})" if path else shown


TYPES = ("struct", "class", "enum", "protocol")


def kind_of(symbol: Symbol) -> str:
    return symbol["kind"]["identifier"].removeprefix("swift.")


def folder_of(symbol: Symbol) -> str:
    """The folder of Sources/Chainrule that declares it; nothing for symbols that the compiler makes."""
    match = re.search(r"/Sources/Chainrule/(\w+)/", symbol.get("location", {}).get("uri", ""))
    return match[1] if match else ""


def place_of(symbol: Symbol) -> tuple[str, int]:
    location = symbol["location"]
    return location["uri"], location["position"]["line"]


def label(path: tuple[str, ...]) -> str:
    return "swift-" + "-".join(path)


def wrapped(declaration: str) -> str:
    """A long declaration with a line for each parameter."""
    if len(declaration) <= 88 or "(" not in declaration:
        return declaration
    parts, depth, start = [], 0, declaration.index("(") + 1
    for number in range(start - 1, len(declaration)):
        sign = declaration[number]
        depth += (sign in "([") - (sign in ")]")
        if depth == 0:
            parts.append(declaration[start:number].strip())
            inner = ",\n    ".join(part for part in parts if part)
            return f"{declaration[: declaration.index('(')]}(\n    {inner}\n){declaration[number + 1 :]}"
        if sign == "," and depth == 1:
            parts.append(declaration[start:number].strip())
            start = number + 1
    return declaration


def write(graph: Path, folder: Path) -> None:
    """Writes the pages into a folder."""
    folder.mkdir(parents=True, exist_ok=True)
    for name, text in Reference(json.loads(graph.read_text())).pages().items():
        (folder / f"{name}.md").write_text(text)
