"""Zeroth-order optimizers: they see values of a function, and nothing else."""

from rfcore.zeroth.embedding import SequentialEmbedding
from rfcore.zeroth.minimize import minimize
from rfcore.zeroth.space import Discrete

__all__ = ["Discrete", "SequentialEmbedding", "minimize"]
