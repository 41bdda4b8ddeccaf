"""What no schema sees: that selectors, ports, names, secrets and times of manifests agree with one another."""
import re


def check_services(all_of):
    for name, service in all_of.by_kind["Service"].items():
        hit = all_of.selected(service["spec"].get("selector"))
        if not service["spec"].get("selector") or not hit:
            yield f"Service/{name}: selects no pod"
        for port in service["spec"]["ports"]:
            for workload in hit:
                if workload.port_number(port["targetPort"]) is None:
                    yield f"Service/{name}: {workload} has no port {port['targetPort']}"
                elif workload.port_number(port["targetPort"]) != port["port"]:
                    yield f"Service/{name}: port {port['port']} leads to {workload.port_number(port['targetPort'])}"


def check_workloads(all_of):
    for workload in all_of.workloads:
        spec = workload.manifest["spec"]
        own = spec["selector"]["matchLabels"]
        if all_of.selected(own) != [workload]:
            yield f"{workload}: its selector meets {[str(each) for each in all_of.selected(own)]}"
        if workload.kind == "StatefulSet":
            service = all_of.by_kind["Service"].get(spec["serviceName"])
            if not service or service["spec"].get("clusterIP") != "None":
                yield f"{workload}: no headless Service {spec['serviceName']}"
        account = all_of.by_kind["ServiceAccount"].get(workload.spec.get("serviceAccountName"))
        if not account or account.get("automountServiceAccountToken") is not False:
            yield f"{workload}: its ServiceAccount is not there, or gives a token"
        if workload.spec.get("automountServiceAccountToken") is not False:
            yield f"{workload}: a token of its ServiceAccount is mounted"
        yield from check_volumes(all_of, workload)
        yield from check_restricted(workload)
        yield from check_probes(workload)


def check_volumes(all_of, workload):
    claims = [claim["metadata"]["name"] for claim in workload.manifest["spec"].get("volumeClaimTemplates", [])]
    volumes = {volume["name"]: volume for volume in workload.spec.get("volumes", [])}
    mounted = {mount["name"] for container in workload.containers for mount in container.get("volumeMounts", [])}
    for name in mounted ^ {*volumes, *claims}:
        yield f"{workload}: the volume {name} is mounted and not there, or there and not mounted"
    for volume in volumes.values():
        config = volume.get("configMap", {}).get("name")
        if config and config not in all_of.by_kind["ConfigMap"]:
            yield f"{workload}: no ConfigMap {config}"


def check_restricted(workload):
    """Pod Security "restricted", and a root that nothing writes to."""
    pod = workload.spec.get("securityContext", {})
    if pod.get("runAsNonRoot") is not True or not pod.get("runAsUser"):
        yield f"{workload}: may run as root"
    if pod.get("seccompProfile", {}).get("type") != "RuntimeDefault":
        yield f"{workload}: has no seccomp profile"
    for key in ("hostNetwork", "hostPID", "hostIPC"):
        if workload.spec.get(key):
            yield f"{workload}: {key}"
    for volume in workload.spec.get("volumes", []):
        if "hostPath" in volume:
            yield f"{workload}: mounts {volume['hostPath']['path']} of its node"
    for container in workload.containers:
        security = container.get("securityContext", {})
        if security.get("allowPrivilegeEscalation") is not False or security.get("privileged"):
            yield f"{workload}: may gain privileges"
        if security.get("capabilities", {}).get("drop") != ["ALL"] or security["capabilities"].get("add"):
            yield f"{workload}: keeps capabilities"
        if security.get("readOnlyRootFilesystem") is not True:
            yield f"{workload}: may write to its root"
        resources = container.get("resources", {})
        if not resources.get("requests", {}).get("memory") or not resources.get("limits", {}).get("memory"):
            yield f"{workload}: asks for no memory, or has no limit of it"


def check_probes(workload):
    for container in workload.containers:
        for probe in ("startupProbe", "livenessProbe", "readinessProbe"):
            port = container.get(probe, {}).get("grpc", {}).get("port")
            if port is None or workload.port_number(port) is None:
                yield f"{workload}: no {probe} on a port of its own"
        for probe, name in (("startupProbe", "liveness"), ("livenessProbe", "liveness"), ("readinessProbe", "")):
            if container.get(probe, {}).get("grpc", {}).get("service", "") != name:
                yield f"{workload}: the {probe} asks the wrong service"


def check_budgets(all_of):
    for name, budget in all_of.by_kind["PodDisruptionBudget"].items():
        hit = all_of.selected(budget["spec"]["selector"]["matchLabels"])
        if len(hit) != 1:
            yield f"PodDisruptionBudget/{name}: selects {[str(each) for each in hit]}"


def check_scaling(all_of):
    for name, scaled in all_of.by_kind["ScaledObject"].items():
        target = scaled["spec"]["scaleTargetRef"]
        found = [w for w in all_of.workloads if (w.kind, w.name) == (target["kind"], target["name"])]
        if not found:
            yield f"ScaledObject/{name}: scales {target['kind']}/{target['name']}, which is not there"
            continue
        if "replicas" in found[0].manifest["spec"]:
            yield f"ScaledObject/{name}: an upgrade would reset the replicas of {found[0]}"
        for trigger in scaled["spec"]["triggers"]:
            host, port = trigger["metadata"]["scalerAddress"].rsplit(":", 1)
            service = all_of.by_kind["Service"].get(host.split(".")[0])
            if not service or int(port) not in [each["port"] for each in service["spec"]["ports"]]:
                yield f"ScaledObject/{name}: no Service has {trigger['metadata']['scalerAddress']}"
            folders = (all_of.settings(found[0]) or {}).get("model", [])
            if trigger["metadata"]["model"] not in ["models/" + folder.rsplit("/", 1)[-1] for folder in folders]:
                yield f"ScaledObject/{name}: {found[0]} does not hold {trigger['metadata']['model']}"
            reference = trigger.get("authenticationRef", {}).get("name")
            if reference and reference not in all_of.by_kind["TriggerAuthentication"]:
                yield f"ScaledObject/{name}: no TriggerAuthentication {reference}"


def check_monitors(all_of):
    for name, monitor in all_of.by_kind["PodMonitor"].items():
        hit = all_of.selected(monitor["spec"]["selector"]["matchLabels"])
        if len(hit) != len(all_of.workloads):
            yield f"PodMonitor/{name}: does not see every pod"
        for endpoint in monitor["spec"]["podMetricsEndpoints"]:
            for workload in hit:
                if endpoint["port"] not in workload.ports():
                    yield f"PodMonitor/{name}: {workload} has no port {endpoint['port']}"


def check_settings(all_of):
    """The settings file of each process against its pod and the Services that it names."""
    for workload in all_of.workloads:
        settings = all_of.settings(workload)
        if settings is None:
            yield f"{workload}: no settings file"
            continue
        for key, port_name in (("listen", "grpc"), ("metrics_listen", "metrics"), ("dispatch_listen", "dispatch"),
                               ("health_listen", "health")):
            port = settings.get(key, "").rpartition(":")[2]
            if (port or None) != (str(workload.ports()[port_name]) if port_name in workload.ports() else None):
                yield f"{workload}: {key} is {settings.get(key)}, and its port {port_name} another"
        for key in ("server", "pose", "region"):
            if key not in settings:
                continue
            host, port = settings[key].removeprefix("dns:///").rsplit(":", 1)
            service = all_of.by_kind["Service"].get(host)
            if not service or int(port) not in [each["port"] for each in service["spec"]["ports"]]:
                yield f"{workload}: {key} is {settings[key]}, and no Service has that port"
        mounts = [mount["mountPath"] for container in workload.containers for mount in container["volumeMounts"]]
        for key, value in settings.items():
            outside = key.endswith("_file") or key == "data"
            if outside and not any(f"{value}/".startswith(f"{mount}/") for mount in mounts):
                yield f"{workload}: {key} is {value}, where nothing is mounted"
        for folder in settings.get("model", []):
            if not folder.startswith("/opt/atelier/models/") and "/models" not in mounts:
                yield f"{workload}: {folder} is neither in the image nor mounted"
        yield from check_grace(workload, settings)


def check_grace(workload, settings):
    needed = settings["drain_seconds"] + 5
    for container in workload.containers:
        command = container.get("lifecycle", {}).get("preStop", {}).get("exec", {}).get("command", ["sleep", "0"])
        needed += int(command[1])
    if workload.spec["terminationGracePeriodSeconds"] < needed:
        yield f"{workload}: is killed before its drain is over ({needed} s)"


def check_secrets(all_of, documented):
    """No secret travels in a manifest, and every one that is named is one that the docs tell to make."""
    for name in all_of.by_kind["Secret"]:
        yield f"Secret/{name}: would be in the release's record"
    for workload in all_of.workloads:
        for volume in workload.spec.get("volumes", []):
            name = volume.get("secret", {}).get("secretName")
            if name and name not in documented:
                yield f"{workload}: docs/kubernetes.md does not say how to make the secret {name}"
        for container in workload.containers:
            for variable in container.get("env", []):
                name = variable.get("valueFrom", {}).get("secretKeyRef", {}).get("name")
                if name and name not in documented:
                    yield f"{workload}: docs/kubernetes.md does not say how to make the secret {name}"
    for name, authentication in all_of.by_kind["TriggerAuthentication"].items():
        for reference in authentication["spec"]["secretTargetRef"]:
            if reference["name"] not in documented:
                yield f"TriggerAuthentication/{name}: nobody makes the secret {reference['name']}"


def check_images(all_of, targets):
    for workload in all_of.workloads:
        for container in workload.containers:
            target = re.sub(r":[^:/]*$", "", container["image"]).rsplit("/", 1)[-1]
            if target not in targets:
                yield f"{workload}: docker/Dockerfile has no target {target}"


def check(all_of, documented_secrets, image_targets):
    for duplicate in all_of.duplicates():
        yield f"{duplicate}: is there twice"
    for each in (check_services, check_workloads, check_budgets, check_scaling, check_monitors, check_settings):
        yield from each(all_of)
    yield from check_secrets(all_of, documented_secrets)
    yield from check_images(all_of, image_targets)
