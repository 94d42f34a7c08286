"""Tests of the evaluation of folders of summaries."""

import pickle
import sys

import numpy as np
import pytest

from rfcore.datasets import load
from rfcore.metrics import sum_bal, summary_f1
from rfcore.video import evaluate_summaries
from rfcore.video.files import read_summaries

PRESENCE = {
    "a": {"sex": [[1, 0], [1, 0], [0, 1], [0, 0]], "person": [[1], [0], [0], [0]]},
    "b": {"sex": [[1, 1], [1, 0], [1, 0], [1, 0]], "person": [[1], [1], [0], [0]]},
}
SPLITS = [{"a": [1, 0, 1, 0], "b": [1, 1, 0, 0]}, {"a": [0, 1, 1, 1]}]


def write(folder, kind):
    """The summaries of SPLITS in one of the layouts."""
    named = {f"split{s}/{v}": np.array(x) for s, part in enumerate(SPLITS)
             for v, x in part.items()}  # fmt: skip
    folder.mkdir()
    if kind == "npz":
        np.savez(folder / "all.npz", **named)
    elif kind == "h5":
        h5py = pytest.importorskip("h5py")
        with h5py.File(folder / "all.h5", "w") as file:
            for name, summary in named.items():
                file[name] = summary
    else:
        for name, summary in named.items():
            path = folder / f"{name}.{kind}"
            path.parent.mkdir(exist_ok=True)
            if kind == "npy":
                np.save(path, summary)
            else:
                path.write_text("selected\n" + "\n".join(map(str, summary)) + "\n")
    return folder


@pytest.mark.parametrize("kind", ["npz", "npy", "csv", "h5"])
def test_a_folder_is_its_splits(tmp_path, kind):
    found = evaluate_summaries(write(tmp_path / "s", kind), PRESENCE)
    assert found.scores == evaluate_summaries(SPLITS, PRESENCE).scores


def test_by_hand():
    users = {"a": [[1, 0, 0, 0]], "b": [[1, 1, 0, 0]]}
    found = evaluate_summaries(SPLITS, PRESENCE, user_summaries=users)
    assert found.splits == [0, 1] and found.attributes == ["sex", "person"]
    # a: 1/2 and 1/4 of four frames, 1/2 and 1/2 of the two; b: 1 and 1/4, 1 and 1/2.
    assert found.average("sex", 0) == pytest.approx((0.5 + 0.5) / 2)
    # Split 1: 1/2 and 1/4 against 1/3 and 1/3.
    assert found.average("sex", 1) == pytest.approx(2 / 3)
    assert found.average("sex") == pytest.approx((0.5 + 2 / 3) / 2)
    least = found.minimum("sex")
    assert (least.video, least.split, least.violating) == ("a", 0, "1")
    assert found.minimum("person").sum_bal == 0.0
    assert found.f1[1, "a"] == summary_f1(SPLITS[1]["a"], users["a"])
    assert found.f1_average(0) == pytest.approx((2 / 3 + 1) / 2)
    assert evaluate_summaries(SPLITS, PRESENCE).f1_average() is None


def test_minima_that_the_thesis_prints():
    # Split 1 holds the least value, split 0 has the lowest average.
    presence = {v: [[1, 0], [1, 0], [0, 1], [0, 1]] for v in "abcd"}
    splits = [
        {"a": [1, 1, 1, 0], "b": [1, 1, 1, 0]},
        {"a": [1, 1, 0, 0], "b": [1, 0, 1, 0], "c": [0, 1, 0, 1], "d": [1, 0, 0, 1]},
    ]
    found = evaluate_summaries(splits, presence)
    assert found.minimum("").sum_bal == 0.0
    assert found.average("", 0) < found.average("", 1)
    assert found.thesis_minimum("").sum_bal == pytest.approx(2 / 3)


def test_lengths_that_differ_by_a_frame():
    presence = {"v": [[1], [0], [1], [0]]}
    short = evaluate_summaries({"v": [1, 1, 0]}, presence).minimum("")
    assert short.sum_bal == sum_bal([1, 1, 0, 0], presence["v"])
    long = evaluate_summaries({"v": [1, 1, 0, 0, 1]}, presence).minimum("")
    assert (long.sum_bal, long.n_selected) == (short.sum_bal, 2)


@pytest.mark.parametrize(
    ("summaries", "message"),
    [
        ({"a": [1, 0]}, r"summary of a has 2 frames, its presence 4: more than one"),
        ({"a": [0, 0, 0, 0]}, "the summary of a selects no frame"),
        ({"a": [0, 0, 0, 0, 1]}, "the summary of a selects no frame of its presence"),
        ({"a": [2, 0, 0, 0]}, "the summary of a should be a vector of 0 and 1"),
        ({"a": [[1, 0, 0, 0]]}, "the summary of a should be a vector of 0 and 1"),
        ({"c": [1, 0, 0, 0]}, "presence has no video 'c'"),
        ({}, "there are no summaries"),
    ],
)
def test_errors(summaries, message):
    with pytest.raises(ValueError, match=message):
        evaluate_summaries(summaries, PRESENCE)


def test_error_of_an_unknown_attribute():
    with pytest.raises(ValueError, match=r"attribute='age'.*\['sex', 'person'\]"):
        evaluate_summaries(SPLITS, PRESENCE).average("age", 0)


class _Trap:
    def __reduce__(self):
        return (pytest.fail, ("a pickle was loaded",))


@pytest.mark.parametrize("name", ["a.pkl", "split0/a.pickle", "a.pt", "a.npy"])
def test_pickles_are_never_loaded(tmp_path, name):
    path = tmp_path / name
    path.parent.mkdir(exist_ok=True)
    if name.endswith(".npy"):
        np.save(path, np.array([_Trap()]), allow_pickle=True)
    else:
        path.write_bytes(pickle.dumps(_Trap()))
    with pytest.raises(ValueError, match=r"never loads.*numpy\.save"):
        evaluate_summaries(tmp_path, PRESENCE)


def test_folders_that_hold_no_summaries(tmp_path):
    with pytest.raises(FileNotFoundError, match="nowhere is no folder of summaries"):
        evaluate_summaries(tmp_path / "nowhere", PRESENCE)
    (tmp_path / "notes.txt").write_text("x")
    with pytest.raises(ValueError, match=r"has no \.npy, \.npz"):
        evaluate_summaries(tmp_path, PRESENCE)
    (tmp_path / "a.csv").write_text("selected\nyes\n")
    with pytest.raises(ValueError, match=r"a\.csv cannot be read"):
        evaluate_summaries(tmp_path, PRESENCE)


def test_two_files_of_one_summary(tmp_path):
    np.save(tmp_path / "a.npy", [1, 0, 0, 0])
    (tmp_path / "a.csv").write_text("1\n0\n0\n0\n")
    with pytest.raises(ValueError, match="two summaries of a in split 0"):
        evaluate_summaries(tmp_path, PRESENCE)


def test_h5_needs_h5py(tmp_path, monkeypatch):
    (tmp_path / "a.h5").write_bytes(b"")
    monkeypatch.setitem(sys.modules, "h5py", None)
    with pytest.raises(ImportError, match=r'pip install "rfcore\[video\]"'):
        evaluate_summaries(tmp_path, PRESENCE)


@pytest.mark.data
@pytest.mark.paper
def test_the_published_human_summaries():
    data = load("fairvidsum", download=False)
    presence = {name: v.presence for name, v in data.extras["videos"].items()}
    found = evaluate_summaries(data.extras["summaries"]["human"], presence)
    averages = [found.average(a) for a in ("sex", "ethnicity", "individual")]
    assert averages == pytest.approx([0.4605, 0.5503, 0.2773], abs=5.1e-5)


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("\ufeff1\n0\n1\n0\n", [1, 0, 1, 0]),
        ("\ufeffselected\n1\n0\n1\n0\n", [1, 0, 1, 0]),
        ("+1\n0\n1\n0\n", [1, 0, 1, 0]),
        ("01\n0\n1\n0\n", [1, 0, 1, 0]),
        ("1.0\n0.0\n1.0\n0.0\n", [1, 0, 1, 0]),
        ("True\nFalse\ntrue\nFALSE\n", [1, 0, 1, 0]),
        ("used\r\n1\r\n0\r\n1\r\n0\r\n", [1, 0, 1, 0]),
    ],
)
def test_summaries_as_people_write_them(tmp_path, text, expected):
    (tmp_path / "a.csv").write_text(text, encoding="utf-8", newline="")
    ((summary,),) = [split.values() for split in read_summaries(tmp_path)]
    assert (summary.tolist(), summary.dtype) == (expected, np.int64)


def test_a_summary_of_savetxt(tmp_path):
    np.savetxt(tmp_path / "a.csv", [1, 0, 0, 1])
    ((summary,),) = [split.values() for split in read_summaries(tmp_path)]
    assert summary.tolist() == [1, 0, 0, 1]
