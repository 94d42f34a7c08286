"""The errors and warnings that rfcore raises beside Python's own."""


class RfcoreError(Exception):
    """Base of every error that is rfcore's own."""


class DeviceError(RfcoreError, RuntimeError):
    """A device is missing, an array lives in the wrong place, or a launch failed."""


class BudgetError(RfcoreError, RuntimeError):
    """An oracle was asked more questions than its budget allows."""


class InfeasibleError(RfcoreError, ValueError):
    """No answer can satisfy the constraints that were given."""


class ConvergenceError(RfcoreError, RuntimeError):
    """An iteration ended without an answer that could be used."""


class ApproximationWarning(UserWarning):
    """An estimate was taken beyond where it holds; the rows or targets are named."""


class ConvergenceWarning(UserWarning):
    """An iteration ended at its limit; the answer is usable and flagged."""
