"""bench/gpu.sh: what it asks of a machine, and the results file of its stages."""

import json
import os
import shutil
import subprocess
from pathlib import Path

import pytest

SCRIPT = Path(__file__).resolve().parents[2] / "bench" / "gpu.sh"
BASH = shutil.which("bash")
SANITIZERS = ["memcheck", "racecheck", "synccheck"]
STAGES = ["environment", "build", "tests", *SANITIZERS, "benches"]

pytestmark = pytest.mark.skipif(BASH is None, reason="bash is missing")

# Stands in for the Python of an environment: pytest finds three tests.
PYTHON = """#!/bin/sh
for argument in "$@"; do
  case $argument in --junitxml=*) cp "$FOUND" "${argument#*=}" ;; esac
done
case "$2" in pip) echo "building"; exit "$PIP_STATUS" ;; esac
"""
NOTED = {"who": "rfcore", "seconds": 0.25}
FOUND = f"""<testsuites><testsuite>
<testcase name="bench_a"><properties>
<property name="median" value='{json.dumps(NOTED)}'/></properties></testcase>
<testcase name="b"><skipped message="no second device"/></testcase>
<testcase name="c"/>
</testsuite></testsuites>"""


@pytest.fixture
def run(tmp_path):
    """Runs the script where some tools are, with a Python that only pretends."""

    def script(tools, *, found=FOUND, pip_status=0, others=None):
        folder = tmp_path / "bin"
        (tmp_path / "environment" / "bin").mkdir(parents=True)
        folder.mkdir()
        for name, text in tools.items():
            write_tool(folder / name, f"#!{BASH}\n{text}\n")
        write_tool(tmp_path / "environment" / "bin" / "python", PYTHON)
        (tmp_path / "found.xml").write_text(found)
        done = subprocess.run(
            [BASH, str(SCRIPT), "results.json"],
            env={
                "PATH": os.pathsep.join([str(folder), *(others or [])]),
                "RFCORE_GPU_VENV": str(tmp_path / "environment"),
                "FOUND": str(tmp_path / "found.xml"),
                "PIP_STATUS": str(pip_status),
            },
            cwd=tmp_path,
            capture_output=True,
            text=True,
        )
        path = tmp_path / "results.json"
        return done, json.loads(path.read_text()) if path.exists() else None

    return script


def write_tool(path, text):
    path.write_text(text)
    path.chmod(0o755)


MACHINE = {
    "nvidia-smi": 'echo "Some GPU, 580.1"',
    "nvcc": 'echo "Cuda compilation tools, release 13.0, V13.0.1"',
    "compute-sanitizer": 'until [ -x "$1" ]; do shift; done; exec "$@"',
}
HOST = os.environ["PATH"].split(os.pathsep)


@pytest.mark.parametrize(
    ("tools", "message"),
    [
        ({}, "nvidia-smi is missing: this needs an NVIDIA GPU and its driver"),
        (
            {"nvidia-smi": "exit 0"},
            "nvcc is missing: install the CUDA toolkit, or put its bin folder on PATH",
        ),
        (
            {"nvidia-smi": "exit 0", "nvcc": "exit 0"},
            "python3 is missing",
        ),
        (
            {"nvidia-smi": "echo no driver; exit 9", "nvcc": "", "python3": ""},
            "nvidia-smi finds no GPU: no driver",
        ),
    ],
)
def test_error_what_the_machine_lacks(run, tools, message):
    done, results = run(tools)
    assert (done.returncode, results) == (2, None)
    assert done.stderr == f"bench/gpu.sh: {message}\n"
    assert done.stdout == ""


def test_results_of_stages_that_pass(run):
    done, results = run(MACHINE, others=HOST)
    assert done.returncode == 0, done.stderr
    assert list(results["stages"]) == STAGES
    assert {own["outcome"] for own in results["stages"].values()} == {"passed"}
    for name in STAGES[2:]:
        assert results["stages"][name]["tests"] == {
            "passed": 2,
            "failed": 0,
            "skipped": 1,
            "reasons": {"no second device": 1},
        }
    assert results["medians"] == [{"bench": "bench_a", **NOTED}]
    assert results["machine"]["gpus"] == "Some GPU, 580.1"
    assert results["machine"]["cuda"] == "release 13.0, V13.0.1"


def test_a_stage_that_fails_is_recorded_and_the_others_run(run):
    done, results = run(MACHINE, others=HOST, pip_status=3)
    assert done.returncode == 1
    stages = results["stages"]
    assert list(stages) == STAGES
    assert stages["build"]["exit_status"] == 3
    assert stages["build"]["last_lines"] == ["building"]
    failed = {name for name, own in stages.items() if own["outcome"] == "failed"}
    assert failed == {"build"}


def test_tests_that_are_all_skipped_have_failed(run):
    found = "<testsuite><testcase name='a'><skipped message='no cupy'/></testcase>"
    done, results = run(MACHINE, others=HOST, found=found + "</testsuite>")
    assert done.returncode == 1
    assert results["stages"]["tests"]["outcome"] == "failed"
    assert results["stages"]["tests"]["tests"]["reasons"] == {"no cupy": 1}
    assert results["medians"] == []


def test_a_test_that_fails_is_counted(run):
    found = "<testsuite><testcase name='a'><failure/></testcase>"
    found += "<testcase name='b'><error/></testcase><testcase name='c'/></testsuite>"
    _, results = run(MACHINE, others=HOST, found=found)
    counted = results["stages"]["tests"]["tests"]
    assert (counted["passed"], counted["failed"]) == (1, 2)
