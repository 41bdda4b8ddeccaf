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
import functools
import json
import os
import pathlib
import re
import shlex
import subprocess
import sys

ROOT = pathlib.Path(__file__).resolve().parent.parent
FOLDERS = ["libs", "server", "workers", "client", "tests"]
INCLUDE_ROOTS = ["", "libs", "workers", "tests"]

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


def tracked(pattern):
    names = subprocess.run(["git", "ls-files", *pattern], cwd=ROOT, text=True, check=True, capture_output=True)
    return names.stdout.split()


@functools.lru_cache(None)
def text_of(name):
    text = (ROOT / name).read_text(encoding="utf-8")
    text = re.sub(r"/\*.*?\*/", "", text, flags=re.S)
    return re.sub(r"//[^\n]*", "", text)


@functools.lru_cache(None)
def own_includes(name):
    found = []
    for included in re.findall(r'#include "([^"]+)"', text_of(name)):
        for root in [*INCLUDE_ROOTS, os.path.dirname(name)]:
            path = os.path.normpath(os.path.join(root, included))
            if (ROOT / path).is_file():
                found.append(path)
                break
    return found


def closure(name):
    """The file and every header of our own that it includes, directly or not."""
    seen, waiting = set(), [name]
    while waiting:
        at = waiting.pop()
        if at not in seen:
            seen.add(at)
            waiting += own_includes(at)
    return seen


def reaches_torch(name):
    return any(re.search(r"#include <(torch|ATen|c10)/", text_of(each)) for each in closure(name))


def missing_standard_headers(name):
    """The standard headers whose names the file uses while nothing of ours includes them."""
    included = set()
    for each in closure(name):
        included |= set(re.findall(r"#include <([a-z_]+)>", text_of(each)))
        # What a third party's header includes is not looked into: it may give anything.
        if re.search(THIRD_PARTIES, text_of(each)):
            return []
    for header in list(included):
        included |= set(GIVES.get(header, []))
    text = re.sub(r'"(?:\\.|[^"\\])*"', '""', text_of(name))
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
    command = [compiler, "-fsyntax-only", "-w", "-x", "c++", *flags_for(header, flags), "-I", str(ROOT),
               "-I", str(ROOT / "libs"), "-I", str(ROOT / "workers"), "-I", str(ROOT / "tests"),
               "-include", header, "/dev/null"]
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
    for name in tracked([f"{folder}/*.{ext}" for folder in options.folders for ext in ("h", "cc")]):
        for header in missing_standard_headers(name):
            print(f"{name}: uses <{header}> without including it")
            failures += 1

    headers = [name for name in tracked([f"{folder}/*.h" for folder in options.folders])
               if reaches_torch(name) == options.torch]
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
