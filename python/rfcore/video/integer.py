"""Integer linear programs given as arrays, solved to proven optimality by HiGHS."""

import numpy as np

from rfcore.errors import ConvergenceError

# Gaps of 0: an answer is optimal, not nearly so. Not in parallel, so that runs repeat;
# "threads" is left alone, for HiGHS keeps the first number that a process gives it.
_OPTIONS = {
    "output_flag": False,
    "parallel": "off",
    "random_seed": 0,
    "mip_rel_gap": 0.0,
    "mip_abs_gap": 1e-9,
    "mip_feasibility_tolerance": 1e-9,
    "primal_feasibility_tolerance": 1e-9,
}


class IntegerProgram:
    """Maximize ``cost @ x`` over integers ``0 <= x <= upper`` with bounded rows.

    The rows are given with each question.

    Parameters
    ----------
    cost : array of shape (m,)
    upper : array of shape (m,)
    integers : bool array of shape (m,), optional
        Which x are integers; all without it. The others should be integers in every
        optimum at a vertex.
    time_limit_s : float or None
        For one question.
    """

    def __init__(self, cost, upper, *, integers=None, time_limit_s=None):
        self.cost = np.ascontiguousarray(cost, dtype=np.float64)
        self.upper = np.ascontiguousarray(upper, dtype=np.float64)
        if integers is None:
            integers = np.ones(len(self.cost))
        self.integers = np.ascontiguousarray(integers, dtype=np.int32)
        self.time_limit_s = time_limit_s
        self.n_solved = 0

    def solve(self, rows, low, high):
        """One question.

        Parameters
        ----------
        rows : array of shape (r, m)
        low, high : array of shape (r,)
            Infinite where a side is open.

        Returns
        -------
        int64 array of shape (m,) or None
            None where no x satisfies the rows, which HiGHS has proved.

        Raises
        ------
        ConvergenceError
            If HiGHS gives neither an optimum nor a proof, at the time limit say.
        """
        import highspy

        self.n_solved += 1
        highs = self._model(highspy, np.asarray(rows, dtype=np.float64), low, high)
        highs.run()
        status = highs.getModelStatus()
        if status == highspy.HighsModelStatus.kInfeasible:
            return None
        if status != highspy.HighsModelStatus.kOptimal:
            raise ConvergenceError(
                f"HiGHS ended without an optimum: {highs.modelStatusToString(status)}"
            )
        return np.rint(highs.getSolution().col_value).astype(np.int64)

    def _model(self, highspy, rows, low, high):
        m = len(self.cost)
        starts = np.zeros(m + 1, dtype=np.int32)
        np.cumsum(np.count_nonzero(rows, axis=0), out=starts[1:])
        column, row = np.nonzero(rows.T)
        # The compiled class: the one in Python sets callbacks, which print a banner.
        highs = highspy.Highs.__base__()
        for option, setting in _OPTIONS.items():
            highs.setOptionValue(option, setting)
        if self.time_limit_s is not None:
            highs.setOptionValue("time_limit", float(self.time_limit_s))
        status = highs.passModel(
            m,
            len(rows),
            len(column),
            int(highspy.MatrixFormat.kColwise),
            int(highspy.ObjSense.kMaximize),
            0.0,
            self.cost,
            np.zeros(m),
            self.upper,
            np.ascontiguousarray(low, dtype=np.float64),
            np.ascontiguousarray(high, dtype=np.float64),
            starts,
            row.astype(np.int32),
            np.ascontiguousarray(rows.T[column, row]),
            self.integers * int(highspy.HighsVarType.kInteger),
        )
        if status == highspy.HighsStatus.kError:
            raise ConvergenceError("HiGHS takes no such program")
        return highs
