"""The sets of thesis 4.2 that come as numbers: CelebA, the poisoned ones, and two more.

CelebA's attributes, German, Compas and Drug with the fairness poisonings, Diabetic
Retinopathy and the released rows of Jigsaw. The authors' repository
github.com/anshuman23/InfDataSel holds the poisoned sets and tells how the others are
split. ``retinopathy_rows.npz`` beside this file holds the row numbers of their parts
of Diabetic Retinopathy, so that a fetched set is split as theirs is.
"""

import zipfile
from functools import partial
from pathlib import Path

import numpy as np

from rfcore.datasets.census import INFDATASEL
from rfcore.datasets.download import Product, github_file, uci_archive
from rfcore.datasets.encoding import halve
from rfcore.datasets.files import read_arrays
from rfcore.datasets.record import DatasetInfo

_RETINOPATHY_ROWS = Path(__file__).with_name("retinopathy_rows.npz")

_P96PROJ = ("Gmeister3/p96Proj", "ddd45d991b8652205fceb4ebb131c48dd41348cf")

_ATTACKS = ("raa", "nraa")
_PARTS = ("train_clean", "train_adv", "test")

_RETINOPATHY_FEATURES = (
    *("quality", "prescreening"),
    *(f"microaneurysms_{i}" for i in range(6)),
    *(f"exudates_{i}" for i in range(8)),
    *("macula_disc_distance", "disc_diameter", "am_fm"),
)

_N_EMBEDDING = 384


def _convert_celeba(archive):
    """Convert list_attr_celeba.txt: a count, the names, then a file and 40 signs."""
    with zipfile.ZipFile(archive) as members:
        text = members.read("list_attr_celeba.txt").decode("ascii")
    count, names, *lines = filter(str.strip, text.splitlines())
    names = np.array(names.split())
    has = np.array([[word == "1" for word in line.split()[1:]] for line in lines])
    if has.shape != (int(count), len(names)):
        raise ValueError(
            f"signs of shape {has.shape}, not ({int(count)}, {len(names)})"
        )
    return {"attr_packed": np.packbits(has, axis=1), "names": names}


def _convert_poisoned(*paths):
    names = [name for name, _ in _poisoned_files("")]
    arrays = {}
    for name, path in zip(names, paths, strict=True):
        dtype = np.float64 if "_X_" in name else np.uint8
        array = np.load(path).astype(dtype)
        arrays[name] = array if "_X_" in name else array.ravel()
    return arrays


def _convert_retinopathy(archive):
    """Convert UCI's zip: lines that start with @ or %, then rows of numbers."""
    with zipfile.ZipFile(archive) as members:
        lines = members.read("messidor_features.arff").decode("ascii").splitlines()
    rows = [line for line in lines if line.strip() and line.strip()[0] not in "@%"]
    table = np.array([row.split(",") for row in rows]).astype(np.float64)
    return {"X": table[:, :-1], "y": table[:, -1].astype(np.uint8)}


def _convert_jigsaw(toxicity, black, X_init, y_init):
    arrays = {"toxicity": toxicity, "black": black, "X_init": X_init}
    arrays = {name: np.load(p).astype(np.float32) for name, p in arrays.items()}
    return arrays | {"y_init": np.load(y_init).astype(np.uint8).ravel()}


def _read_celeba(home, thesis_coding=False):
    packed, names = read_arrays(home / CELEBA.path, CELEBA.arrays).values()
    attributes = np.unpackbits(packed, axis=1, count=len(names))
    group, label = (names.tolist().index(name) for name in ("Male", "Smiling"))
    features = np.delete(np.arange(len(names)), [group, label])
    # The 38 bits as one number, the first attribute the most significant: numbers
    # rise as rows do in lexicographic order. The first image of equal ones stays.
    bits = 1 << np.arange(len(features))[::-1]
    rows = np.unique(attributes[:, features] @ bits, return_index=True)[1]
    groups = attributes[rows, group].astype(np.int64)
    last = "Male"
    if thesis_coding:
        groups, last = 1 - groups, "sex"
    n_held_out = int(np.ceil(0.4 * len(rows)))
    train, held_out = np.split(np.arange(len(rows)), [len(rows) - n_held_out])
    return {
        "X": np.column_stack([attributes[np.ix_(rows, features)], groups]).astype(
            float
        ),
        "y": attributes[rows, label].astype(np.int64),
        "groups": groups,
        "feature_names": (*names[features].tolist(), last),
        "extras": {"train": train, **halve(held_out), "source_row": rows},
    }


def _read_poisoned(name, home):
    product = POISONED[name]
    arrays = read_arrays(home / product.path, product.arrays)
    # X, y and groups of a part; the files call the groups s.
    part = {
        (attack, p): tuple(
            arrays[f"{attack}_{a}_{p}"].astype(np.float64 if a == "X" else np.int64)
            for a in "Xys"
        )
        for attack in _ATTACKS
        for p in _PARTS
    }
    clean, test = part["nraa", "train_clean"], part["nraa", "test"]
    X, y, groups = (np.concatenate(pair) for pair in zip(clean, test, strict=True))
    train, test = np.split(np.arange(len(X)), [len(clean[0])])
    extras = {"train": train, "test": test}
    for attack in _ATTACKS:
        X_adv, y_adv, groups_adv = part[attack, "train_adv"]
        extras |= {f"X_{attack}": X_adv, f"y_{attack}": y_adv}
        extras |= {f"groups_{attack}": groups_adv}
    return {
        "X": X,
        "y": y,
        "groups": groups,
        "feature_names": tuple(f"feature_{i}" for i in range(X.shape[1])),
        "extras": extras,
    }


def _read_retinopathy(home):
    X, y = read_arrays(home / RETINOPATHY.path, RETINOPATHY.arrays).values()
    with np.load(_RETINOPATHY_ROWS) as rows:
        extras = {name: rows[name].astype(np.int64) for name in rows.files}
    return {
        "X": X,
        "y": y.astype(np.int64),
        "feature_names": _RETINOPATHY_FEATURES,
        "extras": extras,
    }


def _read_jigsaw(home, thesis_coding=False):
    arrays = read_arrays(home / JIGSAW.path, JIGSAW.arrays)
    X = arrays["X_init"].astype(np.float64)
    return {
        "X": X,
        "y": arrays["y_init"].astype(np.int64),
        # Which of these texts nobody annotated was not released with them.
        "groups": (X[:, -1] > 0).astype(np.int64) if thesis_coding else None,
        "feature_names": (
            *(f"embedding_{i}" for i in range(_N_EMBEDDING)),
            "annotated_not_black",
        ),
        "extras": {
            "toxicity": arrays["toxicity"].astype(np.float64),
            "black": arrays["black"].astype(np.float64),
            "substitute": "The 300 released rows, standardized, stand in for the "
            "thesis's 30,000 texts, of which only the scores were released.",
        },
    }


def _poisoned_files(name):
    """Give the arrays of a poisoned set, each with its path in the repository."""
    for attack in _ATTACKS:
        for part in _PARTS:
            for a in "Xys":
                folder = f"data/{attack}_attack_{name}/{attack}_attack_data"
                yield f"{attack}_{a}_{part}", f"{folder}/{a}_{part}.npy"


def _poisoned_product(name, digest):
    return Product(
        path=f"fairness_poisoning/{name}.npz",
        remotes=tuple(
            github_file(*INFDATASEL, path, f"{array}.npy")
            for array, path in _poisoned_files(name)
        ),
        convert=_convert_poisoned,
        arrays=tuple(array for array, _ in _poisoned_files(name)),
        digest=digest,
    )


# Its owners hand the file out through a page that a program cannot pass.
CELEBA = Product(
    path="celeba/celeba_attributes.npz",
    remotes=(github_file(*_P96PROJ, "list_attr_celeba.zip"),),
    convert=_convert_celeba,
    arrays=("attr_packed", "names"),
    digest="8f0031e590f1dedfbd0e7197eb24208ef77177ab5c04e6f34b68f60f8e719403",
)

POISONED = {
    name: _poisoned_product(name, digest)
    for name, digest in (
        ("german", "c537cfaa5298333a843c16ee35e0e8682fc40b7109db21a18d4fe2007ee53b3b"),
        ("compas", "82c8e3ee78ce75359c4c527fee13cd5f50cf2079b3fcf4ed55577a6cf6bf8eb8"),
        ("drug", "3772882cc27324fe0de523aada951e9d6c4236c3d357f524ff781752a3034bd9"),
    )
}

RETINOPATHY = Product(
    path="diabetic_retinopathy/messidor_features.npz",
    remotes=(uci_archive(329, "diabetic+retinopathy+debrecen.zip"),),
    convert=_convert_retinopathy,
    arrays=("X", "y"),
    digest="de723fa2aa9a801d4873d3624197719c4eaebe80e59704df1f4f048f46ac8b3e",
)

JIGSAW = Product(
    path="jigsaw/jigsaw_released_partial.npz",
    remotes=tuple(
        github_file(*INFDATASEL, f"data/{path}.npy")
        for path in (
            *("nlp/raw_data/nlp/y", "nlp/raw_data/nlp/s"),
            *("al-data/X_init_nlp", "al-data/y_init_nlp"),
        )
    ),
    convert=_convert_jigsaw,
    arrays=("toxicity", "black", "X_init", "y_init"),
    digest="de8c9b29721391848eb76920f1e0a519348c450d70bb90e18c84080def915217",
)

_AUTHORS = {
    "source": "https://github.com/anshuman23/InfDataSel",
    "license": "none stated",
}

INFLUENCE = (
    DatasetInfo(
        "celeba",
        104163,
        39,
        source="https://mmlab.ie.cuhk.edu.hk/projects/CelebA.html",
        license="non-commercial research",
        read=_read_celeba,
        read_thesis=partial(_read_celeba, thesis_coding=True),
        layouts=((CELEBA.path,),),
        products=(CELEBA,),
    ),
    *(
        DatasetInfo(
            name,
            n_rows,
            n_columns,
            read=partial(_read_poisoned, name),
            layouts=((POISONED[name].path,),),
            products=(POISONED[name],),
            **_AUTHORS,
        )
        for name, n_rows, n_columns in (
            ("german", 1000, 58),
            ("compas", 7172, 16),
            ("drug", 1885, 13),
        )
    ),
    DatasetInfo(
        "diabetic_retinopathy",
        1151,
        19,
        source="https://archive.ics.uci.edu/dataset/329",
        license="CC BY 4.0",
        read=_read_retinopathy,
        layouts=((RETINOPATHY.path,),),
        products=(RETINOPATHY,),
    ),
    DatasetInfo(
        "jigsaw",
        300,
        _N_EMBEDDING + 1,
        read=_read_jigsaw,
        read_thesis=partial(_read_jigsaw, thesis_coding=True),
        layouts=((JIGSAW.path,),),
        products=(JIGSAW,),
        **_AUTHORS,
    ),
)
