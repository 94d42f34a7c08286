"""Conversion of the official files of FairVidSum, TVSum and SumMe."""

import codecs
import pickle
import re
from pathlib import Path

import numpy as np

from rfcore.datasets.files import typed

_N_VIDEOS = 34
_N_SPLITS = 5

# Where the authors' repository keeps the summaries of each model.
_FOLDERS = {
    "random": "models/random/summaries/{}/summaries.pkl",
    "human": "models/human/summaries/{}/summaries.pkl",
    "ca-sum": "models/ca-sum/exp2/fvs/summaries/{}/best_summaries.pkl",
    "ac-sum-gan": "models/ac-sum-gan/exp2/fvs/summaries/{}/best_summaries.pkl",
    "sum-gan-aae": "models/sum-gan-aae/exp2/fvs/summaries/{}/best_summaries.pkl",
    "sum-gan-sl": "models/sum-gan-sl/exp2/fvs/summaries/{}/best_summaries.pkl",
    "sum-ind": "models/sum-ind/summaries/{}/summaries.pkl",
    "dsnet": "models/dsnet/src/models/fvs/summaries/{}/summaries.pkl",
    "vasnet": "models/vasnet/VASNet/data/summaries/{}/summaries.pkl",
    "pgl-sum": "models/pgl-sum/exp2/fvs/summaries/{}/best_summaries.pkl",
    "fvs-lp_sex": "models/lp-fvs/summaries/sex/{}/summaries.pkl",
    "fvs-lp_eth": "models/lp-fvs/summaries/eth/{}/summaries.pkl",
    "fvs-lp_ind": "models/lp-fvs/summaries/ind/{}/summaries.pkl",
}
FAIRVIDSUM_MODELS = tuple(_FOLDERS)

TVSUM_COLUMNS = ("video_id", "category", "title", "n_frames", "length_s", "n_users")


def label_files():
    """Names of the 102 label files: as downloaded, and in the repository."""
    return [
        (f"{a}-video_{i}.npy", f"fair_npy_data/{a}/video_{i}.npy")
        for a in ("sex", "eth", "ind")
        for i in range(1, _N_VIDEOS + 1)
    ]


def summary_files():
    """Names of the 65 files of summaries: as downloaded, and in the repository."""
    return [
        (f"{model}-split{s}.pkl", folder.format(f"split{s}"))
        for model, folder in _FOLDERS.items()
        for s in range(_N_SPLITS)
    ]


def convert_labels(*paths):
    """Convert ``fair_npy_data``: 0 and 1 as float64, (n_frames, n_groups)."""
    arrays = {}
    for path in paths:
        attribute, video = Path(path).stem.split("-", 1)
        arrays[f"{attribute}/{video}"] = _zeros_and_ones(np.load(path), path)
    return arrays


def convert_summaries(tested, *paths):
    """Convert the published summaries.

    Parameters
    ----------
    tested : list of list of str
        The videos of each split, in the order of the files.
    *paths : Path
        As `summary_files` lists them.

    Returns
    -------
    arrays : dict of str to bool array of shape (n_frames,)
        ``"model/split0/video_9"``.
    """
    arrays = {}
    for path in paths:
        model, split = re.fullmatch(r"(.*)-split(\d)", Path(path).stem).groups()
        names = tested[int(split)]
        found = read_pickled_arrays(path)
        for name, summary in zip(names, found, strict=True):
            arrays[f"{model}/split{split}/{name}"] = _zeros_and_ones(summary, path)
    return arrays


class _ArraysOnly(pickle.Unpickler):
    """An unpickler that can name nothing but what NumPy arrays are made of."""

    def find_class(self, module, name):
        module = module.replace("numpy._core", "numpy.core")
        harmless = {
            ("numpy", "ndarray"): np.ndarray,
            ("numpy", "dtype"): np.dtype,
            ("numpy.core.multiarray", "_reconstruct"): _reconstruct,
            ("numpy.core.multiarray", "scalar"): _scalar,
            ("_codecs", "encode"): codecs.encode,
        }
        if (module, name) not in harmless:
            raise ValueError(f"a pickle of arrays should not name {module}.{name}")
        return harmless[module, name]


def _reconstruct(kind, shape, dtype):
    if kind is not np.ndarray:
        raise ValueError("a pickle of arrays should make no other class")
    return np.ndarray(shape, dtype)


def _scalar(dtype, data):
    return np.frombuffer(data, dtype)[0]


def read_pickled_arrays(path):
    """Read a list of arrays of numbers that a source publishes as a pickle.

    Only for the fetchers: nothing of the file is run, and a file that holds anything
    else than a list of such arrays is refused.

    Parameters
    ----------
    path : path-like

    Returns
    -------
    arrays : list of ndarray

    Raises
    ------
    ValueError
        If the file is no such pickle.
    """
    with open(path, "rb") as file:
        try:
            found = _ArraysOnly(file).load()
        except (pickle.UnpicklingError, TypeError, AttributeError) as error:
            raise ValueError(f"{Path(path).name} is no list of arrays: {error}") from (
                error
            )
    if not isinstance(found, list):
        raise ValueError(f"{Path(path).name} holds a {type(found).__name__}, no list")
    arrays = [np.asarray(one) for one in found]
    if any(array.dtype.kind not in "biuf" for array in arrays):
        raise ValueError(f"{Path(path).name} should hold numbers only")
    return arrays


def _zeros_and_ones(array, path):
    if not np.isin(array, (0, 1)).all():
        raise ValueError(f"{Path(path).name} should hold 0 and 1 only")
    return array.astype(bool)


def convert_tvsum(path):
    """Convert ``ydata-tvsum50.mat``: scores of users and their mean, by video."""
    arrays = {}
    for video in _tvsum_videos(path):
        arrays[f"{video['video']}/user_anno"] = video["user_anno"].astype(np.uint8)
        mean = video["gt_score"].ravel().astype(np.float32)
        arrays[f"{video['video']}/gt_score"] = mean
    return arrays


def convert_tvsum_list(path):
    """Convert what ``ydata-tvsum50.mat`` says about the videos, as columns."""
    rows = [
        (
            video["video"],
            video["category"],
            video["title"],
            int(video["nframes"].item()),
            float(video["length"].item()),
            len(video["user_anno"]),
        )
        for video in _tvsum_videos(path)
    ]
    columns = zip(*rows, strict=True)
    return _typed_columns(TVSUM_COLUMNS, columns)


def _typed_columns(names, columns):
    """Columns as they come back from the table that they will be written to."""
    words = ([str(cell) for cell in column] for column in columns)
    return {name: typed(column) for name, column in zip(names, words, strict=True)}


def _tvsum_videos(path):
    """The struct array ``tvsum50`` of a MATLAB 7.3 file, one dict a video."""
    h5py = import_h5py("TVSum's annotations")
    with h5py.File(path, "r") as file:
        table = file["tvsum50"]
        names = ("video", "category", "title", "nframes", "length")
        videos = []
        for i in range(table["video"].size):
            video = {
                name: np.asarray(file[table[name][:].ravel()[i]])
                for name in (*names, "user_anno", "gt_score")
            }
            for name in names[:3]:
                # MATLAB keeps words as columns of UTF-16 units.
                units = video[name].ravel().astype("<u2")
                video[name] = units.tobytes().decode("utf-16-le")
            videos.append(video)
    return videos


def convert_summe(*paths):
    """Convert SumMe's files: a file a video, frames x users."""
    arrays = {}
    for path in paths:
        video = _load_mat(path)
        name = Path(path).stem
        arrays[f"{name}/user_score"] = video["user_score"].astype(np.uint16)
        arrays[f"{name}/gt_score"] = video["gt_score"].ravel().astype(np.float32)
    return arrays


def convert_summe_list(*paths):
    """Convert what SumMe's files say about the videos, as columns."""
    rows = []
    for path in paths:
        video = _load_mat(path)
        n_frames, n_users = video["user_score"].shape
        fps = float(video["FPS"].item())
        seconds = round(float(video["video_duration"].item()), 3)
        rows.append((Path(path).stem, n_frames, n_users, fps, seconds))
    names = ("name", "n_frames", "n_users", "fps", "duration_s")
    columns = zip(*rows, strict=True)
    return _typed_columns(names, columns)


def _load_mat(path):
    from scipy.io import loadmat

    return loadmat(path)


def import_h5py(what):
    """Give the module h5py.

    Parameters
    ----------
    what : str
        What needs it, for the message.

    Returns
    -------
    h5py : module

    Raises
    ------
    ImportError
        If it is missing.
    """
    try:
        import h5py
    except ImportError as error:
        raise ImportError(f'{what} need h5py: pip install "rfcore[video]"') from error
    return h5py
