"""Checks that every link within a built site leads to a file of it, and to a place in that file.

check_links.py FOLDER
"""

from __future__ import annotations

import sys
from html.parser import HTMLParser
from pathlib import Path
from urllib.parse import unquote, urlsplit


class Page(HTMLParser):
    """The places of a page, and where it leads."""

    def __init__(self, path: Path) -> None:
        super().__init__()
        self.places: set[str] = set()
        self.links: set[str] = set()
        self.loads: set[str] = set()
        self.feed(path.read_text())

    def handle_starttag(self, tag: str, attributes: list[tuple[str, str | None]]) -> None:
        """Notes the places and the links of a tag."""
        given = {name: value or "" for name, value in attributes}
        self.places |= {given[name] for name in ("id", "name") if name in given}
        if tag == "a" and "href" in given:
            self.links.add(given["href"])
        elif tag in ("img", "script", "link"):
            self.loads |= {given[name] for name in ("src", "href") if given.get(name)}


def main() -> int:
    """Checks the site. Returns the exit code."""
    root = Path(sys.argv[1]).resolve()
    pages = {path.resolve(): Page(path) for path in root.rglob("*.html") if "_static" not in path.parts}
    links = wrong = 0
    for path, page in pages.items():
        for link in sorted(page.links | page.loads):
            parts = urlsplit(link)
            if parts.scheme or parts.netloc:
                if link in page.loads and parts.scheme != "data":
                    print(f"{path.relative_to(root)}: loads {link} from the network")
                    wrong += 1
                continue
            links += 1
            target = (path.parent / unquote(parts.path)).resolve() if parts.path else path
            if target.is_dir():
                target /= "index.html"
            place = unquote(parts.fragment)
            if not target.is_file():
                print(f"{path.relative_to(root)}: {link} leads to no file")
                wrong += 1
            elif place and target in pages and place not in pages[target].places:
                print(f"{path.relative_to(root)}: {link} leads to no place in its file")
                wrong += 1
    print(f"{len(pages)} pages, {links} links, {wrong} of them wrong")
    return 1 if wrong else 0


if __name__ == "__main__":
    sys.exit(main())
