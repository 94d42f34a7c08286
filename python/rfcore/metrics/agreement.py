"""How far those who score the frames of a video agree: ranks, consistency, alpha."""

import numpy as np

from rfcore._arrays import as_rows
from rfcore.metrics.summary import _require_aggregate, aggregated, summary_f1


def rank_agreement(scores, user_scores, *, method="spearman", aggregate="mean"):
    """Rank correlation of predicted frame scores with the scores of each user.

    Parameters
    ----------
    scores : array-like of shape (n,)
        Predicted importance; only the order counts.
    user_scores : array-like of shape (u, n)
        Scores of the same frames by each user.
    method : {"spearman", "kendall"}, default="spearman"
        ``"spearman"`` is the correlation of average ranks, ``"kendall"`` is tau-b.
    aggregate : {"mean", "max", None}, default="mean"
        Over users; None gives each user's value.

    Returns
    -------
    float or float64 array of shape (u,)
        In [-1, 1]; 0 is what random scores get. Constant scores, predicted or a
        user's, order nothing and count as 0.

    Raises
    ------
    ValueError
        If lengths differ, a score is not finite, there are fewer than two frames or no
        user, or an option is not one of those above.

    References
    ----------
    Otani et al. 2019, doi:10.1109/CVPR.2019.00778.

    Examples
    --------
    >>> rank_agreement([0.1, 0.9, 0.5], [[1, 3, 2], [3, 1, 2]], aggregate=None)
    array([ 1., -1.])
    """
    _require_aggregate(aggregate)
    scores = np.asarray(scores)
    if scores.ndim != 1:
        raise ValueError(f"scores.ndim={scores.ndim} should be 1")
    users = _as_annotations(user_scores, "user_scores", n_frames=len(scores))
    scores = _as_annotations(scores[None], "scores")[0]
    return _as_number(aggregated(_correlations(scores, users, method), aggregate))


def annotator_consistency(annotations, *, measure="spearman"):
    """How far each pair of annotators agrees on the frames of one video.

    Parameters
    ----------
    annotations : array-like of shape (u, n)
        Scores of each annotator, or with ``measure="f1"`` a summary of each.
    measure : {"spearman", "kendall", "f1"}, default="spearman"
        As `rank_agreement` or `summary_f1`.

    Returns
    -------
    float64 array of shape (u, u)
        Symmetric; 1 on the diagonal, but 0 there too for constant scores. The mean off
        the diagonal is the mean pairwise agreement.

    Raises
    ------
    ValueError
        As `rank_agreement` or `summary_f1`, and for another measure.

    References
    ----------
    Thesis 3.2.4.5; Song et al. 2015, doi:10.1109/CVPR.2015.7299154.

    Examples
    --------
    >>> annotator_consistency([[1, 1, 0, 0], [0, 1, 1, 0]], measure="f1")
    array([[1. , 0.5],
           [0.5, 1. ]])
    """
    if measure == "f1":
        return summary_f1(np.atleast_2d(annotations), annotations, aggregate=None)
    annotations = _as_annotations(annotations, "annotations")
    return np.stack([_correlations(own, annotations, measure) for own in annotations])


def cronbach_alpha(annotations):
    """Cronbach's alpha: how far the annotators of a video measure one thing.

    With u annotators it is ``u / (u - 1) (1 - sum_i v_i / v)``, where ``v_i`` is the
    variance over frames of annotator i and ``v`` that of the sum of all.

    Parameters
    ----------
    annotations : array-like of shape (u, n)
        Scores of each annotator; binary ones (a frame is in a user's summary) will do.

    Returns
    -------
    float
        At most 1; higher is more consistent. It has no lower bound.

    Raises
    ------
    ValueError
        If there are fewer than two annotators or frames, a score is not finite, or the
        sum of all scores is the same on every frame.

    References
    ----------
    Thesis 3.2.4.5; Cronbach 1951, doi:10.1007/BF02310555.

    Examples
    --------
    >>> cronbach_alpha([[1, 2, 3, 4], [1, 2, 3, 4]])
    1.0
    """
    annotations = _as_annotations(annotations, "annotations")
    u = len(annotations)
    if u < 2:
        raise ValueError(f"annotations has {u} annotators, should have >= 2")
    total = annotations.sum(axis=0)
    if (total == total[0]).all():
        raise ValueError("annotations should not have the same sum on every frame")
    own = annotations.var(axis=1).sum()
    return float(u / (u - 1) * (1.0 - own / total.var()))


def _correlations(scores, users, method):
    """The rank correlation of scores (n,) with each of (u, n)."""
    from scipy import stats

    if method == "spearman":
        ranks = stats.rankdata(np.vstack([scores, users]), axis=1)
        ranks -= ranks.mean(axis=1, keepdims=True)
        lengths = np.linalg.norm(ranks, axis=1)
        scale = lengths[0] * lengths[1:]
        products = ranks[1:] @ ranks[0]
        found = np.divide(products, scale, out=np.zeros(len(users)), where=scale > 0)
        return np.clip(found, -1.0, 1.0)
    if method == "kendall":
        if np.ptp(scores) == 0:
            return np.zeros(len(users))
        return np.array(
            [
                stats.kendalltau(scores, own).statistic if np.ptp(own) > 0 else 0.0
                for own in users
            ]
        )
    raise ValueError(f"{method!r} should be 'spearman', 'kendall' or, of pairs, 'f1'")


def _as_annotations(annotations, name, *, n_frames=None):
    annotations = as_rows(annotations, name, n_features=n_frames, min_rows=1)
    if annotations.shape[1] < 2:
        raise ValueError(f"{name} has {annotations.shape[1]} frames, should have >= 2")
    return annotations


def _as_number(values):
    return float(values) if np.ndim(values) == 0 else values
