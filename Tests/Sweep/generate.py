"""Writes the C program that calls every function of the header with bad arguments, from the table of good ones.

python Tests/Sweep/generate.py include/chainrule.h > sweep.c

A function, parameter or field of the header that the table lacks is an error.
"""

from __future__ import annotations

import re
import sys
from dataclasses import dataclass
from pathlib import Path

from table import (
    CLASSES,
    ELSEWHERE,
    FIELDS_OF_CLASSES,
    FUNCTIONS,
    OF_THE_NETWORK,
    PARAMETERS,
    QUANTITIES,
    Array,
    Count,
    Structure,
)

Entry = Count | Array | Structure | str

# Fixtures by the type of a handle.
HANDLES = {
    "crl_network": "network",
    "crl_workspace": "workspace",
    "crl_optimizer": "optimizer",
    "crl_predictor": "predictor",
    "crl_trainer": "trainer",
    "crl_publisher": "publisher",
    "crl_cancel": "cancel",
    "crl_stream": "stream",
}


@dataclass(frozen=True)
class Variable:
    """A parameter or a field."""

    type: str
    name: str

    @property
    def is_pointer(self) -> bool:
        return self.type.endswith("*")


def variable(text: str) -> Variable:
    words = " ".join(text.replace("*", " * ").split())
    kind, name = words.rsplit(" ", 1)
    return Variable(kind, name)


def size_of(structure: str) -> Count:
    """The size of a structure, as its caller gives it."""
    return Count("", f"sizeof({structure})", "SIZE_OF")


class Header:
    """What the header declares."""

    def __init__(self, text: str) -> None:
        text = re.sub(r"\bCRL_(API|NODISCARD|DEPRECATED|NULLABLE|NONNULL)\b ?", "", text)
        self.functions: dict[str, list[Variable]] = {}
        self.nullable: dict[str, set[str]] = {}
        self.without_status: set[str] = set()
        for comment, result, name, arguments in re.findall(
            r"/\*\*((?:(?!\*/).)*)\*/\s*^(crl_status|void|u?int32_t|const char \*)\s*(crl_\w+)\(([^;]*)\);",
            text,
            re.DOTALL | re.MULTILINE,
        ):
            self.functions[name] = [variable(a) for a in arguments.split(",") if a.strip() != "void"]
            self.nullable[name] = set()
            if result == "void":
                self.without_status.add(name)
            for parameter, words in re.findall(r"@param (\w+) (.*?)(?=@param|@return|$)", comment, re.DOTALL):
                if "NULL" in re.sub(r"NULL\s*(\*\s*)?after an error|any other error\s*(\*\s*)?NULL", "", words):
                    self.nullable[name].add(parameter)
        code = re.sub(r"/\*.*?\*/", "", text, flags=re.DOTALL)
        for name in re.findall(r"\b(crl_\w+)\(", code):
            if name not in self.functions:
                raise SystemExit(f"{name} is declared in a way that generate.py does not read")
        self.structures = {
            name: [variable(f) for f in fields.split(";") if f.strip()]
            for name, fields in re.findall(r"typedef struct (crl_\w+) \{(.*?)\} \1;", code, re.DOTALL)
        }


class Call:
    """The C function of one good call, with places to make it bad at."""

    def __init__(self, header: Header, function: str, targets: str) -> None:
        self.header, self.function, self.classes = header, function, targets == "classes"
        self.variant = f"{function} ({targets})" if targets else function
        self.overrides = {**FUNCTIONS.get(function, {}), **FUNCTIONS.get(self.variant, {})}
        self.counts: list[tuple[str, Count]] = []
        self.pointers: list[tuple[str, bool]] = []
        self.arrays: list[str] = []
        self.lines: list[str] = []
        self.made = ""
        parameters = header.functions[function]
        self.is_of_a_network = any(p.type.removeprefix("const ") == f"{h} *" for p in parameters for h in HANDLES)
        entries = [(p, self.entry(p)) for p in parameters]
        # Counts first: arrays look them up.
        self.add_counts("", entries)
        self.arguments = [self.argument(p, entry) for p, entry in entries]

    def entry(self, parameter: Variable) -> Entry:
        name = f"{parameter.type} {parameter.name}"
        if self.function.endswith("_init"):
            return "begun" if parameter.is_pointer else size_of(self.function.removesuffix("_init"))
        for table, keys in [
            (self.overrides, [parameter.name]),
            (CLASSES if self.classes else {}, [parameter.name]),
            (PARAMETERS, [name, parameter.name]),
        ]:
            for key in keys:
                if key in table:
                    return table[key]
        handle = re.fullmatch(r"(?:const )?(crl_\w+) (\*|\* \*)", parameter.type)
        if handle and handle[1] in HANDLES:
            return HANDLES[handle[1]] if handle[2] == "*" else "made"
        raise SystemExit(f"{self.function}: the table has no '{name}'")

    def field(self, structure: Structure, name: str) -> Entry | None:
        given = structure.fields.get(name)
        return FIELDS_OF_CLASSES.get(name, given) if self.classes else given

    # Counts

    def add_counts(self, prefix: str, entries: list[tuple[Variable, Entry]]) -> None:
        for parameter, entry in entries:
            name = prefix + parameter.name
            if isinstance(entry, Count):
                self.counts.append((name, entry))
            elif isinstance(entry, Structure):
                kind = self.structure_of(parameter)
                if kind not in self.header.structures:
                    raise SystemExit(f"{self.function}: {parameter.type} is no structure")
                inner: list[tuple[Variable, Entry]] = []
                for member in self.header.structures[kind]:
                    given = self.field(entry, member.name)
                    if member.name == "size":
                        given = size_of(kind)
                    if given is None:
                        self.check_may_be_left_out(parameter, kind, member)
                    else:
                        inner.append((member, given))
                self.add_counts(f"{name}->", inner)

    def check_may_be_left_out(self, parameter: Variable, kind: str, member: Variable) -> None:
        is_swept = member.type == "size_t" or member.is_pointer
        if is_swept and parameter.type.startswith("const ") and member.name != "user":
            raise SystemExit(f"{self.function}: the table has no field '{member.name}' of {kind}")

    @staticmethod
    def structure_of(parameter: Variable) -> str:
        return parameter.type.removeprefix("const ").removesuffix(" *")

    def count(self, name: str) -> str:
        return f"counts[{[n for n, _ in self.counts].index(name)}]"

    # Arguments

    def argument(self, parameter: Variable, entry: Entry) -> str:
        if isinstance(entry, Count):
            return self.count(parameter.name)
        if not parameter.is_pointer:
            assert isinstance(entry, str)
            return entry
        text = self.pointer("", parameter, entry)
        self.pointers.append((parameter.name, parameter.name not in self.header.nullable[self.function]))
        return f"absent[{len(self.pointers) - 1}] ? NULL : {text}"

    def pointer(self, prefix: str, parameter: Variable, entry: Entry) -> str:
        """The expression of a pointer; what it points to is made by lines before."""
        name = prefix + parameter.name
        if isinstance(entry, Array):
            place = self.place(name)
            rows, columns = self.quantity(entry.rows), self.quantity(entry.columns) if entry.columns else "1"
            apart = self.count(prefix + entry.stride) if entry.stride else columns
            self.lines.append(
                f"void *p{place} = array({place}, {entry.content}, {entry.factor} * {rows}, {columns}, {apart});"
            )
            return f"p{place}"
        if isinstance(entry, Structure):
            return self.structure(prefix, parameter, entry)
        if entry == "result":
            place, kind = self.place(name), parameter.type.removesuffix(" *")
            self.lines.append(f"void *p{place} = result({place}, sizeof({kind}));")
            return f"p{place}"
        if entry == "begun":
            place, kind = self.place(name), self.structure_of(parameter)
            self.lines.append(f"void *p{place} = structure({place}, sizeof({kind}), {self.count(prefix + 'size')});")
            return f"p{place}"
        if entry == "made":
            self.made = parameter.type.split()[0]
            return f"(may_be_made = 1, ({parameter.type})(void *)&made)"
        return entry

    def structure(self, prefix: str, parameter: Variable, entry: Structure) -> str:
        kind, name = self.structure_of(parameter), prefix + parameter.name
        place = self.place(name)
        variable = f"s{place}"
        begun = [f"{kind} *{variable} = structure({place}, sizeof({kind}), {self.count(f'{name}->size')});"]
        begun.append(f"static const {kind} initial{place} = {kind.upper()}_INIT;")
        set_fields = [f"*{variable} = initial{place};"]
        for member in self.header.structures[kind]:
            given = self.field(entry, member.name)
            if member.name == "size":
                given = Count()
            if given is None:
                continue
            if isinstance(given, Count):
                text = self.count(f"{name}->{member.name}")
            elif member.is_pointer and given != "NULL":
                expression = self.pointer(f"{name}->", member, given)
                self.pointers.append((f"{name}->{member.name}", False))
                text = f"absent[{len(self.pointers) - 1}] ? NULL : {expression}"
            else:
                assert isinstance(given, str)
                text = given
            set_fields.append(f"{variable}->{member.name} = {text};")
        self.lines += begun + set_fields
        if parameter.type.startswith("const "):
            self.lines.append(f"is_read({place});")
        return variable

    def place(self, name: str) -> int:
        self.arrays.append(name)
        return len(self.arrays) - 1

    def quantity(self, name: str) -> str:
        return f"least({list(QUANTITIES).index(name)})"

    # C

    def write(self, index: int) -> str:
        call = f"{self.function}({', '.join(self.arguments)})"
        kind = "CRL_CROSS_ENTROPY" if self.classes else "CRL_MEAN_SQUARED_ERROR"
        lines = [f"cost_kind = {kind};", *self.lines, "keep_results();"]
        if self.function in self.header.without_status:
            lines.append(f"{call};")
            if self.function.endswith("_destroy"):
                lines.append(f"if (!absent[0]) {self.arguments[0].split()[-1]} = NULL;")
            lines.append("return CRL_OK;")
        else:
            lines.append(f"return {call};")
        text = "".join(f"    {line}\n" for line in lines)
        text = f"static crl_status call_{index}(void)\n{{\n{text}}}\n\n"
        if self.made:
            text += f"static void destroy_{index}(void) {{ {self.made}_destroy(({self.made} *)made); }}\n\n"
        counts = (
            ", ".join(self.describe(name, count) for name, count in self.counts) or "{ NULL, 0, FREE, -1, 1, NULL }"
        )
        text += f"static const struct count counts_{index}[] = {{ {counts} }};\n"
        pointers = ", ".join(f'{{ "{n}", {int(required)} }}' for n, required in self.pointers) or "{ NULL, 0 }"
        text += f"static const struct pointer pointers_{index}[] = {{ {pointers} }};\n"
        names = "".join(f'"{name}", ' for name in self.arrays)
        return text + f"static const char *const arrays_{index}[] = {{ {names}NULL }};\n\n"

    def owner(self, count: str) -> str:
        """The pointer without which a count is not read: x of x_rows, targets->values of targets->rows."""
        names = {name for name, _ in self.pointers}
        prefix, _, last = count.rpartition("->")
        subject = re.sub(r"_?(rows|columns|stride|count)$", "", last)
        for candidate in [subject, "x", "values"]:
            name = f"{prefix}->{candidate}" if prefix else candidate
            if name in names:
                return f'"{name}"'
        return "NULL"

    def describe(self, name: str, count: Count) -> str:
        quantity = list(QUANTITIES).index(count.quantity) if count.quantity else -1
        factor, honest = "1", count.honest
        if count.kind == "ROOM":
            factor, honest = count.honest, f"{count.honest} * {QUANTITIES[count.quantity]}"
        elif count.quantity:
            honest = QUANTITIES[count.quantity]
        return f'{{ "{name}", {honest}, {count.kind}, {quantity}, {factor}, {self.owner(name)} }}'

    def row(self, index: int) -> str:
        destroy = f"destroy_{index}" if self.made else "NULL"
        return (
            f'    {{ "{self.function}", "{self.variant}", call_{index}, {destroy}, counts_{index}, {len(self.counts)}, '
            f"pointers_{index}, {len(self.pointers)}, arrays_{index}, {int(self.is_of_a_network)} }},\n"
        )


def calls_without_arguments(header: Header) -> str:
    """The functions that give no status cannot fail."""
    return "".join(
        f"    (void){name}({', '.join('0' for _ in p)});\n" for name, p in header.functions.items() if name in PLAIN
    )


PLAIN = {"crl_version", "crl_version_string", "crl_instruction_set", "crl_status_name", "crl_error_message"}


def main() -> None:
    header = Header(Path(sys.argv[1]).read_text())
    for name in FUNCTIONS:
        if name.split()[0] not in header.functions:
            raise SystemExit(f"the table has a function {name}, the header has not")
    for name, program in ELSEWHERE.items():
        if name not in header.functions or f"{name}(NULL" not in Path(program).read_text():
            raise SystemExit(f"the table has {name} tested in {program}, which does not test it")
    calls = []
    for name, parameters in header.functions.items():
        if name in PLAIN or name in ELSEWHERE:
            continue
        has_targets = any("targets" in p.name for p in parameters)
        calls += [Call(header, name, targets) for targets in (["values", "classes"] if has_targets else [""])]
    print('#include "sweep.h"\n')
    print("static const struct quantity all_quantities[] = {")
    for name, number in QUANTITIES.items():
        print(f"    {{ {number}, {int(name in OF_THE_NETWORK)} }}, /* {name} */")
    print("};\n")
    for index, call in enumerate(calls):
        print(call.write(index))
    print("static const struct function functions[] = {")
    print("".join(call.row(index) for index, call in enumerate(calls)) + "};\n")
    print(f"int main(void)\n{{\n{calls_without_arguments(header)}", end="")
    print("    return sweep(functions, LENGTH(functions), all_quantities);\n}")


main()
