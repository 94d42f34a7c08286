"""Every public entry: gaps, shuffled indexes, several attributes, dates."""

import numpy as np
import pandas as pd
import pytest
from sklearn.linear_model import LogisticRegression, SGDClassifier
from sklearn.tree import DecisionTreeRegressor

from rfcore import attacks, cluster, fair, influence, metrics, video

N = 24
rng = np.random.default_rng(0)
X = rng.normal(size=(N, 3))
G = np.arange(N) % 2
Y = (np.arange(N) // 2) % 2
CENTERS = X[:3].copy()
MODEL = LogisticRegression(C=1.0, tol=1e-10, max_iter=1000).fit(X, Y)
INFLUENCE = influence.InfluenceFunction().fit(MODEL, X, Y)
SURROGATE = fair.RobustFairLogloss().fit(X, Y, groups=G)
TREE = influence.TreeInfluence().fit(X, Y, X[:, 0])
TARGET = {"target": "demographic_parity"}


def module():
    return pytest.importorskip("torch").nn.Linear(3, 2).double()


def network():
    return influence.NetworkInfluence(damping=0.1).fit(module(), X, Y)


def trained():
    return influence.OnlineTrimming(SGDClassifier(loss="log_loss", random_state=0))


def learner():
    return influence.ActiveLearner(MODEL, strategy="entropy")


# Each takes X, y and groups, of which some are the user's own.
OF_GROUPS = {
    "balance": lambda X, y, g: metrics.balance(y, g),
    "group_entropy": lambda X, y, g: metrics.group_entropy(y, g),
    "social_cost": lambda X, y, g: metrics.social_cost(X, CENTERS, g),
    "demographic_parity": lambda X, y, g: metrics.demographic_parity(y, g),
    "equal_opportunity": lambda X, y, g: metrics.equal_opportunity(y, y, g),
    "ScalableFairlets": lambda X, y, g: fair.ScalableFairlets(2).fit(X, groups=g),
    "fit_predict": lambda X, y, g: fair.FairKCenter(2).fit_predict(X, groups=g),
    "FairKCenter": lambda X, y, g: fair.FairKCenter(2).fit(X, groups=g),
    "FairLloyd": lambda X, y, g: fair.FairLloyd(2).fit(X, groups=g),
    "FairSpectral": lambda X, y, g: fair.FairSpectral(2).fit(X, groups=g),
    "FairAssignmentLP": lambda X, y, g: fair.FairAssignmentLP(2).fit(X, groups=g),
    "ConsensusFairAssignment": lambda X, y, g: fair.ConsensusFairAssignment(2).fit(
        X, groups=g
    ),
    "ConsensusFairClustering": lambda X, y, g: fair.ConsensusFairClustering(2).fit(
        X, groups=g
    ),
    "AntidoteData": lambda X, y, g: fair.AntidoteData(cluster.KMeans(2)).fit(
        X, groups=g
    ),
    "AntidoteData.front": lambda X, y, g: fair.AntidoteData(cluster.KMeans(2)).front(
        X, groups=g
    ),
    "clean_groups": lambda X, y, g: fair.ConsensusFairClustering(
        2, targets="clean", clean_groups=g, partitions=[G], max_iter=1
    ).fit(X, groups=G),
    "ConvexAntidote": lambda X, y, g: fair.ConvexAntidote(lam=0.1).fit(X, groups=g),
    "FairBatch": lambda X, y, g: fair.FairBatch().fit(X, y, groups=g),
    "RobustFairLogloss": lambda X, y, g: fair.RobustFairLogloss().fit(X, y, groups=g),
    "predict_proba": lambda X, y, g: SURROGATE.predict_proba(X, groups=g),
    "score": lambda X, y, g: SURROGATE.score(X, y, groups=g),
    "CorrelationShift": lambda X, y, g: fair.CorrelationShift(correlation=0.0).fit(
        X, y, groups=g
    ),
    "FairnessAttack": lambda X, y, g: attacks.FairnessAttack().run(
        fair.FairKCenter(2), X, groups=g, attackable=0.2
    ),
    "RandomAnchoring": lambda X, y, g: attacks.RandomAnchoring().run(
        MODEL, X, y, groups=g
    ),
    "NonRandomAnchoring": lambda X, y, g: attacks.NonRandomAnchoring().run(
        MODEL, X, y, groups=g
    ),
    "scores": lambda X, y, g: INFLUENCE.scores(X, y, groups=g, **TARGET),
    "values": lambda X, y, g: INFLUENCE.values(X, y, groups=g, **TARGET),
    "group_scores": lambda X, y, g: INFLUENCE.group_scores(
        [[0]], X, y, groups=g, **TARGET
    ),
    "NetworkInfluence": lambda X, y, g: network().scores(X, y, groups=g, **TARGET),
    "Trimmed": lambda X, y, g: influence.Trimmed(MODEL, **TARGET).fit(X, y, groups=g),
    "InfluenceReweighing": lambda X, y, g: influence.InfluenceReweighing().fit(
        X, y, X_val=X, y_val=y, groups_val=g
    ),
    "OnlineTrimming": lambda X, y, g: (
        trained().set_params(**TARGET).partial_fit(X, y, X, y, groups=g)
    ),
}

OF_LABELS = {
    "accuracy": lambda X, y: metrics.accuracy(G, y),
    "nmi": lambda X, y: metrics.nmi(y, G),
    "ari": lambda X, y: metrics.ari(y, G),
    "n_switched": lambda X, y: metrics.n_switched(y, G),
    "contingency": lambda X, y: metrics.contingency(y, G),
    "co_membership_distance": lambda X, y: metrics.co_membership_distance(y, G),
    "cluster_depth": lambda X, y: metrics.cluster_depth(X, X, y),
    "coordinate_depth": lambda X, y: metrics.coordinate_depth(X, X, y),
    "coordinate_reach": lambda X, y: metrics.coordinate_reach(np.zeros(3), X, y),
    "clustering_scores": lambda X, y: metrics.clustering_scores(X, y),
    "FairBatch": lambda X, y: fair.FairBatch().fit(X, y, groups=G),
    "RobustFairLogloss": lambda X, y: fair.RobustFairLogloss().fit(X, y, groups=G),
    "score": lambda X, y: SURROGATE.score(X, y, groups=G),
    "CorrelationShift": lambda X, y: fair.CorrelationShift(correlation=0.0).fit(
        X, y, groups=G
    ),
    "BoundaryAttack": lambda X, y: attacks.BoundaryAttack().run(MODEL, X, y),
    "RandomAnchoring": lambda X, y: attacks.RandomAnchoring().run(
        MODEL, X, y, groups=G
    ),
    "FGSM": lambda X, y: attacks.FGSM(epsilon=0.1).run(module(), X, y),
    "InfluenceFunction": lambda X, y: influence.InfluenceFunction().fit(MODEL, X, y),
    "scores": lambda X, y: INFLUENCE.scores(X, y, target="loss"),
    "Trimmed": lambda X, y: influence.Trimmed(MODEL).fit(X, y),
    "InfluenceReweighing": lambda X, y: influence.InfluenceReweighing().fit(
        X, y, X_val=np.asarray(X), y_val=Y, groups_val=G
    ),
    "TreeInfluence": lambda X, y: influence.TreeInfluence().fit(X, y, np.arange(N)),
    "TreeInfluence.predict": lambda X, y: TREE.predict(X, y),
    "knn_shapley": lambda X, y: influence.knn_shapley(X, y, np.ones((2, 3)), [0, 1]),
    "knn_shapley validation": lambda X, y: influence.knn_shapley(
        np.ones((2, 3)), [0, 1], X, y
    ),
    "HierarchicalShrinkage": lambda X, y: influence.HierarchicalShrinkage(
        DecisionTreeRegressor()
    ).fit(X, y),
    "targets": lambda X, y: fair.ConsensusFairClustering(
        2, targets=y, partitions=[G], max_iter=1
    ).fit(X, groups=G),
    "ActiveLearner": lambda X, y: learner().fit(X, y),
    "ActiveLearner.teach": lambda X, y: learner().fit(np.asarray(X), Y).teach(X, y),
    "OnlineTrimming": lambda X, y: trained().fit(X, y, np.asarray(X), Y),
    "OnlineTrimming validation": lambda X, y: trained().fit(np.asarray(X), Y, X, y),
}

# And those where a gap is no 0 or 1, or a score that is not finite.
OF_INDEXED = {
    **OF_LABELS,
    "sum_bal": lambda X, y: metrics.sum_bal(y, X > 0),
    "FairSummary": lambda X, y: video.FairSummary(n_frames=4).fit(y, X > 0),
    "pareto_front": lambda X, y: video.pareto_front(y, X > 0, n_frames=4),
    "OnlineFairSummary": lambda X, y: video.OnlineFairSummary(3).push(y, X > 0),
    "evaluate_summaries": lambda X, y: video.evaluate_summaries({"v": y}, {"v": X > 0}),
    "FairSummaryLP": lambda X, y: video.FairSummaryLP(n_frames=4).fit(
        {"a": X > 0, "b": pd.DataFrame({"y": y, "n": 1 - y})}
    ),
    "TreeInfluence scores": lambda X, y: influence.TreeInfluence().fit(X, Y, y),
    "InfluenceFunction weights": lambda X, y: influence.InfluenceFunction().fit(
        MODEL, X, Y, y + 1.0
    ),
}

OF_ROWS = {
    "KMeans": lambda X: cluster.KMeans(2).fit(X),
    "KMeans.predict": lambda X: cluster.KMeans(2).fit([[0.0], [1.0]]).predict(X),
    "KMedian": lambda X: cluster.KMedian(2).fit(X),
    "KCenter": lambda X: cluster.KCenter(2).fit(X),
    "Agglomerative": lambda X: cluster.Agglomerative(2).fit(X),
    "SpectralClustering": lambda X: cluster.SpectralClustering(2).fit(X),
    "SONClustering": lambda X: cluster.SONClustering(0.1).fit(X),
    "ConsensusClustering": lambda X: cluster.ConsensusClustering(2).fit(X),
    "oracle": lambda X: cluster.oracle(cluster.KMeans(2), X),
    "son_path": lambda X: cluster.son_path(X),
    "basic_partitions": lambda X: cluster.basic_partitions(X, 2),
    "FairKCenter": lambda X: fair.FairKCenter(2).fit(X, groups=G),
    "AntidoteData": lambda X: fair.AntidoteData(cluster.KMeans(2)).fit(X, groups=G),
    "ConvexAntidote": lambda X: fair.ConvexAntidote(lam=0.1).fit(X, groups=G),
    "FairBatch": lambda X: fair.FairBatch().fit(X, Y, groups=G),
    "social_cost": lambda X: metrics.social_cost(X, [[0.0]], G),
    "clustering_scores": lambda X: metrics.clustering_scores(X, Y),
    "coordinate_depth": lambda X: metrics.coordinate_depth(X, X, Y),
    "FairnessAttack": lambda X: attacks.FairnessAttack().run(
        fair.FairKCenter(2), X, groups=G, attackable=0.2
    ),
    "SpilloverAttack": lambda X: attacks.SpilloverAttack().run(cluster.KMeans(2), X),
    "RandomAnchoring": lambda X: attacks.RandomAnchoring().run(MODEL, X, Y, groups=G),
    "FGSM": lambda X: attacks.FGSM(epsilon=0.1).run(module(), X, Y),
    "NetworkInfluence": lambda X: influence.NetworkInfluence(damping=0.1).fit(
        module(), X, Y
    ),
    "InfluenceFunction": lambda X: influence.InfluenceFunction().fit(
        LogisticRegression().fit(np.ones((N, 1)), Y), X, Y
    ),
    "Trimmed": lambda X: influence.Trimmed(MODEL).fit(X, Y),
    "InfluenceReweighing": lambda X: influence.InfluenceReweighing().fit(
        X, Y, X_val=X, y_val=Y, groups_val=G
    ),
    "TreeInfluence": lambda X: influence.TreeInfluence().fit(X, Y, np.arange(N)),
    "knn_shapley": lambda X: influence.knn_shapley(X, Y, X, Y),
    "ActiveLearner": lambda X: learner().fit(X, Y),
    "OnlineTrimming": lambda X: trained().fit(X, Y, X, Y),
    "kernel_temporal_segmentation": lambda X: video.kernel_temporal_segmentation(X),
}

# Two halves of words, for entries that read names; 0 and 1 are what the others read.
NUMBERS_ONLY = {"demographic_parity", "equal_opportunity", "RandomAnchoring",
                "NonRandomAnchoring", "predict_proba", "score"}  # fmt: skip


@pytest.mark.parametrize("name", OF_GROUPS)
def test_missing_groups_are_refused(name):
    numbers = np.where(np.arange(N) == 3, np.nan, G)
    words = [["f", "m"][g] for g in G]
    words[3] = np.nan
    kinds = [numbers, np.ma.array(G, mask=np.arange(N) == 3), numbers.astype(object)]
    kinds.append(pd.Series(numbers, dtype="Int64"))
    if name not in NUMBERS_ONLY:
        kinds += [words, np.array(words), pd.Series(words, dtype="category")]
    for groups in kinds:
        message = r"groups(_val)? holds 1 missing value \(row 3"
        with pytest.raises(ValueError, match=message):
            OF_GROUPS[name](X, Y, groups)


@pytest.mark.parametrize("name", OF_LABELS)
def test_missing_labels_are_refused(name):
    numbers = np.where(np.arange(N) == 3, np.nan, Y)
    for labels in (numbers, np.ma.array(Y, mask=np.arange(N) == 3)):
        with pytest.raises(ValueError, match=r"holds 1 missing value \(row 3\)"):
            OF_LABELS[name](X, labels)


def frame():
    return pd.DataFrame(X, columns=["a", "b", "c"], index=np.arange(N) + 5)


@pytest.mark.filterwarnings("ignore:X has feature names:UserWarning")
@pytest.mark.parametrize("name", OF_GROUPS)
def test_groups_with_another_index_are_refused(name):
    own = frame()
    y = pd.Series(Y, index=own.index)
    groups = pd.Series(G, index=own.index[::-1])
    with pytest.raises(ValueError, match=r"the index of \w*groups\w* differs"):
        OF_GROUPS[name](own, y, groups)


# Of two labelings, and no X.
PAIRS = {"accuracy", "nmi", "ari", "n_switched", "contingency",
         "co_membership_distance"}  # fmt: skip


@pytest.mark.parametrize("name", OF_INDEXED)
def test_labels_with_another_index_are_refused(name):
    own = frame()
    y, turned = pd.Series(Y, index=own.index), pd.Series(Y, index=own.index[::-1])
    with pytest.raises(ValueError, match=r"the index of .* differs from that of"):
        if name in PAIRS:
            getattr(metrics, name)(y, turned)
        else:
            OF_INDEXED[name](own, turned)


def test_equal_indexes_and_arrays_go_by_position():
    own = frame()
    groups = pd.Series(G, index=own.index)
    fit = fair.FairLloyd(2, random_state=0).fit
    expected = fit(X, groups=G).labels_.tolist()
    assert fit(own, groups=groups).labels_.tolist() == expected
    assert fit(own, groups=G).labels_.tolist() == expected
    assert fit(X, groups=groups[::1]).labels_.tolist() == expected
    assert fit(own, groups=pd.Series(G).to_numpy()).labels_.tolist() == expected


ONE_ATTRIBUTE = sorted(set(OF_GROUPS) - {"FairAssignmentLP"})


@pytest.mark.parametrize("name", ONE_ATTRIBUTE)
def test_several_attributes_name_what_joins_them(name):
    two = np.stack([G, Y], axis=1)
    names = {"sex": G, "race": Y}
    for groups in (two, two.tolist(), pd.DataFrame(names), names):
        with pytest.raises(ValueError, match=r"rfcore.metrics.joint_groups\(\w*groups"):
            OF_GROUPS[name](X, Y, groups)


@pytest.mark.filterwarnings("ignore:X has feature names:UserWarning")
@pytest.mark.parametrize("name", OF_ROWS)
def test_dates_are_refused(name):
    days = pd.DataFrame({"when": pd.date_range("2020", periods=N)})
    spans = days - days.iloc[0]
    objects = np.array([[day] for day in np.asarray(days["when"])] + [[0]], object)[:N]
    for rows in (days, days.to_numpy(), spans, spans.to_numpy(), objects):
        with pytest.raises(ValueError, match="should hold numbers, has dates"):
            OF_ROWS[name](rows)


@pytest.mark.parametrize("name", OF_ROWS)
def test_masked_rows_are_refused(name):
    rows = np.ma.array(np.ones((N, 1)), mask=np.arange(N)[:, None] == 3)
    with pytest.raises(ValueError, match=r"holds 1 missing value \(position \[3, 0\]"):
        OF_ROWS[name](rows)


OF_CLUSTERS = {
    "balance": lambda labels, **more: metrics.balance(labels, G, **more),
    "group_entropy": lambda labels, **more: metrics.group_entropy(labels, G, **more),
    "cluster_depth": lambda labels, **more: metrics.cluster_depth(X, X, labels, **more),
    "coordinate_depth": lambda labels, **more: metrics.coordinate_depth(
        X, X, labels, **more
    ),
    "coordinate_reach": lambda labels, **more: metrics.coordinate_reach(
        np.zeros(3), X, labels, **more
    ),
    "clustering_scores": lambda labels, **more: metrics.clustering_scores(
        X, labels, **more
    ),
    "co_association": lambda labels, **more: metrics.co_association([labels], **more),
}


@pytest.mark.parametrize("name", OF_CLUSTERS)
def test_noise_is_an_error_or_a_cluster(name):
    labels = np.arange(N) // 8 - 1
    with pytest.raises(ValueError, match=r"8 times -1.* noise='drop' .*='cluster'"):
        OF_CLUSTERS[name](labels)
    found = OF_CLUSTERS[name](labels, noise="cluster")
    np.testing.assert_equal(found, OF_CLUSTERS[name](labels + 1))
    with pytest.raises(ValueError, match="noise='all' should be 'raise', 'drop' or "):
        OF_CLUSTERS[name](labels, noise="all")


def test_noise_is_left_out_of_rows_and_labels():
    labels = np.arange(N) // 8 - 1
    kept = labels >= 0
    own, names = X[kept], labels[kept]
    for measure in (metrics.cluster_depth, metrics.coordinate_depth):
        found = measure(X, X, labels, noise="drop")
        np.testing.assert_array_equal(found, measure(X, own, names))
    found = metrics.coordinate_reach(np.zeros(3), X, labels, noise="drop")
    expected = metrics.coordinate_reach(np.zeros(3), own, names)
    np.testing.assert_array_equal(found[0], expected[0])
    found = metrics.clustering_scores(X, labels, noise="drop")
    assert found == metrics.clustering_scores(own, names)
    with pytest.raises(ValueError, match="labels holds -1 only: no row is in"):
        metrics.coordinate_depth(X, X, np.full(N, -1), noise="drop")
