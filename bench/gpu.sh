#!/usr/bin/env bash
# Builds, tests and benches rfcore on a machine with an NVIDIA GPU, and writes one file.
#
#   bench/gpu.sh [RESULTS.json]
#
# RESULTS.json is bench/results/gpu-<time>.json where none is named. RFCORE_GPU_VENV
# names a virtual environment to use as it is, without a package index: bench/README.md
# says what it should hold. One that is not there is made there and kept.
# PYTHON is the interpreter that makes it (python3).
#
# A stage that fails is recorded, the later ones run all the same, and the exit status
# is 1. It is 2 where this machine lacks what is needed; no file is written then.
set -euo pipefail

die() {
  printf 'bench/gpu.sh: %s\n' "$1" >&2
  exit 2
}

[ $# -le 1 ] || die "one argument at most: the file for the results"
command -v nvidia-smi > /dev/null \
  || die "nvidia-smi is missing: this needs an NVIDIA GPU and its driver"
command -v nvcc > /dev/null \
  || die "nvcc is missing: install the CUDA toolkit, or put its bin folder on PATH"
host_python=${PYTHON:-python3}
command -v "$host_python" > /dev/null || die "$host_python is missing"
gpus=$(nvidia-smi --query-gpu=name,driver_version --format=csv,noheader) \
  || die "nvidia-smi finds no GPU: $gpus"

work=$(mktemp -d)
trap 'rm -rf "$work"' EXIT
export PIP_DISABLE_PIP_VERSION_CHECK=1

# Paths are relative to where the script was called.
absolute() { case $1 in /*) echo "$1" ;; *) echo "$PWD/$1" ;; esac; }
environment=$(absolute "${RFCORE_GPU_VENV:-$work/environment}")
here=$(dirname "${BASH_SOURCE[0]}")
results=$(absolute "${1:-$here/results/gpu-$(date -u +%Y%m%dT%H%M%SZ).json}")
cd "$here/.."
python=$environment/bin/python
is_given=0
[ ! -x "$python" ] || is_given=1

# Runs a stage, and notes its exit status, its seconds and what it printed.
stage() {
  local name=$1 start=$SECONDS status=0
  shift
  printf '\n== %s (%d s)\n' "$name" "$SECONDS"
  "$@" 2>&1 | tee "$work/$name.log" || status=$?
  printf '%s\t%d\t%d\n' "$name" "$status" "$((SECONDS - start))" >> "$work/stages"
}

make_environment() {
  [ "$is_given" = 1 ] || "$host_python" -m venv "$environment"
}

# In an environment that was given its packages are all there is.
build() {
  local wanted=(-c constraints.txt ".[deep,gpu]" pytest)
  [ "$is_given" = 0 ] || wanted=(--no-build-isolation --no-deps --force-reinstall .)
  "$python" -m pip install "${wanted[@]}" \
    -Cbuild-dir="$work/build" -Ccmake.define.RFCORE_CUDA=ON
}

# Runs pytest, under a tool where one is named, and notes what it found in a JUnit file.
under=()
check() {
  local name=$1
  shift
  "${under[@]}" "$python" -m pytest -q -m gpu -p no:cacheprovider \
    --junitxml="$work/$name.xml" "$@"
}

{
  printf 'gpus\t%s\n' "${gpus//$'\n'/; }"
  printf 'cuda\t%s\n' "$(nvcc --version | grep -o 'release.*' || true)"
  printf 'commit\t%s\n' "$(git rev-parse HEAD 2> /dev/null || echo unknown)"
  printf 'changed_files\t%s\n' "$(git status --porcelain 2> /dev/null | wc -l)"
} > "$work/machine"

stage environment make_environment
stage build build
stage tests check tests tests/gpu
if command -v compute-sanitizer > /dev/null; then
  for tool in memcheck racecheck synccheck; do
    # Tests ask for more memory than there is: calls may fail, kernels may not. The
    # imports take longer than the tool waits by itself.
    under=(compute-sanitizer --tool "$tool" --report-api-errors no
      --launch-timeout 0 --error-exitcode 99)
    # The kernels of the training are torch's.
    stage "$tool" check "$tool" tests/gpu --ignore=tests/gpu/test_consensus.py
  done
  under=()
fi
# The benches are named so that no other run of pytest collects them.
stage benches check benches bench/gpu -o "python_functions=bench_*"

"$host_python" bench/gpu/results.py "$work" "$results"
