"""Our own sources as text: which there are, and which of ours each includes.

A tree is a mapping from a path (relative to the repository, with /) to the file's text, so that the checks
can be tested on trees that never were on a disk.
"""

import os
import pathlib
import re
import subprocess

ROOT = pathlib.Path(__file__).resolve().parent.parent
# Folders that a quoted include may be relative to, besides the including file's own.
INCLUDE_ROOTS = ["", "libs", "workers", "tests"]


def tracked(*patterns, root=ROOT):
    """Paths of the files that git tracks and that match one of the patterns (git's pathspecs)."""
    names = subprocess.run(["git", "ls-files", "--", *patterns], cwd=root, text=True, check=True,
                           capture_output=True)
    return [name for name in names.stdout.split() if (pathlib.Path(root) / name).is_file()]


def without_comments(text):
    text = re.sub(r"/\*.*?\*/", "", text, flags=re.S)
    return re.sub(r"//[^\n]*", "", text)


class SourceTree:
    """C++ sources and what they include. Files are read once; the tree must not change meanwhile."""

    def __init__(self, texts):
        """`texts`: path -> text."""
        self.texts = texts
        self._code, self._includes, self._closures = {}, {}, {}

    @classmethod
    def of_checkout(cls, *patterns, root=ROOT):
        return cls({name: (pathlib.Path(root) / name).read_text(encoding="utf-8")
                    for name in tracked(*patterns, root=root)})

    def code(self, name):
        """The file's text without comments."""
        if name not in self._code:
            self._code[name] = without_comments(self.texts[name])
        return self._code[name]

    def own_includes(self, name):
        """Files of the tree that the file includes itself."""
        if name not in self._includes:
            found = []
            for included in re.findall(r'#\s*include "([^"]+)"', self.code(name)):
                for folder in [*INCLUDE_ROOTS, os.path.dirname(name)]:
                    path = os.path.normpath(os.path.join(folder, included))
                    if path in self.texts:
                        found.append(path)
                        break
            self._includes[name] = found
        return self._includes[name]

    def closure(self, name):
        """The file and every file of the tree that it includes, directly or not."""
        if name not in self._closures:
            seen, waiting = set(), [name]
            while waiting:
                at = waiting.pop()
                if at not in seen:
                    seen.add(at)
                    waiting += self.own_includes(at)
            self._closures[name] = seen
        return self._closures[name]
