"""docker/compose.yaml, and with the many servers' file over it: their flags are settings, their images are targets, their
addresses are services, their secrets are declared."""
import re

import yaml

import settings


class Loader(yaml.SafeLoader):
    """With Compose's own tags, which say that a value replaces the one of the file below."""


Loader.add_constructor("!reset", lambda loader, node: None)
Loader.add_constructor("!override", lambda loader, node: loader.construct_sequence(node))


def over(below, above):
    """Both files as one: mappings are joined, all else is the upper file's, as Compose has it of a command."""
    if not isinstance(below, dict) or not isinstance(above, dict):
        return above
    return {**below, **{key: over(below.get(key), value) for key, value in above.items()}}


def check(root, image_targets):
    one = yaml.load((root / "docker/compose.yaml").read_text(), Loader)
    many = over(one, yaml.load((root / "docker/compose.many-servers.yaml").read_text(), Loader))
    names = settings.listed((root / "docs/config.md").read_text())
    yield from check_file("compose.yaml", one, names, image_targets)
    yield from check_file("compose.many-servers.yaml", many, names, image_targets)


def check_file(file, compose, names, image_targets):
    for role, service in compose["services"].items():
        where = f"{file}, {role}"
        for secret in service.get("secrets", []):
            if secret not in compose["secrets"]:
                yield f"{where}: nobody declares the secret {secret}"
        for volume in service.get("volumes") or []:
            if volume.split(":")[0] not in compose["volumes"]:
                yield f"{where}: nobody declares the volume {volume.split(':')[0]}"
        if "build" not in service:
            continue  # Somebody else's.
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
