"""The h5 files of the field: ``eccv16_dataset_*_google_pool5.h5``, ``fvs.h5``."""

from dataclasses import dataclass, field

import numpy as np

from rfcore._shown import Record
from rfcore.datasets.videos.conversion import import_h5py


@dataclass(frozen=True, eq=False, repr=False)
class H5Video(Record):
    """A video of such a file: features and scores of every 15th frame or so.

    Attributes
    ----------
    name : str
        The name of the group, ``"video_1"``.
    n_frames : int
    picks : int64 array of shape (n_steps,)
        The frames that features and scores are of, rising.
    features : float32 array of shape (n_steps, n_features)
    gtscore : float32 array of shape (n_steps,)
        Mean importance that users gave the picks.
    change_points : int64 array of shape (n_shots, 2)
        The first and the last frame of each shot.
    user_summary : bool array of shape (n_users, n_frames), or None
    gtsummary : bool array of shape (n_steps,), or None
    video_name : str
        What SumMe calls it; else empty.
    """

    name: str
    n_frames: int
    picks: np.ndarray = field(repr=False)
    features: np.ndarray = field(repr=False)
    gtscore: np.ndarray = field(repr=False)
    change_points: np.ndarray = field(repr=False)
    user_summary: np.ndarray | None = field(default=None, repr=False)
    gtsummary: np.ndarray | None = field(default=None, repr=False)
    video_name: str = ""

    def __post_init__(self):
        n, where = self.n_frames, f"{self.name}: "
        steps = {len(self.picks), len(self.features), len(self.gtscore)}
        if len(steps) > 1:
            raise ValueError(f"{where}picks, features and gtscore differ in length")
        if len(self.picks) == 0 or (np.diff(self.picks) <= 0).any():
            raise ValueError(f"{where}picks should rise and not be empty")
        if self.picks[0] < 0 or self.picks[-1] >= n:
            raise ValueError(f"{where}picks should lie in [0, {n})")
        shots = self.change_points
        if shots.ndim != 2 or shots.shape[1] != 2 or len(shots) == 0:
            raise ValueError(f"{where}change_points.shape={shots.shape} should be "
                             "(n_shots, 2)")  # fmt: skip
        if (shots[0, 0] != 0 or (shots[:, 1] < shots[:, 0]).any()
                or (shots[1:, 0] != shots[:-1, 1] + 1).any()):  # fmt: skip
            raise ValueError(f"{where}change_points should start at 0, without gaps "
                             "or overlaps")  # fmt: skip
        if shots[-1, 1] >= n:
            raise ValueError(f"{where}the last shot ends at frame {shots[-1, 1]}, "
                             f"should end before {n}")  # fmt: skip
        users = self.user_summary
        if users is not None and (users.ndim != 2 or users.shape[1] != n):
            raise ValueError(f"{where}user_summary.shape={users.shape} should be "
                             f"(n_users, {n})")  # fmt: skip


def read_h5(path):
    """Read all videos of a file.

    Parameters
    ----------
    path : path-like

    Returns
    -------
    videos : dict of str to H5Video
        In the order of the numbers in their names.

    Raises
    ------
    ImportError
        If h5py is missing.
    OSError
        If the file cannot be opened.
    ValueError
        If a video lacks a part, or its parts do not fit together.

    Notes
    -----
    What loaders trip over is mended here: numbers as floats, as arrays of one or with
    shape (); a last shot that ends a frame beyond the video is cut, and one that ends
    before its last frame stays so. The change points' lengths, ``n_frame_per_seg``, are
    computed, not read.
    """
    h5py = import_h5py("h5 files")
    with h5py.File(path, "r") as file:
        names = sorted(file, key=_number)
        return {name: _read_video(name, file[name]) for name in names}


def write_h5(path, videos):
    """Write videos as such a file, with ``n_steps`` and ``n_frame_per_seg`` too.

    Parameters
    ----------
    path : path-like
        A file there is replaced.
    videos : iterable of H5Video

    Raises
    ------
    ImportError
        If h5py is missing.
    """
    h5py = import_h5py("h5 files")
    with h5py.File(path, "w") as file:
        for video in videos:
            group = file.create_group(video.name)
            group["features"] = video.features.astype(np.float32)
            group["gtscore"] = video.gtscore.astype(np.float32)
            group["change_points"] = video.change_points.astype(np.int32)
            lengths = np.diff(video.change_points, axis=1).ravel() + 1
            group["n_frame_per_seg"] = lengths.astype(np.int32)
            group["n_frames"] = video.n_frames
            group["picks"] = video.picks.astype(np.int32)
            group["n_steps"] = len(video.picks)
            if video.user_summary is not None:
                group["user_summary"] = video.user_summary.astype(np.float32)
            if video.gtsummary is not None:
                group["gtsummary"] = video.gtsummary.astype(np.float32)
            if video.video_name:
                group["video_name"] = np.bytes_(video.video_name.encode())


def _number(name):
    digits = "".join(filter(str.isdigit, name))
    return (int(digits) if digits else 0, name)


def _read_video(name, group):
    needed = ("features", "gtscore", "change_points", "n_frames", "picks")
    missing = [part for part in needed if part not in group]
    if missing:
        raise ValueError(f"{name} has no {', '.join(missing)}")
    n_frames = int(np.asarray(group["n_frames"][()]).ravel()[0])
    shots = np.asarray(group["change_points"][()]).astype(np.int64)
    if shots.ndim == 2 and len(shots) and shots[-1, 1] == n_frames:
        shots[-1, 1] = n_frames - 1
    title = group["video_name"][()] if "video_name" in group else b""
    optional = {
        part: np.asarray(group[part][()]) > 0
        for part in ("user_summary", "gtsummary")
        if part in group
    }
    return H5Video(
        name,
        n_frames,
        np.asarray(group["picks"][()]).astype(np.int64).ravel(),
        np.asarray(group["features"][()], dtype=np.float32),
        np.asarray(group["gtscore"][()], dtype=np.float32).ravel(),
        shots,
        video_name=title.decode() if isinstance(title, bytes) else str(title),
        **optional,
    )
