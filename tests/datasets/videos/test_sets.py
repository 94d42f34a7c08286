"""Tests of the annotated videos: official formats by hand, published content."""

import os
import pickle
import subprocess
import sys

import numpy as np
import pytest
from scipy.io import savemat

from rfcore.datasets import load
from rfcore.datasets.files import content_digest, read_arrays, write_arrays
from rfcore.datasets.videos.conversion import (
    convert_labels,
    convert_summaries,
    convert_summe,
    convert_summe_list,
    convert_tvsum,
    convert_tvsum_list,
    read_pickled_arrays,
)
from rfcore.datasets.videos.sets import LABELS, SUMMARIES, SUMME, TVSUM


def test_labels_by_hand(tmp_path):
    np.save(tmp_path / "sex-video_1.npy", np.array([[1.0, 0.0], [1.0, 1.0]]))
    np.save(tmp_path / "ind-video_12.npy", np.array([[0.0], [1.0]]))
    arrays = convert_labels(tmp_path / "sex-video_1.npy", tmp_path / "ind-video_12.npy")
    assert list(arrays) == ["sex/video_1", "ind/video_12"]
    assert arrays["sex/video_1"].dtype == bool
    assert arrays["sex/video_1"].tolist() == [[True, False], [True, True]]


def test_labels_are_zeros_and_ones(tmp_path):
    path = tmp_path / "sex-video_1.npy"
    np.save(path, np.array([[0.5]]))
    with pytest.raises(ValueError, match=r"sex-video_1\.npy should hold 0 and 1 only"):
        convert_labels(path)


def test_addresses():
    urls = {r.filename: r.urls[0] for r in (*LABELS.remotes, *SUMMARIES.remotes)}
    assert len(urls) == 102 + 65
    assert urls["eth-video_3.npy"].endswith("/fair_npy_data/eth/video_3.npy")
    end = "/models/vasnet/VASNet/data/summaries/split4/summaries.pkl"
    assert urls["vasnet-split4.pkl"].endswith(end)
    assert "Base%20jumping.mat" in SUMME.remotes[1].urls[0]
    assert SUMME.remotes[1].filename == "Base jumping.mat"
    assert TVSUM.remotes[0].filename == "ydata-tvsum50.mat"


@pytest.mark.parametrize("protocol", [2, 4])
def test_summaries_by_hand(tmp_path, protocol):
    path = tmp_path / "sum-gan-sl-split1.pkl"
    summaries = [np.array([0.0, 1.0]), np.array([1, 1, 0], dtype=np.int8)]
    path.write_bytes(pickle.dumps(summaries, protocol))
    tested = [["video_9"], ["video_2", "video_8"]]
    arrays = convert_summaries(tested, path)
    assert {k: v.tolist() for k, v in arrays.items()} == {
        "sum-gan-sl/split1/video_2": [False, True],
        "sum-gan-sl/split1/video_8": [True, True, False],
    }
    with pytest.raises(ValueError, match="zip"):
        convert_summaries([[], ["video_2"]], path)


class _Evil:
    def __reduce__(self):
        return os.system, ("echo never",)


@pytest.mark.parametrize(
    ("content", "message"),
    [
        ([_Evil()], r"should not name (posix|nt)\.system"),
        ([np.array([print])], r"should not name builtins\.print"),
        ({"a": 1}, r"holds a dict, no list"),
        ([np.array(["word"])], r"should hold numbers only"),
        ([np.array([None])], r"should hold numbers only"),
    ],
)
def test_other_pickles_are_refused(tmp_path, content, message):
    path = tmp_path / "x.pkl"
    path.write_bytes(pickle.dumps(content))
    with pytest.raises(ValueError, match=message):
        read_pickled_arrays(path)


def test_damaged_pickle(tmp_path):
    path = tmp_path / "x.pkl"
    path.write_bytes(b"no pickle")
    with pytest.raises(ValueError, match=r"x\.pkl is no list of arrays"):
        read_pickled_arrays(path)


@pytest.fixture
def tvsum_mat(tmp_path):
    """Two videos as MATLAB 7.3 writes a struct array: references to columns."""
    h5py = pytest.importorskip("h5py")
    path = tmp_path / "ydata-tvsum50.mat"
    with h5py.File(path, "w") as file:
        columns = {}
        for i, words in enumerate((("ab", "VT", "Tyre \u00c5"), ("cd", "PK", "Park"))):
            for name, word in zip(("video", "category", "title"), words, strict=True):
                units = np.frombuffer(word.encode("utf-16-le"), "<u2")
                columns.setdefault(name, []).append(units[:, None])
            scores = np.array([[1.0, 5.0, 2.0], [3.0, 4.0, 2.0]]) + i
            columns.setdefault("user_anno", []).append(scores)
            columns.setdefault("gt_score", []).append(scores.mean(axis=0)[None])
            columns.setdefault("nframes", []).append([[3.0]])
            columns.setdefault("length", []).append([[1.5 + i]])
        for name, values in columns.items():
            refs = [
                file.create_dataset(f"#refs#/{name}{i}", data=value).ref
                for i, value in enumerate(values)
            ]
            file.create_dataset(
                f"tvsum50/{name}", data=np.array(refs)[:, None], dtype=h5py.ref_dtype
            )
    return path


def test_tvsum_by_hand(tvsum_mat):
    arrays = convert_tvsum(tvsum_mat)
    assert list(arrays) == [f"{v}/{a}" for v in ("ab", "cd")
                            for a in ("user_anno", "gt_score")]  # fmt: skip
    assert arrays["ab/user_anno"].tolist() == [[1, 5, 2], [3, 4, 2]]
    assert arrays["ab/user_anno"].dtype == np.uint8
    assert arrays["cd/gt_score"].tolist() == [3, 5.5, 3]
    assert arrays["cd/gt_score"].dtype == np.float32
    table = convert_tvsum_list(tvsum_mat)
    assert {k: v.tolist() for k, v in table.items()} == {
        "video_id": ["ab", "cd"],
        "category": ["VT", "PK"],
        "title": ["Tyre \u00c5", "Park"],
        "n_frames": [3, 3],
        "length_s": [1.5, 2.5],
        "n_users": [2, 2],
    }


def test_tvsum_needs_h5py(tvsum_mat, monkeypatch):
    monkeypatch.setitem(sys.modules, "h5py", None)
    with pytest.raises(ImportError, match=r'pip install "rfcore\[video\]"'):
        convert_tvsum(tvsum_mat)


def test_summe_by_hand(tmp_path):
    path = tmp_path / "Base jumping.mat"
    score = np.array([[0, 2, 1], [0, 0, 3]])
    savemat(
        path,
        {
            "user_score": score.astype(float),
            "gt_score": (score > 0).mean(axis=1)[:, None],
            "FPS": 29.97,
            "video_duration": 158.8312,
        },
    )
    arrays = convert_summe(path)
    assert arrays["Base jumping/user_score"].dtype == np.uint16
    assert arrays["Base jumping/user_score"].tolist() == score.tolist()
    assert arrays["Base jumping/gt_score"].tolist() == [np.float32(2 / 3),
                                                        np.float32(1 / 3)]  # fmt: skip
    table = convert_summe_list(path)
    assert {k: v.tolist() for k, v in table.items()} == {
        "name": ["Base jumping"],
        "n_frames": [2],
        "n_users": [3],
        "fps": [29.97],
        "duration_s": [158.831],
    }


def test_plain_tables_round_trip(tmp_path):
    columns = {"name": np.array(["a,b", 'c"\u00c5']), "n": np.array([3, -1])}
    write_arrays(tmp_path / "t.csv", columns)
    assert (tmp_path / "t.csv").read_text(encoding="utf-8").startswith("name,n\n")
    assert content_digest(read_arrays(tmp_path / "t.csv")) == content_digest(columns)


@pytest.mark.data
def test_fairvidsum():
    data = load("fairvidsum", download=False)
    videos = data.extras["videos"]
    assert sum(video.n_frames for video in videos.values()) == len(data.X) == 168121
    assert sum(len(v.groups["individual"]) for v in videos.values()) == 136
    for video in videos.values():
        for attribute, names in video.groups.items():
            assert video.presence[attribute].shape == (video.n_frames, len(names))
            assert video.presence[attribute].any(axis=0).all()
    first = videos["video_1"]
    asian = first.presence["ethnicity"][:, first.groups["ethnicity"].index("asian")]
    np.testing.assert_array_equal(data.X[: first.n_frames, 2], asian)
    tested = data.extras["test_videos"]
    assert len({name for names in tested for name in names}) == 21
    lengths = {
        (videos[name].n_frames - len(summary), name)
        for splits in data.extras["summaries"].values()
        for split in splits
        for name, summary in split.items()
    }
    # Summaries are as long as the labels or, in some videos, a frame shorter.
    assert {short for short, _ in lengths} == {0, 1}
    assert sum(len(s) for m in data.extras["summaries"].values() for s in m) == 390


@pytest.mark.data
def test_twelve_videos_are_tvsums():
    tvsum = load("tvsum", download=False).extras["videos"]
    fair = load("fairvidsum", download=False).extras["videos"]
    shared = [video for video in fair.values() if video.tvsum_id]
    assert len(shared) == 12
    off = {v.name: v.n_frames - tvsum[v.tvsum_id].n_frames for v in shared}
    assert {name: d for name, d in off.items() if d} == {"video_30": 1}


@pytest.mark.data
def test_tvsum():
    data = load("tvsum", download=False)
    videos = data.extras["videos"]
    assert len({video.category for video in videos.values()}) == 10
    for video in videos.values():
        assert video.user_scores.shape == (20, video.n_frames)
        mean = video.user_scores.mean(axis=0)
        np.testing.assert_allclose(video.importance, mean, atol=1e-5)
        assert 20 < video.fps < 31
    assert (data.X.min(), data.X.max()) == (1, 5)


@pytest.mark.data
def test_summe():
    data = load("summe", download=False)
    videos = data.extras["videos"]
    assert sum(len(video.user_scores) for video in videos.values()) == 390
    assert np.isfinite(data.X[:, :15]).all()
    for video in videos.values():
        chosen = (video.user_scores > 0).mean(axis=0)
        np.testing.assert_allclose(video.importance, chosen, atol=1e-5)


def test_the_set_loads_without_heavy_imports():
    code = "import sys, rfcore.datasets; print({'h5py', 'scipy'} & set(sys.modules))"
    done = subprocess.run(
        [sys.executable, "-c", code], capture_output=True, text=True, check=True
    )
    assert done.stdout.strip() == "set()"
