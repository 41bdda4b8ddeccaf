#!/usr/bin/env python3
"""Runs clang-tidy over our own code, many files at a time.

    tools/tidy.py [--torch] [--changed [BASE]] [--without FOLDER] [--build build/release] [FILE...]

Without FILE: every source of ours that no LibTorch header reaches, or with --torch all others (Clang takes
a minute over each of those). --changed leaves out what would say the same as at BASE: sources that include
no changed file, directly or not; without BASE that is where this branch left main, or, on main itself, its
commit before the last; everything is looked at where there is none. Needs a configured build folder whose
generated headers are there. The checks are .clang-tidy's; each finding is an error.
"""

import argparse
import concurrent.futures
import json
import os
import resource
import subprocess
import sys
import time

from check_headers import reaches_torch
from source_tree import ROOT, SourceTree

FOLDERS = ["libs", "server", "workers", "client", "tests"]
TIDY = ROOT / ".venv/bin/clang-tidy"


def git(*words):
    return subprocess.run(["git", *words], cwd=ROOT, text=True, check=True, capture_output=True).stdout.split()


def default_base():
    head = git("rev-parse", "HEAD")
    branches = [name for name in ("origin/main", "main")
                if subprocess.run(["git", "rev-parse", "--verify", "--quiet", name], cwd=ROOT,
                                  capture_output=True).returncode == 0]
    for name in branches:
        base = git("merge-base", "HEAD", name)
        if base != head:
            return base[0]
    parent = subprocess.run(["git", "rev-parse", "--verify", "--quiet", "HEAD^"], cwd=ROOT, text=True,
                            capture_output=True)
    return parent.stdout.strip() or None


def sources(tree, build, with_torch):
    """Our sources that the build compiles and that reach LibTorch's headers, or do not."""
    compiled = set()
    for entry in json.loads((ROOT / build / "compile_commands.json").read_text()):
        compiled.add(os.path.relpath(os.path.join(entry["directory"], entry["file"]), ROOT))
    return [name for name in sorted(tree.texts)
            if name in compiled and reaches_torch(tree, name) == with_torch]


def run(build, name):
    """The findings of one source, and the seconds it took."""
    started = time.monotonic()
    done = subprocess.run([TIDY, "-p", build, "--quiet", name], cwd=ROOT, text=True, capture_output=True)
    findings = done.stdout if done.returncode == 0 else done.stdout + done.stderr
    return done.returncode, findings, time.monotonic() - started


def main():
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--torch", action="store_true")
    parser.add_argument("--changed", nargs="?", const="", metavar="BASE")
    parser.add_argument("--without", metavar="FOLDER", help="leave out what is in this folder, e.g. tests")
    parser.add_argument("--build", default="build/release")
    parser.add_argument("--jobs", type=int, default=os.cpu_count())
    parser.add_argument("files", nargs="*")
    options = parser.parse_args()

    tree = SourceTree.of_checkout(*(f"{folder}/*.{ending}" for folder in FOLDERS for ending in ("h", "cc")))
    names = options.files or sources(tree, options.build, options.torch)
    if options.without:
        names = [name for name in names if not name.startswith(options.without + "/")]
    if options.changed is not None:
        base = options.changed or default_base()
        # A checkout without history cannot tell what changed: everything is looked at.
        changed = set(git("diff", "--name-only", base)) if base else set()
        if base and not changed & {".clang-tidy", "tools/requirements.txt"}:
            names = [name for name in names if tree.closure(name) & changed]
    started, failed = time.monotonic(), []
    with concurrent.futures.ThreadPoolExecutor(options.jobs) as pool:
        for name, (status, findings, _) in zip(names, pool.map(lambda name: run(options.build, name), names)):
            if status != 0:
                failed.append(name)
                print(f"== {name}\n{findings}", flush=True)
    used = resource.getrusage(resource.RUSAGE_CHILDREN)
    print(f"clang-tidy: {len(names)} files, {len(failed)} with findings, {time.monotonic() - started:.0f} s,"
          f" {used.ru_utime + used.ru_stime:.0f} s of processor time")
    return 1 if failed else 0


if __name__ == "__main__":
    sys.exit(main())
