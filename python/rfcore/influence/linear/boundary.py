"""The move of thesis 4.2.2 that takes rows across the boundary of a linear model."""

import numpy as np


def boundary_move(X, coef, intercept=0.0, *, gamma=1.1):
    """Rows moved at right angles across a hyperplane.

    x' = x - gamma (theta'x + b) / ||theta||^2 theta, so theta'x' + b is (1 - gamma)
    times theta'x + b: with gamma > 1 every row that is not on the hyperplane ends on
    its other side, and the accuracy of theta on the moved rows is one minus that on X.

    Parameters
    ----------
    X : array-like of shape (n, d)
    coef : array-like of shape (d,) or (1, d)
        theta, not all zero.
    intercept : float, default=0.0
        b.
    gamma : float, default=1.1
        1 is the hyperplane itself.

    Returns
    -------
    float64 array of shape (n, d)

    Raises
    ------
    ValueError
        If the shapes do not fit, or theta is zero.

    Notes
    -----
    *Differences from the thesis.* Its formula divides by the norm, not by its square;
    then where a row ends depends on the length of theta, and gamma > 1 does not mean
    crossing.

    Examples
    --------
    >>> boundary_move([[3.0, 1.0]], [2.0, 0.0], gamma=2.0)
    array([[-3.,  1.]])
    """
    X, coef = np.asarray(X, dtype=np.float64), np.ravel(coef).astype(np.float64)
    if X.ndim != 2 or X.shape[1] != len(coef):
        raise ValueError(f"X.shape={X.shape} should be (n, {len(coef)})")
    amounts = move_amounts(X @ coef + float(np.squeeze(intercept)), coef, gamma)
    return X - np.outer(amounts, coef)


def move_amounts(decisions, coef, gamma):
    """How many times theta is taken from each row, (n,)."""
    largest = np.abs(coef).max()
    if largest == 0:
        raise ValueError("the coefficients are all zero: there is no boundary")
    # Scaled, so that the square of the norm neither overflows nor underflows.
    return gamma * (decisions / largest) / (((coef / largest) ** 2).sum() * largest)
