#!/usr/bin/env python3
"""Checks deploy/ without a cluster; tools/check-deploy runs it with what it needs. Prints findings; 1 when there are any."""
import pathlib
import re
import shutil
import subprocess
import sys

import compose
import cross_checks
import network
import observability
import settings
from manifests import Manifests

ROOT = pathlib.Path(__file__).resolve().parents[2]
CHART = ROOT / "deploy/helm/atelier"
PROFILES = ROOT / "deploy/helm/profiles"
PLAIN = ROOT / "deploy/manifests/atelier.yaml"
# What a user may ask for; the last two bring out what no profile does.
RENDERINGS = {
    "defaults": [],
    **{path.stem: ["--values", str(path)] for path in sorted(PROFILES.glob("*.yaml"))},
    "scaled": ["--set", "workers.mini.scaling.enabled=true,monitoring.enabled=true,monitoring.dashboards=true"],
    "to-zero": ["--set", "workers.mini.scaling.enabled=true,workers.mini.scaling.minReplicas=0,"
                "server.settings.forget_models_seconds=31536000"],
    "plaintext": ["--set", "secrets.tls=,workers.mini.scaling.enabled=true,networkPolicy.enabled=false"],
}
# What the chart must not take.
REFUSED = ("pose.replica=3", "workers.mini.dtype=fp32", "server.storage.accessMode=ReadWriteMany",
           "workers.mini.scaling.enabled=true,workers.mini.scaling.minReplicas=0", "server.replicas=2",
           "server.database.secret=a,server.pictures.bucket=b")


def run(*command):
    done = subprocess.run(command, capture_output=True, text=True)
    if done.returncode:
        raise SystemExit(f"{' '.join(map(str, command))}\n{done.stdout}{done.stderr}")
    return done.stdout


def image_targets():
    text = (ROOT / "docker/Dockerfile").read_text()
    return set(re.findall(r"^FROM \S+ AS (\S+)$", text, re.M))


def documented_secrets():
    return set(re.findall(r"create secret \S+ (\S+)", (ROOT / "docs/kubernetes.md").read_text()))


def check_rendering(text, read_settings):
    all_of = Manifests(text)
    try:
        import schemas
        yield from schemas.check(all_of.all)
    except ImportError:
        pass  # Said by main().
    yield from cross_checks.check(all_of, documented_secrets(), image_targets())
    yield from network.check(all_of)
    yield from settings.check_names(all_of, (ROOT / "docs/config.md").read_text())
    programs = ROOT / "build/release/bin"
    if all((programs / f"atelier-{role}").exists() for role in settings.MESSAGES):
        yield from settings.check_programs(all_of, programs, read_settings)


def check_versions(root):
    """The project's version, wherever it is written again."""
    version = re.search(r"^project\(atelier VERSION ([\d.]+)", (root / "CMakeLists.txt").read_text(), re.M)[1]
    for path, pattern in (("docker/Dockerfile", r'image\.version="(.*)"'), ("docker/compose.yaml", r"image: atelier/\w+:(.*)"),
                          ("deploy/helm/atelier/Chart.yaml", r"^(?:appV|v)ersion: (.*)")):
        found = set(re.findall(pattern, (root / path).read_text(), re.M))
        if found != {version}:
            yield f"{path}: says version {', '.join(sorted(found))} and not {version}"


def plain(text):
    """What the rendering of the defaults is without Helm."""
    text = re.sub(r"^# Source: .*\n", "", text, flags=re.M).replace("managed-by: Helm", "managed-by: kubectl")
    return ("# The chart's defaults, for those without Helm: kubectl apply --namespace atelier --filename THIS_FILE.\n"
            "# Made by tools/check-deploy --write; edit deploy/helm/atelier instead.\n" + text)


def main():
    helm, promtool = shutil.which("helm"), shutil.which("promtool")
    findings, read_settings = [], set()
    try:
        import schemas
        print(f"schemas of Kubernetes {' and '.join(schemas.VERSIONS)}, of KEDA and the Prometheus operator")
    except ImportError:
        print("NOT CHECKED: schemas, whose packages are not there (tools/deploy/get-tools)")
    if helm:
        for name, values in RENDERINGS.items():
            run(helm, "lint", "--strict", "--quiet", CHART, *values)
            # Names of a release of another name follow it.
            release = "studio" if name == "plaintext" else "atelier"
            text = run(helm, "template", release, CHART, "--namespace", "atelier", *values)
            if name == "defaults" and "--write" in sys.argv:
                PLAIN.write_text(plain(text))
            if name == "defaults" and plain(text) != PLAIN.read_text():
                findings.append(f"{PLAIN.relative_to(ROOT)} is not what the chart says; run tools/check-deploy --write")
            findings += [f"{name}: {finding}" for finding in check_rendering(text, read_settings)]
            print(f"{name}: {len(Manifests(text).all)} manifests")
        for values in REFUSED:
            done = subprocess.run([helm, "template", "atelier", CHART, "--set", values], capture_output=True)
            if done.returncode == 0:
                findings.append(f"the chart takes {values}")
    else:
        print("NOT CHECKED: the chart itself, there is no helm (tools/deploy/get-tools); its defaults as committed are")
        findings += [f"plain manifests: {finding}" for finding in check_rendering(PLAIN.read_text(), read_settings)]
    findings += check_versions(ROOT)
    findings += compose.check(ROOT, image_targets())
    metrics = observability.Metrics((ROOT / "docs/metrics.md").read_text())
    findings += observability.check_alerts(ROOT, metrics, (ROOT / "docs/operations.md").read_text())
    findings += observability.check_dashboards(ROOT, metrics)
    if promtool:
        findings += observability.run_promtool(promtool, ROOT)
    else:
        print("NOT CHECKED: what alerts say in their tests, there is no promtool (tools/deploy/get-tools)")
    for finding in findings:
        print(finding)
    print(f"{len(findings)} findings")
    return 1 if findings else 0


if __name__ == "__main__":
    sys.exit(main())
