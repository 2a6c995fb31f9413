"""Rules, dashboards and configurations under ``deploy/``: as the programs that read them, and the docs, want them."""

from __future__ import annotations

import json
import re
import shutil
import subprocess
from collections import Counter
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
import yaml
from grafana_foundation_sdk.cog import plugins
from grafana_foundation_sdk.cog.encoder import JSONEncoder
from grafana_foundation_sdk.models.dashboard import Dashboard

from core.config.settings import ROOT, Settings
from tests.dashboards import ALERTMANAGER, DASHBOARDS, PROMETHEUS, alerts, document, loaded, metrics_in, panels, queries
from tests.unit.project.test_docs_links import anchors

GUIDE = ROOT / "docs" / "monitoring.md"
DOCUMENTED = set(re.findall(r"^\| `(shifumi_\w+)` \|", GUIDE.read_text(encoding="utf-8"), re.MULTILINE))
CONFIGURATIONS = ["prometheus.yml", "laptop.yml"]


def passes(program: str, *arguments: str | Path) -> None:
    if shutil.which(program) is None:
        pytest.skip(f"{program} is not installed")
    done = subprocess.run([program, *map(str, arguments)], capture_output=True, text=True, check=False, timeout=120)
    assert done.returncode == 0, done.stdout + done.stderr


def jobs_of(name: str) -> dict[str, Any]:
    return {job["job_name"]: job for job in loaded(PROMETHEUS / name)["scrape_configs"]}


@pytest.mark.parametrize("name", CONFIGURATIONS)
def test_prometheus_takes_its_configuration_with_the_rules(name: str) -> None:
    passes("promtool", "check", "config", PROMETHEUS / name)


def test_each_alert_fires_when_it_should_and_not_otherwise() -> None:
    passes("promtool", "test", "rules", PROMETHEUS / "rules_test.yml")


def test_no_alert_is_without_a_case_that_fires_and_one_that_does_not() -> None:
    cases: dict[str, set[int]] = {}
    for test in loaded(PROMETHEUS / "rules_test.yml")["tests"]:
        for check in test["promql_expr_test"]:
            name = re.search(r'alertname="(\w+)"', check["expr"])
            assert name is not None, test["name"]
            cases.setdefault(name.group(1), set()).add(check["exp_samples"][0]["value"])
    assert cases == {rule["alert"]: {0, 1} for rule in alerts()}


@pytest.mark.parametrize("rule", alerts(), ids=lambda rule: rule["alert"])
def test_an_alert_leads_to_what_to_do(rule: dict[str, Any]) -> None:
    page, anchor = rule["annotations"]["runbook"].split("#")
    assert ROOT / page == GUIDE
    assert anchor == rule["alert"].lower()
    assert anchor in anchors(GUIDE)
    assert rule["labels"]["severity"] in {"critical", "warning"}
    assert {"summary", "description"} < set(rule["annotations"])
    told = GUIDE.read_text(encoding="utf-8").split(f"### {rule['alert']}\n")[1].split("\n#")[0]
    assert told.startswith("Critical.") == (rule["labels"]["severity"] == "critical")


def test_no_alert_is_explained_that_does_not_exist() -> None:
    section = GUIDE.read_text(encoding="utf-8").split("## Alerts")[1]
    assert sorted(re.findall(r"^### (\w+)$", section, re.MULTILINE)) == sorted(rule["alert"] for rule in alerts())


def test_the_laptop_has_the_jobs_of_the_containers() -> None:
    """So that rules and dashboards fit both. What the laptop may lack is written there to be switched on."""
    laptop = (PROMETHEUS / "laptop.yml").read_text(encoding="utf-8")
    both = jobs_of("prometheus.yml")
    assert set(re.findall(r"job_name: (\w+)", laptop)) == set(both)
    for name, job in jobs_of("laptop.yml").items():
        assert job.get("metrics_path") == both[name].get("metrics_path")
    assert {"worker", "node", "grafana"} == set(both) - set(jobs_of("laptop.yml"))


def test_the_targets_have_the_ports_that_the_settings_have() -> None:
    ports = {
        "api": "api_port",
        "workbench": "workbench_metrics_port",
        "streamlit": "workbench_port",
        "runner": "runner_metrics_port",
        "prefect": "prefect_port",
    }
    for name in CONFIGURATIONS:
        for job, setting in ports.items():
            target = jobs_of(name)[job]["static_configs"][0]["targets"][0]
            assert target.endswith(f":{Settings.model_fields[setting].default}"), target
    worker = jobs_of("prometheus.yml")["worker"]["dns_sd_configs"][0]
    assert worker["port"] == Settings.model_fields["worker_metrics_port"].default


@pytest.mark.parametrize("configured", ["with a file", "with the address"])
def test_alertmanager_takes_what_the_guide_makes_of_its_configuration(configured: str, tmp_path: Path) -> None:
    """From 0.28 on it reads the webhook from a file; an older one gets the address."""
    if shutil.which("amtool") is None:
        pytest.skip("amtool is not installed")
    version = subprocess.run(["amtool", "--version"], capture_output=True, text=True, check=False).stdout
    if configured == "with a file" and not re.search(r"version 0\.(2[89]|[3-9]\d)", version):
        pytest.skip("this Alertmanager is older than 0.28")
    text = ALERTMANAGER.read_text(encoding="utf-8")
    assert text.count("webhook_url_file: /run/secrets/discord_webhook") == 1
    if configured == "with the address":
        text = re.sub(r"webhook_url_file: .*", "webhook_url: https://discord.invalid/api/webhooks/1/x", text)
    (tmp_path / "alertmanager.yml").write_text(text, encoding="utf-8")
    passes("amtool", "check-config", tmp_path / "alertmanager.yml")


def test_no_secret_is_in_the_files() -> None:
    for path in (ROOT / "deploy").rglob("*.yml"):
        assert not re.search(r"discord\.com/api/webhooks/\d|password:|bearer_token:", path.read_text(encoding="utf-8"))


def test_alertmanager_silences_only_alerts_that_exist() -> None:
    known = {rule["alert"] for rule in alerts()}
    for rule in loaded(ALERTMANAGER)["inhibit_rules"]:
        for matcher in [*rule["source_matchers"], *rule["target_matchers"]]:
            label, names = re.fullmatch(r'(\w+)=~?"(.*)"', matcher).groups()  # type: ignore[union-attr]
            assert label != "alertname" or set(names.split("|")) <= known, matcher


def base(name: str) -> str:
    """A histogram is documented under its own name."""
    return re.sub(r"_(bucket|sum|count)$", "", name)


def test_rules_and_dashboards_ask_only_for_what_is_told() -> None:
    asked = {name for query in queries() for name in metrics_in(query.expression)}
    asked |= {name for rule in alerts() for name in metrics_in(rule["expr"])}
    ours = {base(name) for name in asked if name.startswith("shifumi_")}
    assert ours <= DOCUMENTED
    assert len(ours) > 40
    assert {name for name in asked if name.startswith("process_")} <= {
        "process_resident_memory_bytes",
        "process_cpu_seconds_total",
        "process_open_fds",
    }


def test_prometheus_understands_every_question_of_the_dashboards(tmp_path: Path) -> None:
    rules = [{"record": f"panel:{number}", "expr": query.expression} for number, query in enumerate(queries())]
    file = tmp_path / "panels.yml"
    file.write_text(yaml.safe_dump({"groups": [{"name": "panels", "rules": rules}]}), encoding="utf-8")
    passes("promtool", "check", "rules", file)


def lost(given: Any, back: Any, where: str = "") -> Iterator[str]:
    """The keys of ``given`` that ``back`` lacks."""
    if isinstance(given, dict):
        for key, value in given.items():
            if isinstance(back, dict) and key in back:
                yield from lost(value, back[key], f"{where}.{key}")
            else:
                yield f"{where}.{key}"
    elif isinstance(given, list):
        for value, other in zip(given, back, strict=True):
            yield from lost(value, other, where)


@pytest.mark.parametrize("path", DASHBOARDS, ids=lambda path: path.stem)
def test_grafana_knows_every_key_of_a_dashboard(path: Path) -> None:
    plugins.register_default_plugins()
    given = document(path)
    back = json.loads(JSONEncoder(sort_keys=True).encode(Dashboard.from_json(given)))
    # The title of an annotation belongs to Prometheus' plugin, whose annotations the schema leaves open.
    assert set(lost(given, back)) <= {".annotations.list.titleFormat"}


@pytest.mark.parametrize("path", DASHBOARDS, ids=lambda path: path.stem)
def test_a_dashboard_can_be_read_at_a_glance(path: Path) -> None:
    board = document(path)
    assert board["uid"] == f"shifumi-{path.stem}"
    assert [one["name"] for one in board["templating"]["list"] if one["type"] == "datasource"] == ["datasource"]
    assert Counter(panel["id"] for panel in board["panels"]).most_common(1)[0][1] == 1
    taken: set[tuple[int, int]] = set()
    for panel in board["panels"]:
        place = panel["gridPos"]
        cells = {(place["x"] + x, place["y"] + y) for x in range(place["w"]) for y in range(place["h"])}
        assert not cells & taken, panel["title"]
        assert max(x for x, _y in cells) < 24, panel["title"]
        taken |= cells
    for panel in panels(path):
        assert len(panel["description"]) > 15, panel["title"]
        assert panel["fieldConfig"]["defaults"]["unit"], panel["title"]
        assert panel["datasource"] == {"type": "prometheus", "uid": "${datasource}"}, panel["title"]
        for target in panel["targets"]:
            assert target["datasource"] == panel["datasource"], panel["title"]


def test_grafana_is_told_where_the_dashboards_are() -> None:
    provisioning = ROOT / "deploy" / "grafana" / "provisioning"
    source = loaded(provisioning / "datasources" / "prometheus.yml")["datasources"][0]
    assert (source["type"], source["url"], source["isDefault"]) == ("prometheus", "http://prometheus:9090", True)
    provider = loaded(provisioning / "dashboards" / "shifumi.yml")["providers"][0]
    assert provider["options"]["path"] == "/etc/grafana/dashboards"
