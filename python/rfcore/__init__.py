"""rfcore: robust and fair machine learning, measured and repaired.

The subpackages are imported where they are used; `import rfcore` loads none of
them.
"""

from importlib import metadata as _metadata

__version__ = _metadata.version("rfcore")

__all__ = [
    "attacks",
    "cluster",
    "datasets",
    "errors",
    "experiments",
    "fair",
    "influence",
    "metrics",
    "report",
    "thesis",
    "video",
    "zeroth",
]


def __getattr__(name):
    if name in __all__:
        import importlib

        return importlib.import_module(f"{__name__}.{name}")
    raise AttributeError(f"module {__name__!r} has no attribute {name!r}")


def __dir__():
    return [*__all__, "__version__"]
