#!/usr/bin/env python3
"""Compares what wardline and WES-NG's wes.py call missing, on the same texts of systeminfo and the same definitions.

    pip install wesng chardet            # or a checkout of github.com/bitsadmin/wesng
    python3 tests/wesng/compare.py --wardline target/dist/wardline --wes wes.py --definitions definitions.zip *.txt

Lists every difference with its reason, then how many have which reason, and how long both took. To compare many texts in little time,
the functions of wes.py are called with definitions that are read once; the times are those of the program, which reads them for each
text. wardline reads them once, and not at all if it has prepared them before.
"""

import argparse
import importlib.util
import json
import re
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
    parser.add_argument("--time", type=int, default=1, metavar="N", help="run wes.py itself on this many texts, and time it [default: 1]")
    parser.add_argument("--cache-dir", metavar="DIR", help="wardline's cache [default: an empty one, to time the first machine]")
    parser.add_argument("texts", nargs="+", type=Path, metavar="TEXT")
    return parser.parse_args()


# The oldest rows name these as the component of a product, Windows.
PRODUCT_ON_WINDOWS = re.compile(r"(?:Windows |Microsoft )?(Internet Explorer \d|\.NET Framework [2-9]|Adobe Flash Player$)")


def product_of(row):
    """Returns what a row is for."""
    component = PRODUCT_ON_WINDOWS.match(row["AffectedComponent"] or "")
    return f"{component[1]} on {row['AffectedProduct']}" if component else row["AffectedProduct"]


class Wes:
    """wes.py as a module: its own functions in its own order, but with the definitions read once."""

    def __init__(self, path, definitions):
        specification = importlib.util.spec_from_file_location("wes", path)
        self.wes = importlib.util.module_from_spec(specification)
        specification.loader.exec_module(self.wes)
        self.rows, _ = self.wes.load_definitions(str(definitions))

    def lists(self, text):
        """Returns the products of each article that wes.py lists. None if it does not recognize the text."""
        try:
            product, _, _, _, _, hotfixes = self.wes.determine_product(text.read_bytes())
        except self.wes.WesException:
            return None
        # It marks the rows that it is given, and looks at those of the product only.
        rows = [dict(row) for row in self.rows if product in row["AffectedProduct"]]
        _, found = self.wes.determine_missing_patches(product, rows, list(set(hotfixes)))
        if "Windows Server" in product:
            found = self.wes.filter_duplicates(found)
        listed = defaultdict(set)
        for row in found:
            listed[f"KB{row['BulletinKB']}" if row["BulletinKB"] else ""].add(product_of(row))
        return listed

    def superseded(self):
        """Returns, for each article, the products in which a row of the definitions supersedes it."""
        found = defaultdict(set)
        for row in self.rows:
            for article in (row["Supersedes"] or "").split(";"):
                found[f"KB{article}"].add(row["AffectedProduct"])
        return found


def seconds_of_wes(options, text):
    """Returns how long wes.py takes for a text, started as its users start it."""
    command = [sys.executable, str(options.wes), str(text), "--definitions", str(options.definitions)]
    start = time.monotonic()
    subprocess.run(command, stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL)
    return time.monotonic() - start


def by_wardline(options, texts):
    """Returns wardline's report on each text, by the text's name, and the seconds that it took without and with its cache."""
    with tempfile.TemporaryDirectory() as folder:
        cache = options.cache_dir or f"{folder}/cache"
        command = [options.wardline, "scan", "--catalog", str(options.definitions), "--cache-dir", cache]
        command += ["--compile-timeout", "600"]

        def scan(of):
            report = Path(folder) / "report.json"
            start = time.monotonic()
            subprocess.run([*command, *map(str, of), "-o", f"json={report}"], check=True)
            return json.loads(report.read_text())["targets"], time.monotonic() - start

        _, first = scan(texts[:1])
        targets, all_of_them = scan(texts)
        return {target["name"]: target for target in targets}, first, all_of_them


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
        return "of a program that no text tells to be installed (.NET Framework, Internet Explorer, Adobe Flash Player)"
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
    targets, first, all_of_them = by_wardline(options, options.texts)
    wes = Wes(options.wes, options.definitions)
    superseded = wes.superseded()
    reasons, agreed = Counter(), 0
    for text in options.texts:
        listed = wes.lists(text)
        target = targets[text.stem]
        judged = {update["kb"]: update for update in target["updates"]}
        missing = {kb for kb, update in judged.items() if update["status"] == "missing"}
        by_wes = set(listed or {})
        agreed += len(missing & by_wes)
        differences = [(kb, "wes.py", only_wes(kb, listed[kb], target, judged.get(kb))) for kb in by_wes - missing]
        differences += [(kb, "wardline", only_wardline(kb, listed, superseded, target)) for kb in missing - by_wes]
        for kb, who, why in sorted(differences):
            print(f"{text.stem}\t{kb or '(no article)'}\tonly {who}\t{why}")
            reasons[who, why.split(";")[0].split(": ")[0]] += 1
    print(f"\n{len(options.texts)} texts, {agreed} updates missing by both")
    for (who, why), count in reasons.most_common():
        print(f"{count:6} only {who}: {why}")
    each = all_of_them / len(options.texts) * 1000
    print(f"wardline: the first machine {first:.2f} s; all of them then {all_of_them:.2f} s, {each:.1f} ms each")
    for text in options.texts[: options.time]:
        print(f"wes.py: {text.stem} {seconds_of_wes(options, text):.2f} s")


if __name__ == "__main__":
    main()
