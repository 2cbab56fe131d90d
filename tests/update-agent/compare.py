#!/usr/bin/env python3
"""Compares wardline's verdicts with the lists of the Windows Update Agent in scans by vuls.

    python3 tests/update-agent/compare.py --wardline target/dist/wardline --catalog msrc/ *.json

Of each machine, wardline is given the product, the build and the articles that the agent calls applied. Every update of Windows that the
catalog has for the machine is compared: what the agent calls applied has to be in place here, and what it calls unapplied has to be
missing, or contained in an update that is. Lists every difference with its reason, then how many have which reason.
"""

import argparse
import json
import subprocess
import sys
import tempfile
from collections import Counter
from pathlib import Path

IN_PLACE = {"installed", "included"}


def arguments():
    parser = argparse.ArgumentParser(description=__doc__.split("\n")[0])
    parser.add_argument("--wardline", default="wardline", help="the program [default: wardline]")
    parser.add_argument("--catalog", required=True, metavar="PATH")
    parser.add_argument("scans", nargs="+", type=Path, metavar="SCAN")
    return parser.parse_args()


def text_of(scan):
    """Returns what vuls knows of a machine, as a list that wardline reads."""
    product = scan["release"].split(" for ")[0]
    applied = [f"KB{article}" for article in scan["windowsKB"].get("applied") or []]
    return "\n".join([product, "x64", scan["runningKernel"]["version"], *applied, ""])


def reports(options, folder):
    for path in options.scans:
        (folder / f"{path.stem}.txt").write_text(text_of(json.loads(path.read_text())))
    report = folder / "report.json"
    command = [options.wardline, "scan", *(folder / f"{path.stem}.txt" for path in options.scans), "--catalog", options.catalog]
    subprocess.run([*command, "--only", "os", "--no-history", "-o", f"json={report}"], check=False, stderr=subprocess.DEVNULL)
    return {target["name"]: target for target in json.loads(report.read_text())["targets"]}


def reason(update, agent, missing):
    """Returns why the two differ; None if they agree."""
    status, by = update["status"], update["superseded_by"]
    in_place = status in IN_PLACE or status == "superseded" and by not in missing
    lacking = status == "missing" or status == "superseded" and by in missing
    if status in {"unable-to-scan", "note"}:
        return "undecided here, with the reason" if agent else None
    if agent == "applied":
        return None if in_place else "applied, but the running build is lower: a restart is pending" if status == "pending-restart" else "applied, missing here"
    if agent == "unapplied":
        return None if lacking else "contained in an update that waits for a restart" if status == "pending-restart" else "unapplied, in place here"
    return "in neither list, missing here: newer than the scan, or not offered" if status == "missing" else None


def main():
    options = arguments()
    with tempfile.TemporaryDirectory() as folder:
        targets = reports(options, Path(folder))
    reasons, agreed = Counter(), 0
    for path in options.scans:
        lists = json.loads(path.read_text())["windowsKB"]
        agent = {f"KB{article}": word for word in ("unapplied", "applied") for article in lists.get(word) or []}
        target = targets[path.stem]
        missing = {update["bulletin"] for update in target["updates"] if update["status"] == "missing"}
        for update in target["updates"]:
            word = agent.get(update["kb"])
            why = reason(update, word, missing)
            if why:
                reasons[why] += 1
                print(f"{path.stem}: {update['kb']} ({update['title']}), {word or 'in neither list'}: {update['status']}: {update['reason']}")
            elif word:
                agreed += 1
    print(f"\n{len(options.scans)} machines: both agree on {agreed} updates")
    for why, count in reasons.most_common():
        print(f"{count:6}  {why}")


if __name__ == "__main__":
    sys.exit(main())
