#!/usr/bin/env python3
"""Compiles every header of our own alone, and looks for standard headers that are only there by luck.

    tools/check_headers.py [--build build/release] [--torch] [FOLDER...]

A header must not lean on what the files that include it include before it. Each is compiled with the
flags of a source file beside it, as the only file of its translation unit. Headers that reach
LibTorch's take some ten seconds each and are left to --torch, which compiles those alone.

What one standard library's <string> happens to include, another's does not: a name of STANDARD_NAMES
needs its header to be included by the file or by a header of ours that it includes. Files that include
third parties' headers are left out: those may give anything.
"""

import argparse
import concurrent.futures
import json
import os
import re
import shlex
import subprocess
import sys

from source_tree import INCLUDE_ROOTS, ROOT, SourceTree

FOLDERS = ["libs", "server", "workers", "client", "tests"]

# Names that another compiler's library did not give by the same includes, or that are known to move.
STANDARD_NAMES = {
    "cstdint": r"\b(?:std::)?u?int(?:8|16|32|64)_t\b",
    "string": r"\bstd::(?:string|to_string|getline)\b",
    "string_view": r"\bstd::string_view\b",
    "vector": r"\bstd::vector\b",
    "map": r"\bstd::(?:multi)?map\b",
    "set": r"\bstd::(?:multi)?set\b",
    "array": r"\bstd::array\b",
    "optional": r"\bstd::(?:optional|nullopt)\b",
    "functional": r"\bstd::(?:function|greater|less|plus)\b",
    "memory": r"\bstd::(?:unique_ptr|shared_ptr|weak_ptr|make_unique|make_shared)\b",
    "mutex": r"\bstd::(?:mutex|lock_guard|unique_lock|scoped_lock|once_flag)\b",
    "thread": r"\bstd::(?:thread|jthread)\b",
    "stop_token": r"\bstd::stop_(?:token|source|callback)\b",
    "atomic": r"\bstd::atomic\b",
    "chrono": r"\bstd::chrono\b",
    "span": r"\bstd::span\b",
    "filesystem": r"\bstd::filesystem\b",
    "algorithm": r"\bstd::(?:sort|find_if|copy_if|any_of|all_of|none_of|min_element|max_element|clamp|transform)\b",
    "system_error": r"\bstd::(?:error_code|errc|system_error)\b",
    "limits": r"\bstd::numeric_limits\b",
}
THIRD_PARTIES = (r'#include [<"](torch|ATen|c10|grpcpp|grpc|google|opencv2|nlohmann|catch2|boost|spdlog|fmt|prometheus|'
                 r'yaml-cpp|CLI|atelier/v1|atelier/config)/')
# A standard header whose own contract includes the other's names.
GIVES = {"memory": [], "string": ["string_view"], "thread": ["stop_token"], "filesystem": ["string"]}


def reaches_torch(tree, name):
    return any(re.search(r"#include <(torch|ATen|c10)/", tree.code(each)) for each in tree.closure(name))


def missing_standard_headers(tree, name):
    """The standard headers whose names the file uses while nothing of ours includes them."""
    included = set()
    for each in tree.closure(name):
        included |= set(re.findall(r"#include <([a-z_]+)>", tree.code(each)))
        # What a third party's header includes is not looked into: it may give anything.
        if re.search(THIRD_PARTIES, tree.code(each)):
            return []
    for header in list(included):
        included |= set(GIVES.get(header, []))
    text = re.sub(r'"(?:\\.|[^"\\])*"', '""', tree.code(name))
    return [header for header, names in STANDARD_NAMES.items()
            if header not in included and re.search(names, text)]


def flags_by_folder(build):
    """Of each folder the include paths, definitions and language flags of one of its sources."""
    flags = {}
    for entry in json.loads((build / "compile_commands.json").read_text()):
        folder = os.path.relpath(os.path.dirname(entry["file"]), ROOT)
        words = shlex.split(entry["command"])
        kept, at = [], 0
        while at < len(words):
            word = words[at]
            if word in ("-isystem", "-I", "-D"):
                kept += [word, words[at + 1]]
                at += 1
            elif re.match(r"-(I|D|std=|pthread|f(?!pch))", word):
                kept.append(word)
            at += 1
        # The source with the most include paths sees what any header of the folder may include.
        if len(kept) > len(flags.get(folder, [])):
            flags[folder] = kept
    return flags


def flags_for(header, flags):
    folder = os.path.dirname(header)
    while folder not in flags:
        inside = [flags[other] for other in sorted(flags) if other.startswith(folder + "/")]
        if inside:
            return max(inside, key=len)
        if not folder:
            raise SystemExit(f"check_headers: no source file near {header} in compile_commands.json")
        folder = os.path.dirname(folder)
    return flags[folder]


def compile_alone(compiler, header, flags):
    command = [compiler, "-fsyntax-only", "-w", "-x", "c++", *flags_for(header, flags),
               *(f"-I{ROOT / folder}" for folder in INCLUDE_ROOTS), "-include", header, "/dev/null"]
    run = subprocess.run(command, cwd=ROOT, text=True, capture_output=True)
    return run.returncode, run.stderr


def main():
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--build", default="build/release", help="configured and built folder")
    parser.add_argument("--compiler", default="c++")
    parser.add_argument("--torch", action="store_true", help="headers that reach LibTorch's, alone")
    parser.add_argument("--jobs", type=int, default=os.cpu_count())
    parser.add_argument("folders", nargs="*", default=FOLDERS)
    options = parser.parse_args()

    failures = 0
    tree = SourceTree.of_checkout(*(f"{folder}/*.{ext}" for folder in FOLDERS for ext in ("h", "cc")))
    checked = [name for name in tree.texts if name.startswith(tuple(f"{folder}/" for folder in options.folders))]
    for name in checked:
        for header in missing_standard_headers(tree, name):
            print(f"{name}: uses <{header}> without including it")
            failures += 1

    headers = [name for name in checked
               if name.endswith(".h") and reaches_torch(tree, name) == options.torch]
    flags = flags_by_folder(ROOT / options.build)
    with concurrent.futures.ThreadPoolExecutor(options.jobs) as pool:
        runs = pool.map(lambda header: compile_alone(options.compiler, header, flags), headers)
        for header, (status, errors) in zip(headers, runs):
            if status != 0:
                print(f"{header} does not compile alone:\n{errors}")
                failures += 1
    print(f"{len(headers)} headers compiled alone, {failures} failures")
    return 1 if failures else 0


if __name__ == "__main__":
    sys.exit(main())
