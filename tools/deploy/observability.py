"""Alerts and dashboards: right in themselves, tried, explained, and about metrics that exist."""
import json
import pathlib
import re
import shutil
import subprocess
import tempfile

import yaml


class Metrics:
    """What docs/metrics.md lists; a test of the code holds that page to the code's own list."""

    # Of every series: what a scrape adds.
    SCRAPED = {"job", "instance", "le"}

    def __init__(self, page):
        self.labels = {}
        self.types = {}
        for line in page.splitlines():
            if not line.startswith("| `"):
                continue
            cells = [cell.strip() for cell in line.strip("|\n ").split("|")]
            name = cells[0].strip("`")
            self.types[name] = cells[1]
            self.labels[name] = set(re.findall(r"`(\w+)`", cells[2])) | self.SCRAPED
        self.labels["up"] = self.SCRAPED
        self.types["up"] = "gauge"

    def family(self, series):
        base = re.sub(r"_(bucket|sum|count)$", "", series)
        return base if self.types.get(base) == "histogram" and series != base else series

    def check(self, where, expression):
        text = re.sub(r'"[^"]*"', '""', expression)
        found = list(re.finditer(r"\b((?:atelier|process)_\w+|up)\b(\{[^}]*\})?", text))
        if not found:
            yield f"{where}: names no metric"
        for match in found:
            family = self.family(match[1])
            if family not in self.labels or (self.types[family] == "histogram") != (family != match[1]):
                yield f"{where}: there is no metric {match[1]}"
                continue
            for label in re.findall(r"(\w+)\s*(?:=~|!~|!=|=)", match[2] or ""):
                if label not in self.labels[family]:
                    yield f"{where}: {family} has no label {label}"
        known = set().union(*(self.labels.get(self.family(match[1]), set()) for match in found))
        for grouping in re.findall(r"\b(?:by|on|without|ignoring)\s*\(([^)]*)\)", text):
            for label in filter(None, (each.strip() for each in grouping.split(","))):
                if label not in known:
                    yield f"{where}: no metric in it has the label {label}"


def rules_of(alerts):
    return [rule for group in alerts["groups"] for rule in group["rules"]]


def check_alerts(root, metrics, runbooks):
    alerts = yaml.safe_load((root / "deploy/helm/atelier/files/alerts.yaml").read_text())
    tests = yaml.safe_load((root / "tests/deploy/alerts_test.yaml").read_text())
    tried = [case for test in tests["tests"] for case in test["alert_rule_test"]]
    anchors = {re.sub(r"[^\w-]", "", title.lower().replace(" ", "-"))
               for title in re.findall(r"^#+ (.+)$", runbooks, re.M)}
    for rule in rules_of(alerts):
        name = rule["alert"]
        yield from metrics.check(name, rule["expr"])
        fires = [case for case in tried if case["alertname"] == name and case["exp_alerts"]]
        quiet = [case for case in tried if case["alertname"] == name and not case["exp_alerts"]]
        if not fires or not quiet:
            yield f"{name}: no test makes it fire, or none keeps it quiet"
        if rule.get("labels", {}).get("severity") not in ("warning", "critical"):
            yield f"{name}: has no severity"
        page, _, anchor = rule["annotations"]["runbook_url"].partition("#")
        if page != "docs/operations.md" or anchor not in anchors:
            yield f"{name}: its runbook {rule['annotations']['runbook_url']} is not there"
    for name in {case["alertname"] for case in tried} - {rule["alert"] for rule in rules_of(alerts)}:
        yield f"{name}: is tried and not there"


def expressions_of(board):
    for panel in board["panels"]:
        for target in panel["targets"]:
            yield panel["title"], target["expr"]


def check_dashboards(root, metrics):
    for path in sorted((root / "deploy/helm/atelier/dashboards").glob("*.json")):
        board = json.loads(path.read_text())
        ids = [panel["id"] for panel in board["panels"]]
        if len(ids) != len(set(ids)):
            yield f"{path.name}: two panels have the same id"
        variables = {variable["name"] for variable in board["templating"]["list"]}
        for title, expression in expressions_of(board):
            yield from metrics.check(f"{path.name}, {title}", expression)
            for variable in re.findall(r"\$(\w+)", expression):
                if variable not in variables:
                    yield f"{path.name}, {title}: there is no variable {variable}"
        for variable in board["templating"]["list"]:
            query = re.fullmatch(r"label_values\((\w+), (\w+)\)", variable["query"])
            if query and query[2] not in metrics.labels.get(query[1], ()):
                yield f"{path.name}: {variable['query']} finds nothing"


def run_promtool(promtool, root):
    """The rules' own check, their tests, and the expressions of the dashboards as if they were rules."""
    with tempfile.TemporaryDirectory() as name:
        folder = pathlib.Path(name)
        shutil.copy(root / "deploy/helm/atelier/files/alerts.yaml", folder)
        shutil.copy(root / "tests/deploy/alerts_test.yaml", folder)
        panels = [{"record": f"panel_{i}", "expr": re.sub(r"\$\w+", "x", expression)}
                  for path in (root / "deploy/helm/atelier/dashboards").glob("*.json")
                  for i, (_, expression) in enumerate(expressions_of(json.loads(path.read_text())))]
        (folder / "panels.yaml").write_text(yaml.safe_dump({"groups": [{"name": "panels", "rules": panels}]}))
        for arguments in (["check", "rules", "alerts.yaml"], ["check", "rules", "--lint=none", "panels.yaml"],
                          ["test", "rules", "alerts_test.yaml"]):
            done = subprocess.run([promtool, *arguments], cwd=folder, capture_output=True, text=True)
            if done.returncode:
                yield f"promtool {' '.join(arguments)}: {done.stdout}{done.stderr}"
