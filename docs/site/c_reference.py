"""Writes the C reference: a page of reStructuredText for each section of chainrule.h, and one for its introduction."""

from __future__ import annotations

import re
import textwrap
from dataclasses import dataclass, field
from pathlib import Path

MARKS = re.compile(r"\b(CRL_API|CRL_NODISCARD|CRL_NULLABLE|CRL_NONNULL) ?")
# A comment above an enumerator or a member, and one beside it.
ABOVE = r"(?:    /\*\* (.*?) ?\*/\n)?"
BESIDE = r"(?:[ \n]*/\*\*< (.*?) ?\*/)?"
FLAGS = re.MULTILINE | re.DOTALL
TERM = r"^(\w+) +(.*\n(?: {11}.*\n?)*)"  # with the text about it at its right


@dataclass
class Section:
    """A section of the header: its title, its introduction, and its declarations, each with the comment above it."""

    title: str
    introduction: str
    declarations: list[tuple[str, str]] = field(default_factory=list)

    @property
    def page(self) -> str:
        """The name of its page, without a suffix."""
        return re.sub(r"\W+", "-", self.title.lower())


class Reference:
    """The header, and the roles by which text refers to its names."""

    def __init__(self, header: str) -> None:
        opening, _, rest = header.partition("*/")
        self.introduction = uncommented(opening)
        self.sections = sections_of(rest)
        self.roles: dict[str, str] = {}
        for section in self.sections:
            for _, declaration in section.declarations:
                self.roles |= names_of(declaration)

    def pages(self) -> dict[str, str]:
        """The text of each page by its name."""
        pages = {section.page: self.section(section) for section in self.sections}
        written = set(
            re.findall(r"\.\. c:\w+:: .*?\b((?:crl|CRL)_\w+)\)?(?= =|\(|$)", "\n".join(pages.values()), re.MULTILINE)
        )
        if written != self.roles.keys():
            raise SystemExit(f"c_reference: not as in the header: {sorted(written ^ self.roles.keys())}")
        contents = "\n".join(f"   {name}" for name in pages)
        pages["index"] = (
            f"{title('C reference')}``include/chainrule.h`` is the whole interface. These pages are made from it.\n\n"
            f".. toctree::\n   :maxdepth: 1\n\n{contents}\n\n{self.opening()}"
        )
        return pages

    def opening(self) -> str:
        """The comment at the header's top."""
        parts = re.split(r"\n\n\n", self.introduction)
        written = []
        for part in parts[1:]:
            name, _, text = part.strip("\n").partition("\n")
            if name == "Conventions":
                body = self.terms(text)
            else:
                body = self.text(text)
            written.append(f"{title(name, '-')}{body}")
        return "\n".join(written)

    def terms(self, text: str) -> str:
        """Terms at the left, with the text about them at their right."""
        terms = re.findall(TERM, text.strip("\n") + "\n", re.MULTILINE)
        return "\n".join(f"**{term}**\n{textwrap.indent(self.text(joined(about)), '   ')}" for term, about in terms)

    def section(self, section: Section) -> str:
        """A page."""
        parts = [title(section.title), self.text(section.introduction)]
        parts += [self.declaration(comment, declaration) for comment, declaration in section.declarations]
        return "\n".join(parts)

    def declaration(self, comment: str, declaration: str) -> str:
        """A declaration as directives of Sphinx's C domain."""
        about = self.comment(comment)
        plain = MARKS.sub("", declaration)
        if plain.startswith("#define"):
            names = re.findall(r"#define (\w+)(.*(?:\\\n.*)*)", plain)
            written = []
            for name, value in names:
                value = " ".join(value.replace("\\\n", " ").split())
                text = about or f"The initial value of a structure: ``{value}``.\n"
                written.append(directive("c:macro", name, text))
            return "\n".join(written)
        if plain.startswith("enum"):
            return self.enumerators(declaration)
        if match := re.fullmatch(r"typedef struct (\w+) \{\n(.*)\} \w+;", plain, re.DOTALL):
            members = self.members(match[2])
            return directive("c:struct", match[1], about + "\n" + members)
        if match := re.fullmatch(r"typedef struct (\w+) \w+;", plain):
            return directive("c:struct", match[1], about)
        flat = " ".join(plain.split()).rstrip(";")
        if flat.startswith("typedef"):
            return directive("c:type", flat.removeprefix("typedef "), about)
        return directive("c:function", flat, about)

    def enumerators(self, declaration: str) -> str:
        """Each enumerator with the comment beside it or above it."""
        return "\n".join(
            directive("c:enumerator", f"{name} = {value}", self.text(joined(above or beside)))
            for above, name, value, beside in re.findall(f"^{ABOVE}    (\\w+) = (\\d+),?{BESIDE}", declaration, FLAGS)
        )

    def members(self, body: str) -> str:
        """Each member of a structure with the comment beside it or above it."""
        return "\n".join(
            directive("c:member", joined(member), self.text(joined(above or beside)))
            for above, member, beside in re.findall(f"^{ABOVE}    ([^\\s/][^;]*);{BESIDE}", body, FLAGS)
        )

    def comment(self, comment: str) -> str:
        """The text of a comment, its parameters and its result."""
        text, *fields = re.split(r"\n(?=@)", "\n" + comment if comment.startswith("@") else comment)
        parts = [self.text(text)]
        for each in fields:
            kind, _, rest = each.partition(" ")
            if kind == "@param":
                name, _, rest = rest.partition(" ")
                parts.append(f":param {name}: {self.line(joined(rest))}\n")
            else:
                parts.append(f":return: {self.line(joined(rest))}\n")
        return "\n".join(part for part in parts if part)

    def text(self, text: str) -> str:
        """Paragraphs, and code where every line is indented."""
        parts = []
        for block in re.split(r"\n\s*\n", text.strip("\n")):
            lines = block.split("\n")
            code = [number for number, line in enumerate(lines) if line.startswith("    ")]
            if code and code[0] == 0:
                goes_on = parts and parts[-1].startswith(".. code-block")
                if goes_on and ";" in block:
                    parts[-1] += "\n" + textwrap.indent(textwrap.dedent(block), "   ") + "\n"
                else:
                    language = "c" if "#include" in block else "text"
                    parts.append(f".. code-block:: {language}\n\n{textwrap.indent(textwrap.dedent(block), '   ')}\n")
            else:
                parts.append(self.line(joined(block)) + "\n")
        return "\n".join(parts)

    def line(self, text: str) -> str:
        """Escapes text, and turns names into links and backticks into literals."""
        pieces = re.split(r"(`[^`]+`|\b(?:crl|CRL)_\w+(?:\(\))?)", text)
        for number, piece in enumerate(pieces):
            name = piece.removesuffix("()").strip("`")
            if name in self.roles:
                pieces[number] = f"\\ :c:{self.roles[name]}:`{name}`\\ "
            elif number % 2:
                pieces[number] = f"\\ ``{piece.strip('`')}``\\ "
            else:
                pieces[number] = re.sub(r"([\\*|`_])", r"\\\1", piece)
        return "".join(pieces).removeprefix("\\ ")


def sections_of(text: str) -> list[Section]:
    """The sections, whose headings stand between rules."""
    sections = []
    parts = re.split(r"/\* -{20,}\n", text)
    for part in parts[1:]:
        comment, _, code = part.partition("*/")
        name, _, introduction = uncommented(comment).partition("\n")
        introduction = re.sub(r"^ ?-{20,}\n?", "", introduction)
        code = code.partition("#ifdef __cplusplus\n}")[0]
        sections.append(Section(name.strip(), introduction, declarations_of(code)))
    return sections


def declarations_of(code: str) -> list[tuple[str, str]]:
    """Each declaration with the comment above it, if there is one."""
    found = []
    position = 0
    while match := re.compile(r"\S").search(code, position):
        position = match.start()
        comment = ""
        if code.startswith("/*", position):
            end = code.index("*/", position)
            comment = uncommented(code[position:end])
            position = end + 2
            position = re.compile(r"\S").search(code, position).start()
        if code.startswith("#define", position):
            end = re.compile(r"(?:#define (?:.*\\\n)*.*\n)+").match(code, position).end()
        elif code.startswith(("enum {", "typedef struct"), position) and re.compile(r"[^;]*\{").match(code, position):
            end = re.compile(r"^\}[^;]*;", re.MULTILINE).search(code, position).end()
        else:
            end = code.index(";", position) + 1
        found.append((comment, code[position:end].strip()))
        position = end
    return found


def names_of(declaration: str) -> dict[str, str]:
    """The names that a declaration declares, each with its role."""
    plain = MARKS.sub("", declaration)
    if plain.startswith("#define"):
        return dict.fromkeys(re.findall(r"#define (\w+)", plain), "macro")
    if plain.startswith("enum"):
        return dict.fromkeys(re.findall(r"^    (\w+) = ", plain, re.MULTILINE), "enumerator")
    if match := re.match(r"typedef struct (\w+)", plain):
        return {match[1]: "struct"}
    if match := re.match(r"typedef [^(]*\(\*(\w+)\)|typedef \w+ (\w+);", plain):
        return {match[1] or match[2]: "type"}
    return {re.search(r"(\w+)\(", plain)[1]: "func"}


def uncommented(comment: str) -> str:
    """The text of a comment without the stars at the left."""
    comment = re.sub(r"^/\*\*? ?\n?", "", comment)
    return re.sub(r"^ \* {0,2}(?=@)|^ \*  (?! )|^ \* ?", "", comment, flags=re.MULTILINE).rstrip()


def joined(text: str) -> str:
    """The text as one line."""
    return " ".join(text.split())


def title(text: str, line: str = "=") -> str:
    """A heading."""
    return f"{text}\n{line * len(text)}\n\n"


def directive(kind: str, signature: str, body: str) -> str:
    """A directive with its body."""
    return f".. {kind}:: {signature}\n\n{textwrap.indent(body, '   ')}\n"


def write(header: Path, folder: Path) -> None:
    """Writes the pages into a folder."""
    folder.mkdir(parents=True, exist_ok=True)
    for name, text in Reference(header.read_text()).pages().items():
        (folder / f"{name}.rst").write_text(text)
