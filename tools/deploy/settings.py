"""The settings files of a rendering, as docs/config.md lists settings and as the programs read them.

settings.py MANIFESTS FOLDER writes them, for whoever runs the processes without a cluster (tools/images)."""
import pathlib
import re
import subprocess
import sys
import tempfile

import yaml

from manifests import Manifests

MESSAGES = {"server": "ServerConfig", "pose": "PoseConfig", "region": "RegionConfig", "generation": "GenerationConfig"}


def listed(page):
    """Role -> names of settings; a test of the code holds the page to the code's own list."""
    return {role: set(re.findall(r"^\| `(\w+)` \|", page.split(f"<!-- {message} -->")[1].split("<!-- end")[0], re.M))
            for role, message in MESSAGES.items()}


def check_names(all_of, page):
    names = listed(page)
    for workload in all_of.workloads:
        for key in (all_of.settings(workload) or {}).keys() - names[workload.role]:
            yield f"{workload}: docs/config.md has no setting {key}"


def check_programs(all_of, programs, read):
    """`programs`: the folder of the built programs, which read the files. Those in `read` were read before."""
    for workload in all_of.workloads:
        settings = yaml.safe_dump(all_of.settings(workload))
        if (workload.role, settings) in read:
            continue
        read.add((workload.role, settings))
        with tempfile.TemporaryDirectory() as name:
            path = pathlib.Path(name) / "settings.yaml"
            path.write_text(settings)
            done = subprocess.run([programs / f"atelier-{workload.role}", "--config", path, "--print-config"],
                                  capture_output=True, text=True)
            if done.returncode:
                yield f"{workload}: {done.stderr.strip()}"


def write_files(manifests, folder):
    """The settings file of each process, ROLE.yaml."""
    for workload in manifests.workloads:
        (pathlib.Path(folder) / f"{workload.role}.yaml").write_text(yaml.safe_dump(manifests.settings(workload)))


if __name__ == "__main__":
    write_files(Manifests(pathlib.Path(sys.argv[1]).read_text()), sys.argv[2])
