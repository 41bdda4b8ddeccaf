"""Manifests of one rendering, and what they say of one another."""
import collections

import yaml

POD_KINDS = ("Deployment", "StatefulSet", "DaemonSet", "Job")


def meets(selector, labels):
    return all(labels.get(key) == value for key, value in (selector or {}).items())


class Workload:
    """A manifest that makes pods."""

    def __init__(self, manifest):
        self.manifest = manifest
        self.kind = manifest["kind"]
        self.name = manifest["metadata"]["name"]
        self.template = manifest["spec"]["template"]
        self.labels = self.template["metadata"].get("labels", {})
        self.spec = self.template["spec"]
        self.containers = self.spec["containers"]
        self.component = self.labels.get("app.kubernetes.io/component", "")
        # Groups of painting workers stand for the same thing.
        self.role = self.labels.get("atelier/role", self.component)

    def __str__(self):
        return f"{self.kind}/{self.name}"

    def ports(self):
        """Name -> number."""
        return {port.get("name", str(port["containerPort"])): port["containerPort"]
                for container in self.containers for port in container.get("ports", [])}

    def port_number(self, port):
        """Of a name or number; None when no container has it."""
        ports = self.ports()
        return ports.get(port) if isinstance(port, str) else port if port in ports.values() else None


class Manifests:
    def __init__(self, text):
        self.all = [manifest for manifest in yaml.safe_load_all(text) if manifest]
        self.by_kind = collections.defaultdict(dict)
        for manifest in self.all:
            self.by_kind[manifest["kind"]][manifest["metadata"]["name"]] = manifest
        self.workloads = [Workload(manifest) for manifest in self.all if manifest["kind"] in POD_KINDS]

    def selected(self, selector):
        return [workload for workload in self.workloads if meets(selector, workload.labels)]

    def duplicates(self):
        seen = collections.Counter((m["kind"], m["metadata"]["name"]) for m in self.all)
        return [f"{kind}/{name}" for (kind, name), count in seen.items() if count > 1]

    def settings(self, workload):
        """What is in the settings file of the workload's process; None without one."""
        for volume in workload.spec.get("volumes", []):
            config = self.by_kind["ConfigMap"].get(volume.get("configMap", {}).get("name"))
            if config and "settings.yaml" in config["data"]:
                return yaml.safe_load(config["data"]["settings.yaml"])
        return None
