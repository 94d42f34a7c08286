"""The sets of plain measurements: wheat seeds and hand postures."""

import zipfile

import numpy as np

from rfcore.datasets import released
from rfcore.datasets.download import Product, Remote
from rfcore.datasets.files import read_arrays
from rfcore.datasets.record import DatasetInfo

SEEDS_FEATURES = (
    "area",
    "perimeter",
    "compactness",
    "kernel_length",
    "kernel_width",
    "asymmetry",
    "groove_length",
)

# The first 140 rows are the varieties 1 (Kama) and 2 (Rosa), 70 each.
_N_KAMA_ROSA = 140

_POSTURES_FEATURES = tuple(f"{axis}{marker}" for marker in range(3) for axis in "XYZ")


def _convert_seeds(archive):
    """Convert UCI's zip: seeds_dataset.txt, columns apart by one tab or two."""
    with zipfile.ZipFile(archive) as members:
        text = members.read("seeds_dataset.txt").decode("ascii")
    table = np.array([line.split() for line in text.splitlines() if line.strip()])
    columns = dict(zip(SEEDS_FEATURES, table[:, :-1].astype(float).T, strict=True))
    return {**columns, "variety": table[:, -1].astype(np.int64)}


def _convert_seeds_attack(original, attacked):
    return released.convert_attack(original, attacked, dtype=np.float64)


def _convert_postures_attack(original, attacked, labels_org, labels_adv):
    f32 = np.float32
    arrays = released.convert_attack(original, attacked, dtype=f32, adv_dtype=f32)
    return {
        **arrays,
        "labels_org": _read_labels(labels_org),
        "labels_adv": _read_labels(labels_adv),
    }


def _read_labels(path):
    return np.array(path.read_text().split(), dtype=float).astype(np.uint8)


def _read_seeds(home):
    columns = read_arrays(home / SEEDS.path, SEEDS.arrays)
    X = np.stack([columns[name] for name in SEEDS_FEATURES], axis=1)
    return {"X": X, "y": columns["variety"], "feature_names": SEEDS_FEATURES}


def _read_kama_rosa(home):
    attack = released.read_attack(home, SEEDS_KAMA_ROSA)
    X = _read_seeds(home)["X"][:_N_KAMA_ROSA] if attack is None else attack["X_org"]
    return {
        "X": X,
        "y": np.repeat(np.array([1, 2]), _N_KAMA_ROSA // 2),
        "feature_names": SEEDS_FEATURES,
        "extras": released.attack_extras(attack, X),
    }


def _read_hand_postures(home):
    attack = read_arrays(home / HAND_POSTURES.path, HAND_POSTURES.arrays)
    extras = released.attack_extras(attack, attack["X_org"])
    for name in ("labels_org", "labels_adv"):
        extras[name] = attack[name].astype(np.int32)
    return {
        "X": attack["X_org"].astype(np.float64),
        "y": None,
        "feature_names": _POSTURES_FEATURES,
        "extras": extras,
    }


# UCI publishes no checksum of seeds.zip: the digest of the columns vouches for it.
SEEDS = Product(
    path="seeds/seeds.csv.gz",
    remotes=(
        Remote(
            "seeds.zip", ("https://archive.ics.uci.edu/static/public/236/seeds.zip",)
        ),
    ),
    convert=_convert_seeds,
    arrays=(*SEEDS_FEATURES, "variety"),
    digest="7050f838dfd646a73ad94f47e92848d93cd76406b79a73b140501fab74c3ba26",
)

SEEDS_KAMA_ROSA = released.attack_product(
    "seeds",
    ("SEEDS/kme_X_org.npy", "SEEDS/kme_X_adv.npy"),
    convert=_convert_seeds_attack,
    digest="e0a7f0b1ebee9919d590a1356dc963ee0d1cdfc956c4fa00c90098236b9f3d2a",
)

HAND_POSTURES = released.attack_product(
    "hand_postures",
    (
        "HAND-3-5/kme_X_org.npy",
        "HAND-3-5/kme_X_adv.npy",
        "HAND-3-5/lo.csv",
        "HAND-3-5/la.csv",
    ),
    convert=_convert_postures_attack,
    more=("labels_org", "labels_adv"),
    digest="f268cee67c65100090bba5b4d53380b7dd94328649f5a31a393524c3e96f8233",
)

_SEEDS_ABOUT = {
    "n_columns": 7,
    "source": "https://archive.ics.uci.edu/dataset/236/seeds",
    "license": "CC BY 4.0",
}

TABULAR = (
    DatasetInfo(
        "seeds",
        210,
        read=_read_seeds,
        layouts=((SEEDS.path,),),
        products=(SEEDS,),
        **_SEEDS_ABOUT,
    ),
    DatasetInfo(
        "seeds_kama_rosa",
        _N_KAMA_ROSA,
        read=_read_kama_rosa,
        layouts=((SEEDS_KAMA_ROSA.path,), (SEEDS.path,)),
        products=(SEEDS, SEEDS_KAMA_ROSA),
        **_SEEDS_ABOUT,
    ),
    DatasetInfo(
        "hand_postures",
        400,
        n_columns=9,
        source=released.REPOSITORY,
        license=released.LICENSE,
        read=_read_hand_postures,
        layouts=((HAND_POSTURES.path,),),
        products=(HAND_POSTURES,),
    ),
)
