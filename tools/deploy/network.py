"""Who reaches whom under the NetworkPolicies: computed from them, and compared with what should be."""
from manifests import meets

# From -> to: port. Nothing else is open between pods of Atelier.
EXPECTED = {
    ("server", "pose", 7462), ("server", "region", 7464),
    ("generation", "pose", 7462), ("generation", "region", 7464), ("generation", "server", 7468),
}
# Whoever is not one of ours, or of ours and has no business there: port of the public API alone.
PUBLIC = ("server", 7460)


def open_between(rules, key, other, target):
    """Ports of `target` that rules (ingress or egress) open to or for `other`, a workload or None for a stranger."""
    for rule in rules:
        peers = rule.get(key)
        matches = peers is None or any(
            other is not None and "namespaceSelector" not in peer and "ipBlock" not in peer
            and meets(peer.get("podSelector", {}).get("matchLabels"), other.labels) for peer in peers)
        if matches:
            if not rule.get("ports"):
                yield from target.ports().values()
            for port in rule.get("ports", []):
                yield target.port_number(port["port"])


def check(all_of):
    policies = list(all_of.by_kind["NetworkPolicy"].values())
    if not policies:
        return
    own = {}
    for workload in all_of.workloads:
        hit = [p for p in policies if meets(p["spec"]["podSelector"].get("matchLabels"), workload.labels)]
        if len(hit) != 1 or set(hit[0]["spec"]["policyTypes"]) != {"Ingress", "Egress"}:
            yield f"{workload}: is selected by {len(hit)} network policies, or not in both directions"
            return
        own[workload.name] = hit[0]["spec"]
    for policy in policies:
        if not all_of.selected(policy["spec"]["podSelector"].get("matchLabels")):
            yield f"NetworkPolicy/{policy['metadata']['name']}: selects no pod"
    for target in all_of.workloads:
        ingress = own[target.name].get("ingress", [])
        for rule in ingress:
            for port in rule.get("ports", []):
                if target.port_number(port["port"]) is None:
                    yield f"NetworkPolicy of {target}: there is no port {port['port']}"
        for number in open_between(ingress, "from", None, target):
            if (target.role, number) != PUBLIC:
                yield f"NetworkPolicy of {target}: everybody reaches {number}"
        for source in all_of.workloads:
            if source is target:
                continue
            into = set(open_between(ingress, "from", source, target))
            # A rule for all addresses may name ports that the target does not have.
            out = set(open_between(own[source.name].get("egress", []), "to", target, target))
            reached = {(source.role, target.role, port) for port in into & out - {None}}
            wanted = {each for each in EXPECTED if each[:2] == (source.role, target.role)}
            for what in reached ^ wanted:
                yield f"network policies: {source} -> {target}:{what[2]} is {'open' if what in reached else 'closed'}"
