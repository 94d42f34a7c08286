"""Tests of edit lists and of cut files."""

import sys

import numpy as np
import pytest

from rfcore.video import cut_video, edit_list, write_edit_list


def test_edit_list_file(tmp_path):
    write_edit_list(tmp_path / "e.csv", [0, 1, 1, 0, 1], fps=25)
    assert (tmp_path / "e.csv").read_text().splitlines() == [
        "segment,first_frame,last_frame,start_s,end_s",
        "1,1,2,0.040000,0.120000",
        "2,4,4,0.160000,0.200000",
    ]


def test_segments_hold_the_selected_frames():
    selected = np.random.default_rng(0).random(200) < 0.4
    again = np.zeros(200, dtype=bool)
    for first, last, start, end in edit_list(selected, fps=12.5):
        again[first : last + 1] = True
        assert (start, end) == (first / 12.5, (last + 1) / 12.5)
    np.testing.assert_array_equal(again, selected)


@pytest.mark.parametrize(
    ("selected", "fps", "message"),
    [
        ([0, 0], 25, "at least one frame"),
        ([0, 2], 25, "a vector of 0 and 1"),
        ([[1]], 25, "a vector of 0 and 1"),
        ([1], 0, "fps=0 should be a positive number"),
    ],
)
def test_errors(selected, fps, message):
    with pytest.raises(ValueError, match=message):
        edit_list(selected, fps)


@pytest.fixture
def film(tmp_path):
    """A film of 20 gray frames, each brighter than the last."""
    av = pytest.importorskip("av")
    path = tmp_path / "film.mp4"
    with av.open(str(path), "w") as writer:
        stream = writer.add_stream("mpeg4", rate=10)
        stream.width = stream.height = 32
        stream.pix_fmt = "yuv420p"
        for i in range(20):
            gray = np.full((32, 32, 3), 10 * i + 20, dtype=np.uint8)
            writer.mux(stream.encode(av.VideoFrame.from_ndarray(gray, format="rgb24")))
        writer.mux(stream.encode())
    return path


def brightness(path):
    import av

    with av.open(str(path)) as reader:
        return [f.to_ndarray(format="gray").mean() for f in reader.decode(video=0)]


def test_cut_file(film, tmp_path):
    before = brightness(film)
    selected = np.zeros(20, dtype=bool)
    selected[[2, 3, 4, 10, 19]] = True
    assert cut_video(film, tmp_path / "cut.mp4", selected) == 5
    after = brightness(tmp_path / "cut.mp4")
    np.testing.assert_allclose(after, np.array(before)[selected], atol=6)


def test_cut_of_other_frames(film, tmp_path):
    # A frame more or less is what decoders differ by.
    assert cut_video(film, tmp_path / "a.mp4", np.ones(19)) == 19
    with pytest.raises(ValueError, match="has 20 frames, selected 17: more than one"):
        cut_video(film, tmp_path / "b.mp4", np.ones(17))
    assert not (tmp_path / "b.mp4").exists()
    with pytest.raises(ValueError, match="another file than source"):
        cut_video(film, film, np.ones(20))
    with pytest.raises(ValueError, match="at least one frame"):
        cut_video(film, tmp_path / "c.mp4", np.zeros(20))


def test_av_is_named(tmp_path, monkeypatch):
    monkeypatch.setitem(sys.modules, "av", None)
    with pytest.raises(ImportError, match=r'pip install "rfcore\[video\]"'):
        cut_video(tmp_path / "a", tmp_path / "b", [1])
