"""The results file of bench/gpu.sh, from what its stages left in a folder.

It needs nothing but Python, so that it is written whatever failed.
"""

import json
import platform
import sys
import xml.etree.ElementTree as ET
from pathlib import Path

SANITIZERS = ("memcheck", "racecheck", "synccheck")
LAST_LINES = 40


def counts(path):
    """How many tests of a JUnit file passed, failed and were skipped, and why."""
    found = {"passed": 0, "failed": 0, "skipped": 0, "reasons": {}}
    for case in ET.parse(path).iter("testcase"):
        skipped = case.find("skipped")
        if case.find("failure") is not None or case.find("error") is not None:
            found["failed"] += 1
        elif skipped is not None:
            found["skipped"] += 1
            reason = skipped.get("message", "")
            found["reasons"][reason] = found["reasons"].get(reason, 0) + 1
        else:
            found["passed"] += 1
    return found


def medians(path):
    """What the benches of a JUnit file noted, a record for each contestant."""
    return [
        {"bench": case.get("name"), **json.loads(noted.get("value"))}
        for case in ET.parse(path).iter("testcase")
        for noted in case.iter("property")
        if noted.get("name") == "median"
    ]


def stages(work):
    """Each stage with its outcome, its tests, and its last lines where it failed.

    A stage of tests none of which ran has failed too.
    """
    found = {}
    for line in (work / "stages").read_text().splitlines():
        name, status, seconds = line.split("\t")
        own = {"exit_status": int(status), "seconds": int(seconds)}
        junit = work / f"{name}.xml"
        if junit.is_file():
            own["tests"] = counts(junit)
        nothing_ran = not own.get("tests", {"passed": 1})["passed"]
        own["outcome"] = "failed" if own["exit_status"] or nothing_ran else "passed"
        if own["outcome"] == "failed":
            printed = (work / f"{name}.log").read_text(errors="replace").splitlines()
            own["last_lines"] = printed[-LAST_LINES:]
        found[name] = own
    for name in SANITIZERS:
        found.setdefault(name, {"outcome": "not run: compute-sanitizer is missing"})
    return found


def machine(work):
    """The GPUs and their driver, CUDA, the commit, and the host."""
    lines = (work / "machine").read_text().splitlines()
    return {
        **dict(line.split("\t", 1) for line in lines),
        "host": f"{platform.platform()}, Python {platform.python_version()}",
    }


def main(work, path):
    """Write the file; 1 if a stage failed."""
    benches = work / "benches.xml"
    found = {
        "machine": machine(work),
        "stages": stages(work),
        "medians": medians(benches) if benches.is_file() else [],
    }
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_text(json.dumps(found, indent=2) + "\n")
    print()
    for name, own in found["stages"].items():
        print(f"{name}: {own['outcome']}")
    print(f"written: {path}")
    return int(any(own["outcome"] == "failed" for own in found["stages"].values()))


if __name__ == "__main__":
    sys.exit(main(*map(Path, sys.argv[1:])))
