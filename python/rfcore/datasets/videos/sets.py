"""The annotated videos of thesis 3.2: FairVidSum, TVSum and SumMe.

``fairvidsum.json`` beside this file says which group each column of FairVidSum's label
files is, which videos each split tests, which of them are TVSum's, and the F1 that two
of its models report.
"""

import json
from dataclasses import dataclass, field
from functools import partial
from pathlib import Path

import numpy as np

from rfcore.datasets.download import Product, github_file
from rfcore.datasets.files import read_arrays
from rfcore.datasets.record import DatasetInfo
from rfcore.datasets.videos.conversion import (
    FAIRVIDSUM_MODELS,
    TVSUM_COLUMNS,
    convert_labels,
    convert_summaries,
    convert_summe,
    convert_summe_list,
    convert_tvsum,
    convert_tvsum_list,
    label_files,
    summary_files,
)

_FAIRVIDSUM = Path(__file__).with_name("fairvidsum.json")

_TMLR = (
    "anshuman23/fair_video_summarization_tmlr",
    "bbec04d9ba2f47bbf31f105757f3aaa0a93a9ba7",
)
_TVSUM = ("yalesong/tvsum", "6ddd17ae31acacc4de59cab5094595607b5dee84")
_SUMME = (
    "kezhang-cs/Video-Summarization-with-LSTM",
    "e3432340f6e99270a5f77368b51fa8933d36bbcf",
)

ATTRIBUTES = {"sex": "sex", "eth": "ethnicity", "ind": "individual"}
GROUP_NAMES = {
    "F": "female",
    "M": "male",
    "AS": "asian",
    "BL": "black",
    "LA": "hispanic",
    "ME": "middle_eastern",
    "WH": "white",
}
_MAX_SUMME_USERS = 18


@dataclass(frozen=True, eq=False)
class Video:
    """What people said about a video, frame by frame.

    Attributes
    ----------
    name : str
    n_frames : int
    presence : dict of str to bool array of shape (n_frames, n_groups)
        Who is seen, by attribute: ``"sex"``, ``"ethnicity"`` and ``"individual"``;
        empty where nobody noted it.
    groups : dict of str to tuple of str
        What the columns of `presence` are.
    user_scores : ndarray of shape (n_users, n_frames), or None
        The importance that each annotator gave a frame.
    importance : float32 array of shape (n_frames,), or None
        Their published mean.
    title, category : str
    seconds : float or None
        Length of the video.
    tvsum_id : str or None
        The same video's name in TVSum.
    """

    name: str
    n_frames: int
    presence: dict = field(default_factory=dict, repr=False)
    groups: dict = field(default_factory=dict, repr=False)
    user_scores: np.ndarray | None = field(default=None, repr=False)
    importance: np.ndarray | None = field(default=None, repr=False)
    title: str = ""
    category: str = ""
    seconds: float | None = None
    tvsum_id: str | None = None

    @property
    def fps(self):
        """Frames a second; None where the length is unknown."""
        return self.n_frames / self.seconds if self.seconds else None


def _read_fairvidsum(home):
    known = json.loads(_FAIRVIDSUM.read_text(encoding="utf-8"))
    labels = read_arrays(home / LABELS.path, LABELS.arrays)
    videos, tables = {}, []
    for name, about in known["videos"].items():
        presence = {ATTRIBUTES[a]: labels[f"{a}/{name}"] for a in ATTRIBUTES}
        groups = {
            ATTRIBUTES[a]: tuple(GROUP_NAMES.get(word, word) for word in about[a])
            for a in ATTRIBUTES
        }
        n_frames = len(presence["sex"])
        videos[name] = Video(
            name, n_frames, presence, groups, tvsum_id=about["tvsum_id"]
        )
        tables.append(_shared_groups(videos[name]))
    summaries = read_arrays(home / SUMMARIES.path, SUMMARIES.arrays)
    return {
        "X": np.concatenate(tables),
        "y": None,
        "feature_names": tuple(GROUP_NAMES.values()),
        "extras": {
            "videos": videos,
            "summaries": {
                model: tuple(
                    {name: summaries[f"{model}/split{s}/{name}"] for name in tested}
                    for s, tested in enumerate(known["test_videos"])
                )
                for model in FAIRVIDSUM_MODELS
            },
            "test_videos": tuple(map(tuple, known["test_videos"])),
            "published_f1": known["published_f1"],
        },
    }


def _shared_groups(video):
    """The groups that every video may have, (n_frames, 7) uint8."""
    table = np.zeros((video.n_frames, len(GROUP_NAMES)), dtype=np.uint8)
    names = list(GROUP_NAMES.values())
    for attribute in ("sex", "ethnicity"):
        columns = [names.index(group) for group in video.groups[attribute]]
        table[:, columns] = video.presence[attribute]
    return table


def _read_tvsum(home):
    arrays = read_arrays(home / TVSUM.path, TVSUM.arrays)
    table = read_arrays(home / TVSUM_LIST.path, TVSUM_LIST.arrays)
    rows = zip(*(column.tolist() for column in table.values()), strict=True)
    videos = {
        name: Video(
            name,
            n_frames,
            user_scores=arrays[f"{name}/user_anno"],
            importance=arrays[f"{name}/gt_score"],
            title=title,
            category=category,
            seconds=seconds,
            tvsum_id=name,
        )
        for name, category, title, n_frames, seconds, _ in rows
    }
    scores = [video.user_scores.T for video in videos.values()]
    return {
        "X": np.concatenate(scores),
        "y": None,
        "feature_names": tuple(f"annotator_{i}" for i in range(1, 21)),
        "extras": {"videos": videos},
    }


def _read_summe(home):
    arrays = read_arrays(home / SUMME.path, SUMME.arrays)
    table = read_arrays(home / SUMME_LIST.path, SUMME_LIST.arrays)
    rows = zip(*(column.tolist() for column in table.values()), strict=True)
    videos = {
        name: Video(
            name,
            n_frames,
            user_scores=np.ascontiguousarray(arrays[f"{name}/user_score"].T),
            importance=arrays[f"{name}/gt_score"],
            title=name,
            seconds=seconds,
        )
        for name, n_frames, _, _, seconds in rows
    }
    chosen = [
        np.pad(
            (video.user_scores.T > 0).astype(np.float32),
            ((0, 0), (0, _MAX_SUMME_USERS - len(video.user_scores))),
            constant_values=np.nan,
        )
        for video in videos.values()
    ]
    return {
        "X": np.concatenate(chosen),
        "y": None,
        "feature_names": tuple(f"user_{i}" for i in range(1, _MAX_SUMME_USERS + 1)),
        "extras": {"videos": videos},
    }


_TVSUM_MAT = github_file(*_TVSUM, "matlab/ydata-tvsum50.mat")
_SUMME_VIDEOS = (
    *("Air_Force_One", "Base jumping", "Bearpark_climbing", "Bike Polo"),
    *("Bus_in_Rock_Tunnel", "Car_railcrossing", "Cockpit_Landing", "Cooking"),
    *("Eiffel Tower", "Excavators river crossing", "Fire Domino", "Jumps"),
    *("Kids_playing_in_leaves", "Notre_Dame", "Paintball", "Playing_on_water_slide"),
    *("Saving dolphines", "Scuba", "St Maarten Landing", "Statue of Liberty"),
    *("Uncut_Evening_Flight", "Valparaiso_Downhill", "car_over_camera"),
    *("paluma_jump", "playing_ball"),
)
_TVSUM_VIDEOS = (
    *("AwmHb44_ouw", "98MoyGZKHXc", "J0nA4VgnoCo", "gzDbaEs1Rlg", "XzYM3PfTM4w"),
    *("HT5vyqe0Xaw", "sTEELN-vY30", "vdmoEJ5YbrQ", "xwqBXPGE9pQ", "akI8YFjEmUw"),
    *("i3wAGJaaktw", "Bhxk-O1Y7Ho", "0tmA_C6XwfM", "3eYKfiOEJNs", "xxdtq8mxegs"),
    *("WG0MBPpPC6I", "Hl-__g2gn_A", "Yi4Ij2NM7U4", "37rzWOQsNIw", "LRw_obCPUt0"),
    *("cjibtmSLxQ4", "b626MiF1ew4", "XkqCExn6_Us", "GsAD1KT1xo8", "PJrm840pAUI"),
    *("91IHQYk1IQM", "RBCABdttQmI", "z_6gVvQb2d0", "fWutDQy1nnY", "4wU_LUjG5Ic"),
    *("VuWGsYPqAX8", "JKpqYvAdIsw", "xmEERLqJ2kU", "byxOvuiIJV0", "_xMr-HKMfVA"),
    *("WxtbjNsCQ8A", "uGu_10sucQo", "EE-bNr36nyA", "Se3oxnaPsz0", "oDXZc0tZe04"),
    *("qqR6AEXwxoQ", "EYqVtI9YWJA", "eQu1rNs0an0", "JgHubY5Vw3Y", "iVt07TCkFM0"),
    *("E11zDS9XGzg", "NyBmCxDoHJU", "kLxoNp-UchI", "jcoYJXDG9sw", "-esJrBWj2d8"),
)


def _summe_file(name):
    path = f"codes/evalSumMe/GT/{name.replace(' ', '%20')}.mat"
    return github_file(*_SUMME, path, f"{name}.mat")


def _remotes(files):
    return tuple(github_file(*_TMLR, path, saved) for saved, path in files)


LABELS = Product(
    path="fairvidsum/groups.npz",
    remotes=_remotes(label_files()),
    convert=convert_labels,
    arrays=tuple(saved.removesuffix(".npy").replace("-", "/", 1)
                 for saved, _ in label_files()),
    digest="405ec1b7e797ff216e0ec123ff9c72ef942d0ab4b828e99742ce25b134254c46",
)  # fmt: skip
_TESTED = json.loads(_FAIRVIDSUM.read_text(encoding="utf-8"))["test_videos"]
SUMMARIES = Product(
    path="fairvidsum/summaries.npz",
    remotes=_remotes(summary_files()),
    convert=partial(convert_summaries, _TESTED),
    arrays=tuple(
        f"{model}/split{s}/{name}"
        for model in FAIRVIDSUM_MODELS
        for s, tested in enumerate(_TESTED)
        for name in tested
    ),
    digest="98522c4e60491f53cd7be2b93926a756bcf1174aed29474ae4b276664b871eeb",
)
TVSUM = Product(
    path="tvsum/tvsum50_annotations.npz",
    remotes=(_TVSUM_MAT,),
    convert=convert_tvsum,
    arrays=tuple(f"{v}/{a}" for v in _TVSUM_VIDEOS for a in ("user_anno", "gt_score")),
    digest="9a82f4c3bdb4123ef6d465644452a79f22f08e1ca5bf1884248ddd9f47d55e9c",
)
TVSUM_LIST = Product(
    path="tvsum/videos.csv",
    remotes=(_TVSUM_MAT,),
    convert=convert_tvsum_list,
    arrays=TVSUM_COLUMNS,
    digest="01ec0649c1a78d372d557a6a66c1e43200bcd516b2e5a9bdda10c8bc799ac0c2",
)
SUMME = Product(
    path="summe/summe_annotations.npz",
    remotes=tuple(map(_summe_file, _SUMME_VIDEOS)),
    convert=convert_summe,
    arrays=tuple(f"{v}/{a}" for v in _SUMME_VIDEOS for a in ("user_score", "gt_score")),
    digest="d3e5ac70002c3fd0ec29be294e06163663453d1cb7934f3545548b20ffaa0bb5",
)
SUMME_LIST = Product(
    path="summe/videos.csv",
    remotes=SUMME.remotes,
    convert=convert_summe_list,
    arrays=("name", "n_frames", "n_users", "fps", "duration_s"),
    digest="380009ef119d6e059000602d538215eda35eee4f91d2e3e29700cb195b2771d8",
)

VIDEOS = (
    DatasetInfo(
        "fairvidsum",
        168121,
        len(GROUP_NAMES),
        source="https://github.com/anshuman23/fair_video_summarization_tmlr",
        license="none stated",
        read=_read_fairvidsum,
        layouts=((LABELS.path, SUMMARIES.path),),
        products=(LABELS, SUMMARIES),
    ),
    DatasetInfo(
        "tvsum",
        352353,
        20,
        source="https://github.com/yalesong/tvsum",
        license="CC BY 3.0 (videos)",
        read=_read_tvsum,
        layouts=((TVSUM.path, TVSUM_LIST.path),),
        products=(TVSUM, TVSUM_LIST),
    ),
    DatasetInfo(
        "summe",
        109820,
        _MAX_SUMME_USERS,
        source="https://github.com/kezhang-cs/Video-Summarization-with-LSTM",
        license="research use",
        read=_read_summe,
        layouts=((SUMME.path, SUMME_LIST.path),),
        products=(SUMME, SUMME_LIST),
    ),
)
