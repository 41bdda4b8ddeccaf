"""docker/compose.yaml: its flags are settings, its images are targets, its addresses are services."""
import re

import yaml

import settings


def check(root, image_targets):
    compose = yaml.safe_load((root / "docker/compose.yaml").read_text())
    names = settings.listed((root / "docs/config.md").read_text())
    for role, service in compose["services"].items():
        where = f"compose.yaml, {role}"
        if service["build"]["target"] not in image_targets:
            yield f"{where}: docker/Dockerfile has no target {service['build']['target']}"
        if not service.get("read_only") or service.get("cap_drop") != ["ALL"] or service.get("user") != "10001:10001":
            yield f"{where}: may write to its root, keeps capabilities or is another user"
        flags = dict(re.fullmatch(r"--([\w-]+)(?:=(.*))?", flag).groups() for flag in service["command"])
        for flag, value in flags.items():
            if flag.replace("-", "_") not in names[role]:
                yield f"{where}: there is no setting {flag}"
            if flag in ("server", "pose", "region"):
                host, port = value.split(":")
                listen = "--dispatch-listen" if flag == "server" else "--listen"
                if f"{listen}=0.0.0.0:{port}" not in compose["services"].get(host, {}).get("command", []):
                    yield f"{where}: nobody listens on {value}"
        needed = {"server": 10, "generation": 20}.get(role, 5)
        if int(service.get("stop_grace_period", "10s").rstrip("s")) < needed + 5:
            yield f"{where}: is killed before its drain is over"
