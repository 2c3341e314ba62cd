#!/usr/bin/env python3
"""Fails where a document and the tree disagree, or a file outgrows its limit.

- docs/ARCHITECTURE.md: a section whose heading is a target's name in backticks lists that target's files, all of them and
  no others; elsewhere, a `Target/File` that the walk names is there.
- Every relative link of every document leads somewhere, to a heading too where it names one.
- Every decision stands in the list of decisions.
- No source file has more than 400 lines.
"""

import functools
import re
import subprocess
import sys
from pathlib import Path

LINE_LIMIT = 400
SOURCES = {".swift", ".c", ".h", ".js", ".css", ".html"}
GENERATED = {"Sources/Tokenization/UnicodeTables.swift"}

repository = Path(__file__).resolve().parent.parent
listed = subprocess.run(
    ["git", "ls-files", "--cached", "--others", "--exclude-standard"],
    cwd=repository, capture_output=True, text=True, check=True,
)
files = sorted(path for path in listed.stdout.splitlines() if (repository / path).is_file())
complaints = []


def complain(place, text):
    complaints.append(f"{place}: {text}")


def check_line_counts():
    for path in files:
        if Path(path).suffix not in SOURCES or path in GENERATED or path.startswith("Tests/Fixtures/"):
            continue
        count = len((repository / path).read_text().splitlines())
        if count > LINE_LIMIT:
            complain(path, f"{count} lines, more than {LINE_LIMIT}")


def check_links():
    for path in files:
        if not path.endswith(".md") or path.startswith("Tests/Fixtures/templates/"):
            continue
        for link in re.findall(r"\]\(([^)\s]+)\)", (repository / path).read_text()):
            target, _, anchor = link.partition("#")
            place = (repository / path).parent.joinpath(target) if target else repository / path
            if "://" in link:
                continue
            if not place.exists():
                complain(path, f"the link to {target} leads nowhere")
            elif anchor and place.suffix == ".md" and anchor not in anchors(place):
                complain(path, f"the link to {link} leads to no heading")


@functools.cache
def anchors(path):
    """What links to a document's headings are called, as GitHub makes it of their text."""
    names, seen = set(), {}
    text = re.sub(r"^ *```.*?^ *```$", "", path.read_text(), flags=re.DOTALL | re.MULTILINE)
    for heading in re.findall(r"^#+ (.+)$", text, re.MULTILINE):
        plain = re.sub(r"[^\w\- ]", "", re.sub(r"\[([^]]*)\]\([^)]*\)", r"\1", heading).replace("`", "")).lower().replace(" ", "-")
        names.add(plain if plain not in seen else f"{plain}-{seen[plain]}")
        seen[plain] = seen.get(plain, 0) + 1
    return names | set(re.findall(r'<a (?:id|name)="([^"]+)"', text))


def check_decisions():
    index = (repository / "docs/decisions/README.md").read_text()
    for path in files:
        name = Path(path).name
        if path.startswith("docs/decisions/") and name != "README.md" and f"({name})" not in index:
            complain("docs/decisions/README.md", f"{name} is not listed")


def sources_of(target):
    """The target's source files, relative to its folder."""
    prefix = f"Sources/{target}/"
    return {path.removeprefix(prefix) for path in files if path.startswith(prefix) and Path(path).suffix in SOURCES}


def file_names(text):
    """What stands in backticks and looks like a source file; `a/{b,c}.swift` stands for two."""
    for quoted in re.findall(r"`([\w./+{},-]+\.(?:swift|c|h|js|css|html))`", text):
        if braces := re.fullmatch(r"(.*)\{(.*)\}(.*)", quoted):
            yield from (braces[1] + part.strip() + braces[3] for part in braces[2].split(","))
        else:
            yield quoted


def check_architecture():
    document = "docs/ARCHITECTURE.md"
    text = (repository / document).read_text()
    targets = {path.split("/")[1] for path in files if path.startswith("Sources/")}
    described = set()
    for section in re.split(r"^(?=#+ )", text, flags=re.MULTILINE):
        heading, _, body = section.partition("\n")
        names = [name for name in re.findall(r"`(\w+)`", heading) if name in targets]
        if len(names) == 1:
            described.add(names[0])
            check_section(document, names[0], set(file_names(body)))
        else:
            for name in re.findall(r"\b(\w+/[\w/]+\.(?:swift|c|h))\b", body):
                if not (repository / name).exists() and not (repository / "Sources" / name).exists():
                    complain(document, f"{name} is not there")
    for target in sorted(targets - described):
        complain(document, f"no section describes {target}")


def check_section(document, target, named):
    present = sources_of(target)
    for name in sorted(named):
        if name not in present and not (repository / name).is_file():
            complain(document, f"{target} has no file {name}")
    for name in sorted(present - named):
        complain(document, f"{target}'s file {name} is not described")


check_line_counts()
check_links()
check_decisions()
check_architecture()
for complaint in complaints:
    print(complaint, file=sys.stderr)
print(f"check-documents: {len(complaints)} complaints")
sys.exit(1 if complaints else 0)
