"""How objects show themselves: short, and with what a person wants to know."""

import inspect
import sys

import numpy as np
import pytest

import rfcore.attacks
from rfcore._shown import Record, Settings, brief
from rfcore.attacks import FairnessAttack, SpilloverAttack
from rfcore.cluster import Agglomerative, KMeans
from rfcore.datasets import load
from rfcore.fair import AntidoteData
from rfcore.influence import trim
from rfcore.video import OnlineFairSummary
from rfcore.zeroth import SequentialEmbedding

X = np.random.default_rng(0).normal(size=(40, 3))
GROUPS = np.arange(40) % 2


def results():
    yield SpilloverAttack(max_evals=20, random_state=0).run(Agglomerative(2), X)
    antidote = AntidoteData(KMeans(2, random_state=0), n_rows=2, max_evals=20, n_null=2)
    yield antidote.fit(X, groups=GROUPS).result_
    yield trim(X[:, 0], 0.5)
    yield load("digits")


@pytest.mark.parametrize("result", list(results()), ids=lambda r: type(r).__name__)
def test_results_take_five_lines(result):
    lines = repr(result).splitlines()
    assert 2 <= len(lines) <= 5
    assert max(map(len, lines)) <= 90
    assert lines[0].startswith(type(result).__name__)
    assert "array(" not in repr(result)
    assert repr(result).split("\n")[0] in result._repr_html_()


def test_an_attack_says_what_a_person_wants_to_know():
    result = SpilloverAttack(max_evals=20, random_state=0).run(Agglomerative(2), X)
    text = repr(result)
    for part in (f"{result.after:g} after", f"{result.n_queries} questions",
                 result.stopped, str(result.changed[0]), "null"):  # fmt: skip
        assert part in text
    word = "is above it" if result.above_null else "is not above it"
    assert word in text


def test_attacks_name_what_is_not_the_default():
    attack = SpilloverAttack(max_evals=50, random_state=0)
    assert repr(attack) == "SpilloverAttack(max_evals=50, random_state=0)"
    assert repr(SpilloverAttack()) == "SpilloverAttack()"
    assert repr(FairnessAttack(metric="entropy")) == "FairnessAttack(metric='entropy')"
    assert repr(SequentialEmbedding(3)).startswith("SequentialEmbedding(n_components=3")
    assert "share=0.3" in repr(OnlineFairSummary(2, share=0.3))
    delta = SpilloverAttack(delta=np.zeros(64))
    assert repr(delta) == "SpilloverAttack(delta=ndarray(64,))"


def test_every_attack_is_shown_so():
    for name in rfcore.attacks.__all__:
        kind = getattr(rfcore.attacks, name)
        assert issubclass(kind, Settings | Record), name


def test_notebooks_get_the_plot_where_matplotlib_is_at_hand(monkeypatch):
    result = SpilloverAttack(max_evals=20, random_state=0).run(Agglomerative(2), X)
    assert '<img alt="AttackResult" src="data:image/png;base64,' in result._repr_html_()
    monkeypatch.setitem(sys.modules, "matplotlib", None)
    monkeypatch.setitem(sys.modules, "matplotlib.pyplot", None)
    html = result._repr_html_()
    assert html.startswith("<pre>AttackResult") and "<img" not in html


@pytest.mark.parametrize(
    ("value", "shown"),
    [
        (np.zeros((2, 3)), "ndarray(2, 3)"),
        (np.float64(0.25), "0.25"),
        (1 / 3, "0.333333"),
        (list(range(9)), "list of 9"),
        ([1, 2.5], "[1, 2.5]"),
        ({"a": np.zeros(2)}, "{'a': ndarray(2,)}"),
        (inspect.signature, "signature"),
        ("word", "'word'"),
    ],
)
def test_brief(value, shown):
    assert brief(value) == shown
