"""Comments of Wikipedia's talk pages with the toxicity that people saw in them.

They stand in for thesis 4.2's Jigsaw set, whose texts nobody published: real texts of
the same contest, embedded by MiniLM as there where sentence-transformers is installed,
else with latent semantic features.
"""

import csv
import io
import re

import numpy as np

from rfcore.datasets.download import Product, github_file
from rfcore.datasets.encoding import halve, split_rows
from rfcore.datasets.files import read_arrays
from rfcore.datasets.record import DatasetInfo

_ROBTEST = ("Hongcheng-Gao/RobTest-Demo", "37688d9e4800aa969050bd01f09033221aa5834e")

_MINILM = "sentence-transformers/all-MiniLM-L6-v2"

# As many as MiniLM has.
N_TOPICS = 384

# The ethnic and national ones of the identity terms of Dixon et al. 2018,
# doi:10.1145/3278721.3278729.
ETHNICITIES = (
    *("african", "african american", "american", "asian", "black", "canadian"),
    *("chinese", "european", "hispanic", "indian", "japanese", "latina", "latino"),
    *("latinx", "mexican", "middle eastern", "white"),
)


def _convert_texts(path):
    """Convert a table of text and 0 or 1, without names of the columns."""
    text = path.read_text(encoding="utf-8")
    rows = list(csv.reader(io.StringIO(text, newline=""), strict=True))
    if any(len(row) != 2 or row[1] not in ("0", "1") for row in rows):
        raise ValueError(f"{path.name} should hold lines of a text and 0 or 1")
    comments, toxic = zip(*rows, strict=True)
    return {"comment_text": np.array(comments), "toxic": np.array(toxic, np.int64)}


def _read_texts(home):
    columns = read_arrays(home / TEXTS.path, TEXTS.arrays)
    comments = columns["comment_text"].tolist()
    groups = names_ethnicity(comments)
    train, held_out = split_rows(len(comments), 0.4, 42)
    features, kind = embeddings(comments), "embedding"
    if features is None:
        features, kind = topics(comments, train), "topic"
    return {
        "X": np.column_stack([features, groups]),
        "y": columns["toxic"].astype(np.int64),
        "groups": groups,
        "feature_names": (
            *(f"{kind}_{i}" for i in range(features.shape[1])),
            "names_ethnicity",
        ),
        "extras": {
            "train": train,
            **halve(held_out),
            "substitute": "Other texts than the thesis's 30,000, with features named "
            f"{kind}; a group is the texts that name an ethnicity.",
        },
    }


def names_ethnicity(texts):
    """Whether texts name one of the `ETHNICITIES`.

    Parameters
    ----------
    texts : list of str

    Returns
    -------
    int64 array of shape (n,)
        0 or 1; whole words, their plurals too, of any case.
    """
    words = "|".join(word.replace(" ", r"\s+") for word in ETHNICITIES)
    named = re.compile(rf"\b(?:{words})s?\b", re.IGNORECASE)
    return np.array([named.search(text) is not None for text in texts], dtype=np.int64)


def embeddings(texts):
    """MiniLM's embeddings of texts.

    Parameters
    ----------
    texts : list of str

    Returns
    -------
    float64 array of shape (n, 384), or None
        None where sentence-transformers is not installed. It downloads the model.
    """
    try:
        from sentence_transformers import SentenceTransformer
    except ImportError:
        return None
    return np.asarray(SentenceTransformer(_MINILM).encode(texts), dtype=np.float64)


def topics(texts, train):
    """Latent semantic features of texts.

    Parameters
    ----------
    texts : list of str
    train : int array
        The texts that words, weights and directions are taken from.

    Returns
    -------
    float64 array of shape (n, 384)
        The first right singular directions of the rows of tf-idf (1 + log of counts,
        words of at least 5 texts) give the features; signs so that a direction's
        largest entry is positive.

    References
    ----------
    Deerwester et al. 1990,
    doi:10.1002/(SICI)1097-4571(199009)41:6<391::AID-ASI1>3.0.CO;2-9.
    """
    from sklearn.decomposition import TruncatedSVD
    from sklearn.feature_extraction.text import TfidfVectorizer

    words = TfidfVectorizer(sublinear_tf=True, min_df=5)
    words.fit([texts[i] for i in train])
    table = words.transform(texts)
    svd = TruncatedSVD(N_TOPICS, random_state=0).fit(table[train])
    return svd.transform(table)


TEXTS = Product(
    path="jigsaw/jigsaw_toxic_test_balanced.csv.gz",
    remotes=(github_file(*_ROBTEST, "data/jigsaw/test.csv", "jigsaw_test.csv"),),
    convert=_convert_texts,
    arrays=("comment_text", "toxic"),
    digest="38437e5265854cdc57add100a4fbd7fca6e38a2b9b7334f35a23e84322840f57",
)

TEXT_SETS = (
    DatasetInfo(
        "jigsaw_texts",
        12180,
        N_TOPICS + 1,
        source="https://github.com/Hongcheng-Gao/RobTest-Demo",
        license="none stated",
        read=_read_texts,
        layouts=((TEXTS.path,),),
        products=(TEXTS,),
    ),
)
