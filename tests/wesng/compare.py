#!/usr/bin/env python3
"""Compares what wardline and WES-NG's wes.py call missing, on the same texts of systeminfo and the same definitions.

    pip install wesng chardet            # or a checkout of github.com/bitsadmin/wesng
    python3 tests/wesng/compare.py --wardline target/dist/wardline --wes wes.py --definitions definitions.zip *.txt

Lists every difference with its reason, then how many have which reason, and how long both took. wes.py reads its definitions for
each text; wardline reads them once, and not at all if it has prepared them before.
"""

import argparse
import csv
import json
import subprocess
import sys
import tempfile
import time
from collections import Counter, defaultdict
from pathlib import Path


def arguments():
    parser = argparse.ArgumentParser(description=__doc__.split("\n")[0])
    parser.add_argument("--wardline", default="wardline", help="the program [default: wardline]")
    parser.add_argument("--wes", required=True, type=Path, metavar="WES.PY")
    parser.add_argument("--definitions", required=True, type=Path, metavar="ZIP")
    parser.add_argument("--lists", type=Path, metavar="DIR", help="keep the lists of wes.py here, and reuse those that are here")
    parser.add_argument("texts", nargs="+", type=Path, metavar="TEXT")
    return parser.parse_args()


def by_wes(options, text, folder):
    """Returns what wes.py lists: products by article. None if it does not recognize the text."""
    listed = folder / f"{text.stem}.csv"
    output = folder / f"{text.stem}.out"
    if not output.exists():
        command = [sys.executable, str(options.wes), str(text), "--definitions", str(options.definitions), "-o", str(listed)]
        run = subprocess.run(command, capture_output=True, text=True)
        output.write_text(run.stdout + run.stderr)
    if not listed.exists():
        return {} if "No vulnerabilities found" in output.read_text() else None
    found = defaultdict(set)
    with listed.open(newline="") as rows:
        for row in csv.DictReader(rows):
            found[f"KB{row['BulletinKB']}" if row["BulletinKB"] else ""].add(row["AffectedProduct"])
    return found


def by_wardline(options, texts):
    """Returns wardline's report on each text, by the text's name, and the seconds that it took without and with its cache."""
    with tempfile.TemporaryDirectory() as folder:
        command = [options.wardline, "scan", "--catalog", str(options.definitions), "--cache-dir", f"{folder}/cache"]

        def scan(of):
            report = Path(folder) / "report.json"
            start = time.monotonic()
            subprocess.run([*command, *map(str, of), "-o", f"json={report}"], check=True)
            return json.loads(report.read_text())["targets"], time.monotonic() - start

        _, first = scan(texts[:1])
        targets, all_of_them = scan(texts)
        return {target["name"]: target for target in targets}, first, all_of_them


def superseded_in(definitions):
    """Returns, for each article, the products in which a row of the definitions supersedes it."""
    import io
    import zipfile

    found = defaultdict(set)
    with zipfile.ZipFile(definitions) as archive:
        for name in archive.namelist():
            if name.startswith(("CVEs", "Custom")):
                rows = io.TextIOWrapper(archive.open(name), errors="replace", newline="")
                for row in csv.DictReader(rows):
                    for article in (row["Supersedes"] or "").split(";"):
                        found[f"KB{article}"].add(row["AffectedProduct"])
    return found


def only_wes(article, products, target, ours):
    """Why wes.py lists an article and wardline does not."""
    if not article:
        return "the row names no article: nothing could be installed"
    if ours:
        status = ours["status"]
        if status in ("unable-to-scan", "note"):
            return f"undecided here: {ours['reason']}"
        if status == "superseded":
            return "a missing update contains it" if "missing" in ours["reason"] else "an installed update contains it"
        return {"installed": "in place", "pending-restart": "waits for a restart"}.get(status, status)
    if all(not product.startswith(("Windows", "Microsoft Windows")) for product in products):
        return "of a program that no text tells to be installed (.NET Framework, Internet Explorer, …)"
    names = ", ".join(product["name"] for product in target["products"]) or "no product"
    return f"of another product: {' or '.join(sorted(products)[:2])}; the machine has {names}"


def only_wardline(article, listed, superseded, target):
    """Why wardline calls an article missing and wes.py does not."""
    if listed is None:
        return "wes.py does not recognize the text"
    if article in superseded:
        own = {product["name"] for product in target["products"]}
        of_this = "this product" if superseded[article] & own else "another product"
        return f"wes.py drops what any row supersedes, here one of {of_this}"
    return "wes.py takes the machine for another product"


def main():
    options = arguments()
    superseded = superseded_in(options.definitions)
    targets, first, all_of_them = by_wardline(options, options.texts)
    reasons, agreed, wes_seconds, timed = Counter(), 0, 0.0, 0
    with tempfile.TemporaryDirectory() as temporary:
        folder = options.lists or Path(temporary)
        folder.mkdir(parents=True, exist_ok=True)
        for text in options.texts:
            is_kept = (folder / f"{text.stem}.out").exists()
            start = time.monotonic()
            listed = by_wes(options, text, folder)
            if not is_kept:
                wes_seconds, timed = wes_seconds + time.monotonic() - start, timed + 1
            target = targets[text.stem]
            judged = {update["kb"]: update for update in target["updates"]}
            missing = {kb for kb, update in judged.items() if update["status"] == "missing"}
            agreed += len(missing & set(listed or {}))
            differences = [(kb, "wes.py", only_wes(kb, listed[kb], target, judged.get(kb))) for kb in set(listed or {}) - missing]
            differences += [(kb, "wardline", only_wardline(kb, listed, superseded, target)) for kb in missing - set(listed or {})]
            for kb, who, why in sorted(differences):
                print(f"{text.stem}\t{kb or '(no article)'}\tonly {who}\t{why}")
                reasons[who, why.split(";")[0].split(": ")[0]] += 1
    print(f"\n{len(options.texts)} texts, {agreed} updates missing by both")
    for (who, why), count in reasons.most_common():
        print(f"{count:6} only {who}: {why}")
    per_machine = (all_of_them / len(options.texts)) * 1000
    print(f"wardline: the first machine with an empty cache {first:.2f} s; then {all_of_them:.2f} s, {per_machine:.1f} ms each")
    if timed:
        print(f"wes.py: {wes_seconds:.1f} s for {timed} texts, {wes_seconds / timed:.2f} s each")


if __name__ == "__main__":
    main()
