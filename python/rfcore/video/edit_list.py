"""From selected frames to something to watch: an edit list, and the cut file."""

import csv
from fractions import Fraction
from pathlib import Path

import numpy as np

_COLUMNS = ("segment", "first_frame", "last_frame", "start_s", "end_s")


def edit_list(selected, fps):
    """The runs of selected frames with their times.

    Parameters
    ----------
    selected : array-like of shape (n,)
        0 and 1, or bool.
    fps : float
        Frames a second.

    Returns
    -------
    segments : list of tuple
        ``(first_frame, last_frame, start_s, end_s)``: the last frame is selected, the
        end is where it ends, ``(last_frame + 1) / fps``.

    Raises
    ------
    ValueError
        If no frame is selected, `selected` is not a vector of 0 and 1, or the rate is
        not positive.

    Examples
    --------
    >>> edit_list([1, 1, 0, 1], fps=2)
    [(0, 1, 0.0, 1.0), (3, 3, 1.5, 2.0)]
    """
    selected = np.asarray(selected)
    if selected.ndim != 1 or not np.isin(selected, (0, 1)).all():
        raise ValueError("selected should be a vector of 0 and 1")
    if not selected.any():
        raise ValueError("selected should hold at least one frame")
    if not 0 < fps < np.inf:
        raise ValueError(f"fps={fps} should be a positive number")
    edges = np.flatnonzero(np.diff(selected.astype(np.int8), prepend=0, append=0))
    return [
        (int(first), int(end) - 1, float(first / fps), float(end / fps))
        for first, end in edges.reshape(-1, 2)
    ]


def write_edit_list(path, selected, fps):
    """Write the edit list as CSV: segment, first and last frame, start and end time.

    Parameters
    ----------
    path : path-like
        A file there is replaced.
    selected, fps
        As in `edit_list`.
    """
    rows = edit_list(selected, fps)
    with open(path, "w", encoding="utf-8", newline="") as file:
        writer = csv.writer(file, lineterminator="\n")
        writer.writerow(_COLUMNS)
        for number, (first, last, start, end) in enumerate(rows, 1):
            writer.writerow([number, first, last, f"{start:.6f}", f"{end:.6f}"])


def cut_video(source, target, selected, *, codec=None):
    """Write the selected frames of a video file as another one, without sound.

    Parameters
    ----------
    source, target : path-like
        A file at `target` is replaced.
    selected : array-like of shape (n,)
        0 and 1, or bool: a flag for each frame of the first video stream, in the order
        in which they are shown.
    codec : str or None, default=None
        None takes that of the source where it can be written, else MPEG-4.

    Returns
    -------
    n_frames : int
        Frames written.

    Raises
    ------
    ImportError
        If PyAV is missing.
    ValueError
        If the file has another number of frames than `selected` by more than one, no
        frame is selected, or the file has no video.
    """
    av = _import_av()
    selected = np.asarray(selected)
    edit_list(selected, 1)
    if Path(source).resolve() == Path(target).resolve():
        raise ValueError("target should be another file than source")
    n_read = n_written = 0
    with av.open(str(source)) as reader, av.open(str(target), "w") as writer:
        if not reader.streams.video:
            raise ValueError(f"{source} has no video")
        given = reader.streams.video[0]
        rate = Fraction(given.average_rate or 25)
        made = writer.add_stream(codec or _codec(av, given), rate=rate)
        made.width, made.height = given.width, given.height
        made.pix_fmt = "yuv420p"
        made.time_base = 1 / rate
        for frame in reader.decode(given):
            if n_read < len(selected) and selected[n_read]:
                frame = frame.reformat(format="yuv420p")
                frame.pts, frame.time_base, frame.pict_type = n_written, 1 / rate, 0
                writer.mux(made.encode(frame))
                n_written += 1
            n_read += 1
        writer.mux(made.encode())
    if abs(n_read - len(selected)) > 1:
        Path(target).unlink()
        raise ValueError(
            f"{source} has {n_read} frames, selected {len(selected)}: more than one "
            "apart"
        )
    return n_written


def _codec(av, stream):
    name = stream.codec_context.name
    try:
        av.codec.Codec(name, "w")
    except (ValueError, av.error.FFmpegError):
        return "mpeg4"
    return name


def _import_av():
    try:
        import av
    except ImportError as error:
        raise ImportError(
            'cutting a video needs PyAV: pip install "rfcore[video]"'
        ) from error
    return av
