"""How objects show themselves: settings in one line, results in a few."""

import base64
import dataclasses
import html
import inspect
import io
import textwrap

import numpy as np

_WIDTH = 79
_MOST_LINES = 5


class Settings:
    """A mixin for values that a constructor only stores: shown as scikit-learn does.

    ``SpilloverAttack(max_evals=50, random_state=0)`` names what is not the default.
    """

    def __repr__(self):
        parameters = inspect.signature(type(self).__init__).parameters.values()
        shown = [
            f"{parameter.name}={brief(getattr(self, parameter.name))}"
            for parameter in parameters
            if hasattr(self, parameter.name)
            and not _same(getattr(self, parameter.name), parameter.default)
        ]
        text = f"{type(self).__name__}({', '.join(shown)})"
        return textwrap.fill(text, _WIDTH, subsequent_indent="  ")


class Record:
    """A mixin for dataclasses of arrays and numbers: shown in five lines at most.

    A class may give lines of its own by `_lines`. In notebooks what `plot` draws stands
    below, where matplotlib is at hand.
    """

    def __repr__(self):
        return "\n".join(self._lines())

    def _lines(self):
        fields = dataclasses.fields(self)
        shown = [f"{field.name}={brief(getattr(self, field.name))}" for field in fields]
        text = f"{type(self).__name__}({', '.join(shown)})"
        return textwrap.wrap(
            text,
            _WIDTH,
            subsequent_indent="  ",
            max_lines=_MOST_LINES,
            placeholder=" ...",
        )

    def _repr_html_(self):
        return f"<pre>{html.escape(repr(self))}</pre>{self._picture()}"

    def _picture(self):
        if not hasattr(self, "plot"):
            return ""
        try:
            figure = self.plot()
            figure = getattr(figure, "figure", figure)
            file = io.BytesIO()
            figure.savefig(file, format="png", dpi=110, bbox_inches="tight")
            from matplotlib import pyplot

            pyplot.close(figure)
        except Exception:
            # A notebook shows the words alone where there is nothing to draw, or with.
            return ""
        data = base64.b64encode(file.getvalue()).decode()
        return f'<img alt="{type(self).__name__}" src="data:image/png;base64,{data}">'


def brief(value):
    """A value in a few characters: of an array its kind and shape.

    Parameters
    ----------
    value : object

    Returns
    -------
    str
    """
    if hasattr(value, "shape") and hasattr(value, "dtype"):
        return (
            f"{type(value).__name__}{tuple(value.shape)}"
            if np.ndim(value)
            else f"{value:g}"
        )
    if isinstance(value, float):
        return f"{value:g}"
    if isinstance(value, (list, tuple, dict, set)) and len(value) > 6:
        return f"{type(value).__name__} of {len(value)}"
    if isinstance(value, dict):
        return "{" + ", ".join(f"{k!r}: {brief(v)}" for k, v in value.items()) + "}"
    if isinstance(value, (list, tuple)):
        return f"[{', '.join(map(brief, value))}]"
    if callable(value) and hasattr(value, "__name__"):
        return value.__name__
    return " ".join(repr(value).split())


def _same(value, default):
    if value is default:
        return True
    try:
        return bool(np.all(value == default)) and np.ndim(value) == np.ndim(default)
    except (TypeError, ValueError):
        return False
