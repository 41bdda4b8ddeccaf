#!/usr/bin/env python3
"""Checks which folder includes which, that no folders form a loop, and that files and folders stay small.

    tools/check_includes.py [--table tools/include_arrows.txt]

The rules are tools/include_arrows.txt, which explains itself. Takes a second and needs no build. Every
finding is a line that names the file or the folders; the exit status is 1 when there is any.
tools/check_includes_test.py shows that it finds what it is for.
"""

import argparse
import collections
import os
import re
import sys

from source_tree import ROOT, SourceTree, tracked

FOLDERS = ["libs", "server", "workers", "client", "tests"]
# Whose lines are counted, besides C++.
COUNTED = ["*.h", "*.cc", "*.py", "*.proto", "*.sql", "*.cmake", "CMakeLists.txt", "dev", "tools/*"]


def is_below(path, folder):
    return path == folder or path.startswith(folder + "/")


class Table:
    """The rules. `lines` are those of include_arrows.txt."""

    def __init__(self, lines):
        self.allow, self.never, self.parties, self.limits = {}, {}, {}, {}
        self.apart = []
        self.exceptions = {}  # (kind, path) or ("loop", frozenset of two folders) -> why
        for number, line in enumerate(lines, 1):
            line = line.split("#")[0].strip()
            if line and not self._read(line):
                sys.exit(f"check_includes: line {number} of the table is not understood: {line}")

    def _read(self, line):
        if found := re.fullmatch(r"(allow|never|party) (\S+):((?: \S+)*)", line):
            rules = {"allow": self.allow, "never": self.never, "party": self.parties}[found[1]]
            rules[found[2]] = found[3].split()
        elif found := re.fullmatch(r"apart (\S+) (\S+)", line):
            self.apart.append((found[1], found[2]))
        elif found := re.fullmatch(r"limit (lines|files) (\d+)", line):
            self.limits[found[1]] = int(found[2])
        elif found := re.fullmatch(r"except (lines|files) (\S+): (.+)", line):
            self.exceptions[found[1], found[2]] = found[3]
        elif found := re.fullmatch(r"except loop (\S+) (\S+): (.+)", line):
            self.exceptions["loop", frozenset(found.group(1, 2))] = found[3]
        return found is not None

    def nearest(self, folder):
        """The folder whose `allow` line counts for `folder`, or None."""
        while folder and folder not in self.allow:
            folder = os.path.dirname(folder)
        return folder or None


def folder_arrows(tree):
    """(folder, folder) -> the includes that make the arrow, as (file, included file)."""
    arrows = collections.defaultdict(list)
    for name in sorted(tree.texts):
        for included in tree.own_includes(name):
            pair = os.path.dirname(name), os.path.dirname(included)
            if pair[0] != pair[1]:
                arrows[pair].append((name, included))
    return arrows


def proto_arrows(tree):
    """Files that include generated headers, as (file, header)."""
    for name in sorted(tree.texts):
        for header in re.findall(r'#\s*include [<"]([^">]+\.pb\.h)[">]', tree.code(name)):
            if header.startswith(("atelier/", "grpc/health/")):
                yield name, header


def may_include(table, folder, target):
    line = table.nearest(folder)
    if line is None:
        return True
    allowed = [line] if table.nearest(target) == line else []
    return any(is_below(target, each) for each in [folder, *allowed, *table.allow[line]])


def check_arrows(table, tree):
    pairs = [(name, included) for includes in folder_arrows(tree).values() for name, included in includes]
    pairs += [(name, "proto/" + header) for name, header in proto_arrows(tree)]
    for name, included in sorted(pairs):
        folder, target = os.path.dirname(name), os.path.dirname(included)
        if not may_include(table, folder, target):
            yield f"{name}: {folder} must not include {included} (the line of {table.nearest(folder)})"
        elif is_below(target, "tests") and not is_below(folder, "tests"):
            yield f"{name}: includes {included}, which is a test's"


def seen_parties(table, tree, name):
    """Third party -> the file of ours through which `name` sees it."""
    seen = {}
    for each in sorted(tree.closure(name)):
        for header in re.findall(r'#\s*include [<"]([^">]+)[">]', tree.code(each)):
            for party, prefixes in table.parties.items():
                if header.startswith(tuple(prefixes)) and os.path.normpath(header) not in tree.texts:
                    seen.setdefault(party, each)
    return seen


def check_parties(table, tree):
    for name in sorted(tree.texts):
        seen = seen_parties(table, tree, name)
        for folder, parties in table.never.items():
            for party in parties:
                if is_below(name, folder) and party in seen:
                    yield f"{name}: {folder} must not see {party}, which {seen[party]} includes"
        for one, other in table.apart:
            if one in seen and other in seen:
                yield f"{name}: sees {one} (through {seen[one]}) and {other} (through {seen[other]})"


def components(arrows):
    """Strongly connected components of more than one node (Tarjan, written as a loop)."""
    graph = collections.defaultdict(set)
    for start, end in arrows:
        graph[start].add(end)
    index, low, on_stack, stack, found = {}, {}, set(), [], []
    for root in sorted(graph):
        if root in index:
            continue
        work = [(root, iter(sorted(graph[root])))]
        index[root] = low[root] = len(index)
        stack.append(root)
        on_stack.add(root)
        while work:
            node, targets = work[-1]
            for target in targets:
                if target not in index:
                    index[target] = low[target] = len(index)
                    stack.append(target)
                    on_stack.add(target)
                    work.append((target, iter(sorted(graph[target]))))
                    break
                if target in on_stack:
                    low[node] = min(low[node], index[target])
            else:
                work.pop()
                if work:
                    low[work[-1][0]] = min(low[work[-1][0]], low[node])
                if low[node] == index[node]:
                    component = set()
                    while node not in component:
                        component.add(stack.pop())
                    on_stack -= component
                    if len(component) > 1:
                        found.append(component)
    return found


def grouped(pair, depth):
    """The arrow between the trees of `depth` parts that two different folders lie in, or None."""
    start, end = ("/".join(folder.split("/")[:depth]) for folder in pair)
    return (start, end) if start != end else None


def check_loops(table, tree, used):
    arrows = {pair: includes for pair, includes in folder_arrows(tree).items()
              if not any(is_below(folder, "tests") for folder in pair)}
    levels = [arrows]
    for depth in range(1, max((pair[0].count("/") + 1 for pair in arrows), default=1)):
        level = {}
        for pair, includes in arrows.items():
            if group := grouped(pair, depth):
                level.setdefault(group, []).extend(includes)
        levels.append(level)
    told = set()
    for level in levels:
        open_arrows = {}
        for pair, includes in level.items():
            excepted = ("loop", frozenset(pair))
            # An exception is needed only while the two reach each other.
            if excepted in table.exceptions:
                if any(set(pair) <= component for component in components(level)):
                    used.add(excepted)
            else:
                open_arrows[pair] = includes
        for component in components(open_arrows):
            if frozenset(component) in told:
                continue
            told.add(frozenset(component))
            yield f"a loop between {', '.join(sorted(component))}:"
            for pair, includes in sorted(open_arrows.items()):
                if set(pair) <= component:
                    yield f"    {pair[0]} -> {pair[1]}: {includes[0][0]} includes {includes[0][1]}" + (
                        f", and {len(includes) - 1} more" if len(includes) > 1 else "")


def check_sizes(table, counts, used):
    """`counts`: file -> its number of lines."""
    folders = collections.Counter(os.path.dirname(name) for name in counts if name.endswith((".h", ".cc")))
    for kind, sizes, unit in (("lines", counts, "lines"), ("files", folders, ".h and .cc files")):
        for path, size in sorted(sizes.items()):
            if size <= table.limits.get(kind, size):
                continue
            if (kind, path) in table.exceptions:
                used.add((kind, path))
            else:
                yield f"{path}: {size} {unit}, more than {table.limits[kind]}"


def check(table, tree, counts):
    """Every finding, as lines."""
    used = set()
    for rules in (table.allow, table.never, table.parties, table.limits):
        if not rules:
            return ["the table lacks one of allow, never, party and limit"]
    findings = [*check_arrows(table, tree), *check_parties(table, tree), *check_loops(table, tree, used),
                *check_sizes(table, counts, used)]
    for kind, what in table.exceptions:
        if (kind, what) not in used:
            path = what if isinstance(what, str) else " ".join(sorted(what))
            findings.append(f"the table excepts {kind} {path}, which nothing needs any more")
    folders = {os.path.dirname(name) for name in tree.texts}
    for line in [*table.allow, *table.never]:
        if not any(is_below(folder, line) for folder in folders):
            findings.append(f"the table has a line for {line}, where no source is")
    return findings


def main():
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--table", default=ROOT / "tools/include_arrows.txt")
    options = parser.parse_args()
    with open(options.table, encoding="utf-8") as file:
        table = Table(file)
    tree = SourceTree.of_checkout(*(f"{folder}/*.{ending}" for folder in FOLDERS for ending in ("h", "cc")))
    counts = {name: (ROOT / name).read_bytes().count(b"\n") for name in tracked(*COUNTED)}
    findings = check(table, tree, counts)
    for finding in findings:
        print(finding)
    print(f"{len(tree.texts)} files, {len(folder_arrows(tree))} arrows between folders,"
          f" {len(table.exceptions)} exceptions, {len(findings)} findings")
    return 1 if findings else 0


if __name__ == "__main__":
    sys.exit(main())
