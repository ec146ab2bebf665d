"""The part of the Kubernetes API that our manifest uses, by hand from its reference: fields, and what stands in them.

Not the API's schema, which no package here carries: a field that is not listed is refused, also when it exists.
"""

ANY = "any name"
LABELS = {ANY: str}
META = {"name": str, "namespace": str, "labels": LABELS}
SELECTOR = {"matchLabels": LABELS, "matchExpressions": [{"key": str, "operator": str, "values": [str]}]}
PROBE = {"tcpSocket": {"port": int}, "httpGet": {"path": str, "port": int}, "periodSeconds": int}
CONTAINER = {
    "name": str, "image": str, "command": [str],
    "env": [{"name": str, "value": str, "valueFrom": {"fieldRef": {"fieldPath": str}}}],
    "ports": [{"name": str, "containerPort": int, "protocol": str}],
    "readinessProbe": PROBE,
    "securityContext": {"allowPrivilegeEscalation": bool, "readOnlyRootFilesystem": bool,
                        "capabilities": {"drop": [str]}},
    "resources": {"requests": LABELS, "limits": LABELS},
    "volumeMounts": [{"name": str, "mountPath": str, "readOnly": bool}],
}
POD = {"metadata": META, "spec": {
    "automountServiceAccountToken": bool, "terminationGracePeriodSeconds": int,
    "securityContext": {"runAsNonRoot": bool, "runAsUser": int, "runAsGroup": int, "fsGroup": int,
                        "fsGroupChangePolicy": str, "seccompProfile": {"type": str}},
    "containers": [CONTAINER],
    "volumes": [{"name": str, "emptyDir": {}, "secret": {"secretName": str, "defaultMode": int}}],
}}
CLAIM = {"metadata": META, "spec": {"accessModes": [str], "resources": {"requests": LABELS}}}
PORT = {"name": str, "port": int, "targetPort": int, "protocol": str}
KINDS = {
    ("v1", "Namespace"): {},
    ("v1", "Secret"): {"type": str, "stringData": LABELS},
    ("v1", "Service"): {"spec": {"type": str, "clusterIP": str, "selector": LABELS, "publishNotReadyAddresses": bool,
                                 "externalTrafficPolicy": str, "ports": [PORT]}},
    ("networking.k8s.io/v1", "NetworkPolicy"): {"spec": {
        "podSelector": SELECTOR, "policyTypes": [str], "ingress": [{"from": [{"podSelector": SELECTOR}]}]}},
    ("apps/v1", "StatefulSet"): {"spec": {
        "serviceName": str, "replicas": int, "podManagementPolicy": str, "selector": SELECTOR, "template": POD,
        "volumeClaimTemplates": [CLAIM]}},
    ("apps/v1", "Deployment"): {"spec": {"replicas": int, "selector": SELECTOR, "template": POD}},
}


def wrong(document):
    """What is no field, or not of its type, with its place."""
    kind = (document.get("apiVersion"), document.get("kind"))
    if kind not in KINDS:
        return [f"{kind}: no kind that is known here"]
    known = {"apiVersion": str, "kind": str, "metadata": META, **KINDS[kind]}
    return list(compare(document, known, document["kind"]))


def compare(value, known, place):
    if isinstance(known, list):
        if not isinstance(value, list):
            yield f"{place}: expected a list"
            return
        for at, one in enumerate(value):
            yield from compare(one, known[0], f"{place}[{at}]")
    elif isinstance(known, dict):
        if not isinstance(value, dict):
            yield f"{place}: expected fields"
            return
        for name, one in value.items():
            if name not in known and ANY not in known:
                yield f"{place}.{name}: no such field is known here"
            else:
                yield from compare(one, known.get(name, known.get(ANY)), f"{place}.{name}")
    elif type(value) is not known:
        yield f"{place}: expected {known.__name__}, found {value!r}"
