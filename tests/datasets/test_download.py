"""Tests of downloading, converting and verifying, against a server in this process."""

import gc
import gzip
import hashlib
import sys
import threading
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer

import numpy as np
import pytest

from rfcore.datasets import DataError
from rfcore.datasets import download as module
from rfcore.datasets.download import Product, Remote, download, fetch_product
from rfcore.datasets.files import content_digest, read_arrays, write_arrays

pooch = pytest.importorskip("pooch")

# requests leaves the connection of a failed download to the garbage collector, which
# the fixture of the server calls while this filter holds.
pytestmark = pytest.mark.filterwarnings("ignore:unclosed:ResourceWarning")

GOOD = gzip.compress(b"1 2 3", mtime=0)
SHA256 = hashlib.sha256(GOOD).hexdigest()
CUT = "cut"


class Handler(BaseHTTPRequestHandler):
    """Answers a path with its bytes, cut short where its name says so."""

    def do_GET(self):
        self.server.asked.append(self.path)
        answer = self.server.answers.get(self.path)
        if answer is None:
            self.send_error(404)
            return
        self.send_response(200)
        self.send_header("Content-Length", str(len(answer)))
        self.end_headers()
        self.wfile.write(answer[:9] if CUT in self.path else answer)
        self.close_connection = True

    def log_message(self, *args):
        """Stay silent."""


@pytest.fixture
def server(monkeypatch):
    # No pause between retries, and no proxy between the test and its own server.
    monkeypatch.setattr("time.sleep", lambda seconds: None)
    monkeypatch.setenv("NO_PROXY", "127.0.0.1")
    with ThreadingHTTPServer(("127.0.0.1", 0), Handler) as server:
        server.answers, server.asked = {}, []
        thread = threading.Thread(target=server.serve_forever, args=(0.01,))
        thread.start()
        yield server
        server.shutdown()
        thread.join()
    gc.collect()


@pytest.fixture
def remote(server):
    def make(*paths, filename="numbers.gz", sha256=SHA256):
        base = f"http://127.0.0.1:{server.server_port}"
        return Remote(filename, tuple(base + path for path in paths), sha256)

    return make


def _numbers(*paths):
    texts = [gzip.decompress(path.read_bytes()) for path in paths]
    return {"x": np.array([text.split() for text in texts], dtype=float).ravel()}


def _product(*remotes, x=(1, 2, 3), convert=_numbers):
    digest = content_digest({"x": np.array(x, dtype=float)})
    return Product("numbers/numbers.npz", remotes, convert, ("x",), digest)


def _tree(folder):
    return sorted(
        str(path.relative_to(folder)) for path in folder.rglob("*") if path.is_file()
    )


def test_download_once(server, remote, tmp_path):
    server.answers["/a"] = GOOD
    for _ in range(2):
        path = download(remote("/a"), tmp_path)
        assert path == tmp_path / "numbers.gz"
        assert path.read_bytes() == GOOD
    assert server.asked == ["/a"]


@pytest.mark.parametrize("terminal", [False, True])
def test_reports_go_to_a_terminal_only(
    monkeypatch, server, remote, tmp_path, caplog, terminal
):
    server.answers["/a"] = GOOD
    logger = pooch.get_logger()
    monkeypatch.setattr(logger, "handlers", [caplog.handler])
    monkeypatch.setattr("sys.stderr.isatty", lambda: terminal)
    download(remote("/a"), tmp_path)
    assert bool(caplog.records) == terminal
    assert logger.filters == []


@pytest.mark.parametrize("first", ["/damaged", "/cut", "/absent"])
def test_next_mirror_after_three_tries(server, remote, tmp_path, first):
    server.answers.update({"/damaged": b"other bytes", "/cut": GOOD, "/a": GOOD})
    path = download(remote(first, "/a"), tmp_path)
    assert path.read_bytes() == GOOD
    assert server.asked == [first] * 3 + ["/a"]
    assert _tree(tmp_path) == ["numbers.gz"]


@pytest.mark.parametrize("sha256", [SHA256, None])
def test_half_a_file_is_never_taken(server, remote, tmp_path, sha256):
    server.answers["/cut"] = GOOD
    with pytest.raises(
        DataError, match=r"could not download numbers.gz from http.*cut"
    ):
        download(remote("/cut", sha256=sha256), tmp_path)
    assert _tree(tmp_path) == []


def test_damaged_everywhere(server, remote, tmp_path):
    server.answers.update({"/one": b"other bytes", "/two": b"others"})
    with pytest.raises(DataError, match=r"(?s)/one: .*does not match.*/two: ") as info:
        download(remote("/one", "/two"), tmp_path)
    assert isinstance(info.value.__cause__, ValueError)
    assert _tree(tmp_path) == []


def test_without_pooch(monkeypatch, remote, tmp_path):
    monkeypatch.setitem(sys.modules, "pooch", None)
    with pytest.raises(ImportError, match=r'pip install "rfcore\[data\]"'):
        fetch_product(_product(remote("/a")), tmp_path)
    assert list(tmp_path.iterdir()) == []


def test_fetch_product_makes_the_file_once(server, remote, tmp_path):
    server.answers["/a"] = GOOD
    product = _product(remote("/a"))
    for _ in range(2):
        path = fetch_product(product, tmp_path)
        assert path == tmp_path / "numbers/numbers.npz"
        np.testing.assert_array_equal(read_arrays(path)["x"], [1, 2, 3])
    assert server.asked == ["/a"]
    assert _tree(tmp_path) == ["numbers/numbers.npz"]
    assert not (tmp_path / ".downloads").exists()


@pytest.mark.parametrize("bad", [b"no zip file", None])
def test_fetch_product_replaces_a_bad_file(server, remote, tmp_path, bad):
    server.answers["/a"] = GOOD
    path = tmp_path / "numbers" / "numbers.npz"
    write_arrays(path, {"x": np.array([9.0])})
    if bad is not None:
        path.write_bytes(bad)
    fetch_product(_product(remote("/a")), tmp_path)
    np.testing.assert_array_equal(read_arrays(path)["x"], [1, 2, 3])


@pytest.mark.parametrize(
    ("answer", "message"),
    [
        (b"no gzip file", r"numbers\.gz: damaged or not as published .*gzip"),
        (GOOD[:-10], r"numbers\.gz: damaged or not as published"),
        (gzip.compress(b"1 2 x", mtime=0), r"numbers\.gz: damaged .*could not convert"),
        (
            gzip.compress(b"1 2 4", mtime=0),
            r"differ from the published set \(content digest",
        ),
    ],
)
def test_wrong_content_leaves_nothing(server, remote, tmp_path, answer, message):
    server.answers["/a"] = answer
    product = _product(remote("/a", sha256=None))
    with pytest.raises(DataError, match=message):
        fetch_product(product, tmp_path)
    assert list(tmp_path.iterdir()) == []
    server.answers["/a"] = GOOD
    assert fetch_product(product, tmp_path).is_file()


def test_convert_must_give_every_array(server, remote, tmp_path):
    server.answers["/a"] = GOOD
    product = _product(remote("/a"), convert=lambda path: {"other": np.arange(3)})
    with pytest.raises(DataError, match=r"not as published \('x'\)"):
        fetch_product(product, tmp_path)


@pytest.mark.parametrize("error", [KeyboardInterrupt, DataError])
def test_interrupted_fetch_goes_on(monkeypatch, server, remote, tmp_path, error):
    server.answers.update({"/a": GOOD, "/b": GOOD})
    first = remote("/a", filename="a.gz")
    second = remote("/b", filename="b.gz")
    product = _product(first, second, x=(1, 2, 3, 1, 2, 3))

    def interrupt(wanted, folder):
        if wanted is second:
            raise error
        return download(wanted, folder)

    with monkeypatch.context() as patch:
        patch.setattr(module, "download", interrupt)
        with pytest.raises(error):
            fetch_product(product, tmp_path)
    assert _tree(tmp_path) == [".downloads/numbers.npz/a.gz"]

    fetch_product(product, tmp_path)
    assert server.asked == ["/a", "/b"]
    assert _tree(tmp_path) == ["numbers/numbers.npz"]


def test_interrupted_conversion_goes_on(server, remote, tmp_path):
    server.answers["/a"] = GOOD

    def interrupt(path):
        raise KeyboardInterrupt

    with pytest.raises(KeyboardInterrupt):
        fetch_product(_product(remote("/a"), convert=interrupt), tmp_path)
    assert _tree(tmp_path) == [".downloads/numbers.npz/numbers.gz"]
    fetch_product(_product(remote("/a")), tmp_path)
    assert server.asked == ["/a"]


@pytest.mark.parametrize(
    ("obstacle", "message"),
    [(".downloads", "cannot write to data_home="), ("numbers", "cannot write .*npz")],
)
def test_unwritable_home(server, remote, tmp_path, obstacle, message):
    server.answers["/a"] = GOOD
    (tmp_path / obstacle).touch()
    with pytest.raises(DataError, match=message):
        fetch_product(_product(remote("/a")), tmp_path)
