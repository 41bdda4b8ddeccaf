#!/usr/bin/env python3
"""The checks of deploy/ find what is planted in good manifests, and nothing in these."""
import copy
import pathlib
import tempfile
import unittest

import yaml

import check
import cross_checks
import network
import observability
import settings
from manifests import Manifests

ROOT = pathlib.Path(__file__).resolve().parents[2]
GOOD = [m for m in yaml.safe_load_all((ROOT / "deploy/manifests/atelier.yaml").read_text()) if m]
SECRETS = {"atelier-worker", "atelier-tls"}
IMAGES = {"server", "pose", "region", "generation"}


def findings(change=lambda find: None):
    """Of the good manifests after `change`, which gets a function that finds one by kind and name."""
    manifests = copy.deepcopy(GOOD)
    change(lambda kind, name: next(m for m in manifests if (m["kind"], m["metadata"]["name"]) == (kind, name)))
    all_of = Manifests(yaml.safe_dump_all(manifests))
    page = (ROOT / "docs/config.md").read_text()
    return [*cross_checks.check(all_of, SECRETS, IMAGES), *network.check(all_of), *settings.check_names(all_of, page)]


def container(find, kind, name):
    return find(kind, name)["spec"]["template"]["spec"]["containers"][0]


def edit_settings(find, name, **changes):
    data = find("ConfigMap", name)["data"]
    data["settings.yaml"] = yaml.safe_dump({**yaml.safe_load(data["settings.yaml"]), **changes})


# What was planted -> a word of the finding.
PLANTED = {
    "a selector without a pod": (
        lambda f: f("Service", "atelier-pose")["spec"]["selector"].update(x="y"), "selects no pod"),
    "a port that no container has": (
        lambda f: f("Service", "atelier-pose")["spec"]["ports"][0].update(targetPort="grcp"), "has no port grcp"),
    "a budget for nobody": (
        lambda f: f("PodDisruptionBudget", "atelier-pose")["spec"]["selector"]["matchLabels"].update(x="y"),
        "selects []"),
    "a root that may be written": (
        lambda f: container(f, "Deployment", "atelier-pose")["securityContext"].update(readOnlyRootFilesystem=False),
        "may write to its root"),
    "a kept capability": (
        lambda f: container(f, "Deployment", "atelier-pose")["securityContext"]["capabilities"].update(add=["SYS_ADMIN"]),
        "keeps capabilities"),
    "a liveness probe that kills who drains": (
        lambda f: container(f, "StatefulSet", "atelier-server")["livenessProbe"]["grpc"].pop("service"),
        "asks the wrong service"),
    "a grace shorter than the drain": (
        lambda f: f("StatefulSet", "atelier-server")["spec"]["template"]["spec"].update(terminationGracePeriodSeconds=12),
        "killed before its drain is over"),
    "a secret that nobody makes": (
        lambda f: f("Deployment", "atelier-pose")["spec"]["template"]["spec"]["volumes"][1]["secret"].update(
            secretName="atelier-wroker"), "atelier-wroker"),
    "a volume that nobody mounts": (
        lambda f: container(f, "Deployment", "atelier-pose")["volumeMounts"].pop(), "not mounted"),
    "a mounted token": (
        lambda f: f("ServiceAccount", "atelier-pose").update(automountServiceAccountToken=True), "gives a token"),
    "an image without a target": (
        lambda f: container(f, "Deployment", "atelier-pose").update(image="r/atelier/psoe:1"), "no target psoe"),
    "no limit of memory": (
        lambda f: container(f, "Deployment", "atelier-pose")["resources"].pop("limits"), "no limit"),
    "an address that no Service has": (
        lambda f: edit_settings(f, "atelier-server", pose="dns:///atelier-poze:7462"), "no Service has that port"),
    "a listener on another port": (
        lambda f: edit_settings(f, "atelier-server", health_listen="0.0.0.0:7471"), "health_listen"),
    "a file where nothing is mounted": (
        lambda f: edit_settings(f, "atelier-pose", tls_cert_file="/etc/tls/tls.crt"), "nothing is mounted"),
    "an unknown setting": (lambda f: edit_settings(f, "atelier-pose", max_batch=3), "no setting max_batch"),
    "dispatch open to everybody": (
        lambda f: f("NetworkPolicy", "atelier-server")["spec"]["ingress"][1].pop("from"), "everybody reaches 7468"),
    "dispatch open to the pose service": (
        lambda f: (f("NetworkPolicy", "atelier-server")["spec"]["ingress"][1]["from"].append({"podSelector": {}}),
                   f("NetworkPolicy", "atelier-pose")["spec"].update(egress=[{}])), "atelier-pose"),
    "a worker that cannot reach dispatch": (
        lambda f: f("NetworkPolicy", "atelier-generation")["spec"]["egress"].pop(0), "closed"),
}


class Planted(unittest.TestCase):
    def test_nothing_is_found_in_good_manifests(self):
        self.assertEqual(findings(), [])

    def test_what_is_planted_is_found(self):
        for name, (change, word) in PLANTED.items():
            with self.subTest(name):
                found = findings(change)
                self.assertTrue(any(word in finding for finding in found), found)


class Versions(unittest.TestCase):
    FILES = ("CMakeLists.txt", "docker/Dockerfile", "docker/compose.yaml", "deploy/helm/atelier/Chart.yaml")

    def found(self, path="", old="", new=""):
        """What is found when `old` is `new` in one of the files."""
        with tempfile.TemporaryDirectory() as name:
            root = pathlib.Path(name)
            for file in self.FILES:
                (root / file).parent.mkdir(parents=True, exist_ok=True)
                text = (ROOT / file).read_text()
                (root / file).write_text(text.replace(old, new, 1) if file == path else text)
            return list(check.check_versions(root))

    def test_one_version_passes(self):
        self.assertEqual(self.found(), [])

    def test_another_one_is_found(self):
        for path, place in (("docker/Dockerfile", 'version="'), ("docker/compose.yaml", "atelier/pose:"),
                            ("deploy/helm/atelier/Chart.yaml", "appVersion: ")):
            found = self.found(path, place, place + "9")
            self.assertTrue(found and found[0].startswith(path), found)


class Expressions(unittest.TestCase):
    metrics = observability.Metrics((ROOT / "docs/metrics.md").read_text())

    def found(self, expression):
        return list(self.metrics.check("x", expression))

    def test_what_exists_passes(self):
        for good in ('sum by (reason) (rate(atelier_jobs_failed_total{instance="s"}[5m]))', "up == 0",
                     "histogram_quantile(0.9, sum by (le) (rate(atelier_job_duration_seconds_bucket[5m])))"):
            self.assertEqual(self.found(good), [])

    def test_what_does_not_exist_is_found(self):
        for bad in ("atelier_jobs_filed_total", "atelier_queue_depth_bucket", "atelier_job_duration_seconds",
                    'atelier_jobs_failed_total{model="m"}', "sum by (model) (atelier_jobs_failed_total)", "1 + 1"):
            self.assertNotEqual(self.found(bad), [], bad)


if __name__ == "__main__":
    unittest.main(verbosity=0)
