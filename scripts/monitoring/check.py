"""Asks a Prometheus that reads a node: every query of the dashboard, and every alert.

    python3 check.py URL DASHBOARD
"""

import json
import sys
import time
import urllib.parse
import urllib.request

PATIENCE = 180
URL, DASHBOARD = sys.argv[1:]


def ask(path, **parameters):
    """What Prometheus says, or None while it does not answer."""
    query = urllib.parse.urlencode(parameters)
    try:
        with urllib.request.urlopen(f"{URL}/api/v1/{path}?{query}", timeout=10) as response:
            answer = json.load(response)
    except urllib.error.HTTPError as error:
        sys.exit(f"{parameters}: {error.read().decode()}")
    except OSError:
        return None
    return answer["data"]


def value(query):
    """The series of an instant query."""
    data = ask("query", query=query)
    return data["result"] if data else []


def wait_for(what, look):
    """Waits until something is so."""
    until = time.monotonic() + PATIENCE
    while not look():
        if time.monotonic() > until:
            sys.exit(f"timed out: {what}")
        time.sleep(1)


def queries():
    """Queries of the dashboard, as Grafana would fill them in."""
    with open(DASHBOARD, encoding="utf-8") as file:
        panels = json.load(file)["panels"]
    for panel in panels:
        for target in panel.get("targets", []):
            query = target["expr"].replace("$__rate_interval", "1m").replace("$instance", ".*")
            yield panel["title"], query


def rules():
    """Alerts, as Prometheus has them."""
    data = ask("rules", type="alert")
    return [rule for group in data["groups"] for rule in group["rules"]] if data else []


wait_for("the engine is ready", lambda: value("opg_engine_ready == 1"))
wait_for("a block is final", lambda: value("opg_reservable_opg > 0"))

# Rates need two samples.
left = list(queries())
count = len(left)
until = time.monotonic() + PATIENCE
while left := [(title, query) for title, query in left if not value(query)]:
    if time.monotonic() > until:
        sys.exit("queries without an answer:\n" + "\n".join(f"{title}: {query}" for title, query in left))
    time.sleep(2)

wait_for("alerts are evaluated", lambda: rules() and all(rule["health"] != "unknown" for rule in rules()))
broken = [f"{rule['name']}: {rule.get('lastError')}" for rule in rules() if rule["health"] != "ok"]
firing = [rule["name"] for rule in rules() if rule["state"] == "firing"]
if broken or firing:
    sys.exit(f"alerts: broken {broken}, firing {firing}")
print(f"{count} queries have answers, {len(rules())} alerts are evaluated and none fires")
