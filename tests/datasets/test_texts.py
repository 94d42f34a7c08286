"""Tests of the talk page comments: format, groups, features and splits."""

import sys
from types import SimpleNamespace

import numpy as np
import pytest
from scipy.sparse import csr_matrix

from rfcore.datasets import load
from rfcore.datasets.files import write_arrays
from rfcore.datasets.texts import TEXT_SETS, TEXTS, names_ethnicity, topics

TABLE = """\
"He said ""no"", twice
and left.",0
you fool,1
"""


def _write(path, text):
    path.write_text(text, encoding="utf-8")
    return path


def test_conversion_by_hand(tmp_path):
    arrays = TEXTS.convert(_write(tmp_path / "test.csv", TABLE))
    assert arrays["comment_text"].tolist() == [
        'He said "no", twice\nand left.',
        "you fool",
    ]
    assert arrays["toxic"].tolist() == [0, 1]


@pytest.mark.parametrize(
    "text", [TABLE + "comment,toxic\n", TABLE + "one,1,2\n", TABLE + "alone\n"]
)
def test_malformed_table(tmp_path, text):
    with pytest.raises(ValueError, match="hold lines of a text and 0 or 1"):
        TEXTS.convert(_write(tmp_path / "test.csv", text))


def test_texts_that_name_an_ethnicity():
    named = ["Two MEXICANS.", "an African  american", "(white)", "Middle\neastern"]
    others = ["blackboard", "unamerican", "nothing", ""]
    assert names_ethnicity(named + others).tolist() == [1] * 4 + [0] * 4


def test_topics_are_singular_directions_of_the_training_texts(monkeypatch):
    monkeypatch.setattr("rfcore.datasets.texts.N_TOPICS", 3)
    rng = np.random.default_rng(0)
    words = [f"word{i}" for i in range(8)]
    texts = [" ".join(rng.choice(words, 12)) for _ in range(40)]
    train = np.arange(0, 40, 2)
    counts = np.array([[text.split().count(word) for word in words] for text in texts])
    idf = np.log(21 / (1 + (counts[train] > 0).sum(axis=0))) + 1
    table = np.where(counts > 0, 1 + np.log(np.maximum(counts, 1)), 0) * idf
    table /= np.linalg.norm(table, axis=1, keepdims=True)
    directions = np.linalg.svd(table[train])[2][:3]
    largest = np.abs(directions).argmax(axis=1)
    directions *= np.sign(directions[np.arange(3), largest])[:, None]
    expected = csr_matrix(table) @ directions.T
    np.testing.assert_allclose(topics(texts, train), expected, atol=1e-6)


def test_embeddings_where_a_model_is_installed(monkeypatch, tmp_path):
    class Lengths:
        def __init__(self, name):
            assert "MiniLM" in name

        def encode(self, texts):
            return np.array([[len(text), 1] for text in texts], dtype=np.float32)

    fake = SimpleNamespace(SentenceTransformer=Lengths)
    monkeypatch.setitem(sys.modules, "sentence_transformers", fake)
    table = {"comment_text": np.array(["no", "a Mexican"]), "toxic": np.array([0, 1])}
    write_arrays(tmp_path / TEXTS.path, table)
    fields = TEXT_SETS[0].read(tmp_path)
    assert fields["X"].tolist() == [[2, 1, 0], [9, 1, 1]]
    names = ("embedding_0", "embedding_1", "names_ethnicity")
    assert fields["feature_names"] == names
    assert "named embedding" in fields["extras"]["substitute"]


@pytest.mark.data
def test_jigsaw_texts(monkeypatch):
    monkeypatch.setitem(sys.modules, "sentence_transformers", None)
    data = load("jigsaw_texts", download=False)
    np.testing.assert_array_equal(data.X[:, -1], data.groups)
    parts = [data.extras[part] for part in ("train", "validation", "test")]
    assert [len(part) for part in parts] == [7308, 2436, 2436]
    assert sorted(np.concatenate(parts)) == list(range(12180))
    assert (data.y.sum(), data.groups.sum()) == (6090, 518)
    assert len(data.feature_names) == data.X.shape[1]
    assert "Other texts" in data.extras["substitute"]
