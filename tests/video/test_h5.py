"""Tests of the h5 files of the field."""

import sys

import numpy as np
import pytest

from rfcore.video import H5Video, read_h5, select_shots, write_h5

h5py = pytest.importorskip("h5py")


def video(name="video_1", **changes):
    fields = {
        "n_frames": 40,
        "picks": np.array([0, 15, 30]),
        "features": np.eye(3, 4, dtype=np.float32),
        "gtscore": np.array([0.1, 0.9, 0.4], dtype=np.float32),
        "change_points": np.array([[0, 9], [10, 39]]),
        "user_summary": np.arange(80).reshape(2, 40) % 3 == 0,
        "gtsummary": np.array([True, False, True]),
        "video_name": "Base jumping",
    }
    return H5Video(name, **{**fields, **changes})


def test_round_trip(tmp_path):
    videos = [video(f"video_{i}") for i in (1, 2, 10)]
    videos.append(video("video_11", user_summary=None, gtsummary=None, video_name=""))
    write_h5(tmp_path / "x.h5", videos)
    found = read_h5(tmp_path / "x.h5")
    assert list(found) == ["video_1", "video_2", "video_10", "video_11"]
    for given, read in zip(videos, found.values(), strict=True):
        for name, value in vars(given).items():
            np.testing.assert_array_equal(getattr(read, name), value)
    with h5py.File(tmp_path / "x.h5") as file:
        assert file["video_1/n_steps"][()] == 3
        assert file["video_1/n_frame_per_seg"][:].tolist() == [10, 30]
        assert file["video_1/user_summary"].dtype == np.float32


def test_traps_of_the_files(tmp_path):
    write_h5(tmp_path / "x.h5", [video()])
    with h5py.File(tmp_path / "x.h5", "a") as file:
        group = file["video_1"]
        for name, value in {
            "n_frames": np.array([[40.0]]),
            "picks": np.array([[0.0, 15.0, 30.0]]),
            "change_points": np.array([[0, 9], [10, 40]]),
        }.items():
            del group[name]
            group[name] = value
    read = read_h5(tmp_path / "x.h5")["video_1"]
    assert read.n_frames == 40 and isinstance(read.n_frames, int)
    assert read.picks.tolist() == [0, 15, 30]
    assert read.change_points.tolist() == [[0, 9], [10, 39]]
    summary = select_shots(read.gtscore, read.change_points, read.picks, 40, budget=0.5)
    assert summary.tolist() == [True] * 10 + [False] * 30


@pytest.mark.parametrize(
    ("changes", "message"),
    [
        ({"picks": np.array([0, 15])}, "picks, features and gtscore differ in length"),
        ({"picks": np.array([0, 15, 15])}, "picks should rise"),
        ({"picks": np.array([0, 15, 40])}, r"picks should lie in \[0, 40\)"),
        ({"change_points": np.array([0, 9])}, r"should be \(n_shots, 2\)"),
        ({"change_points": np.array([[0, 9], [11, 39]])}, "without gaps or overlaps"),
        ({"change_points": np.array([[0, 9], [9, 39]])}, "without gaps or overlaps"),
        (
            {"change_points": np.array([[0, 41]])},
            "ends at frame 41, should end before 40",
        ),
        ({"user_summary": np.ones((2, 39), bool)}, r"should be \(n_users, 40\)"),
    ],
)
def test_parts_that_do_not_fit(changes, message):
    with pytest.raises(ValueError, match="video_1: .*" + message):
        video(**changes)


def test_missing_parts(tmp_path):
    with h5py.File(tmp_path / "x.h5", "w") as file:
        file["video_1/features"] = np.eye(2)
    with pytest.raises(ValueError, match="video_1 has no gtscore, change_points"):
        read_h5(tmp_path / "x.h5")


def test_h5py_is_named(tmp_path, monkeypatch):
    monkeypatch.setitem(sys.modules, "h5py", None)
    for call in (lambda: read_h5(tmp_path / "x"), lambda: write_h5(tmp_path / "x", [])):
        with pytest.raises(ImportError, match=r'pip install "rfcore\[video\]"'):
            call()
