"""Manifests against the schemas of their kinds, without a cluster: unknown fields are errors."""
import kubernetes_validate
from cloudcoil.models.keda import v1alpha1 as keda
from cloudcoil.models.prometheus_operator import v1 as monitoring

# The oldest Kubernetes that the chart allows, and the newest that there is a schema for.
VERSIONS = ("1.27", "1.37")
CUSTOM = {"monitoring.coreos.com/v1": monitoring, "keda.sh/v1alpha1": keda}


def lost(given, kept, path=""):
    """Fields that a model dropped because it does not know them."""
    if isinstance(given, dict):
        for key, value in given.items():
            if not isinstance(kept, dict) or key not in kept:
                yield f"{path}.{key}"
            else:
                yield from lost(value, kept[key], f"{path}.{key}")
    elif isinstance(given, list):
        for i, value in enumerate(given):
            yield from lost(value, kept[i] if isinstance(kept, list) and i < len(kept) else None, f"{path}[{i}]")


def check(manifests):
    for manifest in manifests:
        name = f"{manifest.get('kind')}/{manifest.get('metadata', {}).get('name')}"
        module = CUSTOM.get(manifest.get("apiVersion"))
        try:
            if module:
                model = getattr(module, manifest["kind"]).model_validate(manifest)
                kept = model.model_dump(by_alias=True, exclude_none=True, mode="json")
                for path in lost(manifest, kept):
                    yield f"{name}: unknown field {path}"
                continue
            for version in VERSIONS:
                kubernetes_validate.validate(manifest, version, strict=True)
        except Exception as error:  # Each library has kinds of its own.
            yield f"{name}: {getattr(error, 'message', None) or str(error).splitlines()[0:3]}"
