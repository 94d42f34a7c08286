"""What the door of the device kernels refuses, seen without a device."""

import numpy as np
import pytest

from rfcore import _core
from rfcore.errors import DeviceError


@pytest.fixture
def call(pretend):
    """Calls pairwise_sq_distances with one argument's interface changed."""

    def run(argument="X", array=None, **changes):
        arrays = {"X": np.zeros((4, 3)), "Y": np.zeros((2, 3)), "out": np.zeros((4, 2))}
        if array is not None:
            arrays[argument] = array
        pretended = {
            name: pretend(array, **(changes if name == argument else {}))
            for name, array in arrays.items()
        }
        _core.cuda.pairwise_sq_distances(**pretended)

    return run


def test_a_type_that_no_kernel_takes(call):
    with pytest.raises(TypeError, match=r"X.typestr='<f2' should be '<f4' or '<f8'"):
        call("X", np.zeros((4, 3), np.float16))


def test_types_that_differ(call):
    with pytest.raises(TypeError, match=r"Y.typestr='<f4' should be '<f8'"):
        call("Y", np.zeros((2, 3), np.float32))


def test_an_output_of_another_type(call):
    with pytest.raises(TypeError, match=r"out.typestr='<i8' should be '<f8'"):
        call("out", np.zeros((4, 2), np.int64))


def test_the_other_byte_order(call):
    with pytest.raises(TypeError, match=r"X.typestr='>f8' should be"):
        call("X", np.zeros((4, 3), ">f8"))


@pytest.mark.parametrize("ndim", [1, 3])
def test_another_number_of_axes(call, ndim):
    with pytest.raises(ValueError, match=rf"Y.ndim={ndim} should be 2"):
        call("Y", np.zeros((2,) * ndim))


@pytest.mark.parametrize(
    "array",
    [np.zeros((3, 4)).T, np.zeros((8, 3))[::2], np.zeros((4, 6))[:, ::2]],
    ids=["transposed", "rows left out", "columns left out"],
)
def test_an_array_that_is_not_contiguous(call, array):
    with pytest.raises(ValueError, match="X should be C-contiguous"):
        call("X", array)


@pytest.mark.parametrize(
    ("shape", "strides"),
    [((4, 3), (24, 8)), ((1, 3), (7, 8)), ((4, 1), (8, 7)), ((0, 3), (1, 1))],
    ids=["in order", "one row", "one column", "empty"],
)
def test_strides_of_an_array_in_order(call, shape, strides):
    # A build without a device refuses later, or the shapes do not fit: X passed.
    try:
        call("X", np.zeros(shape), strides=strides)
    except (ValueError, DeviceError) as refused:
        assert "contiguous" not in str(refused)


def test_strides_of_another_length(call):
    with pytest.raises(ValueError, match="strides should match the shape"):
        call("X", strides=(8,))


def test_an_output_that_is_read_only(call):
    with pytest.raises(ValueError, match="out should be writable"):
        call("out", data=(4096, True))


def test_an_address_that_is_not_aligned(call):
    with pytest.raises(ValueError, match="data=4097 should be an aligned address"):
        call("X", data=(4097, False))


def test_no_address_for_an_array_that_is_not_empty(call):
    with pytest.raises(ValueError, match="data=0 should be an aligned address"):
        call("X", data=(0, False))


@pytest.mark.parametrize("version", [1, 4])
def test_another_version_of_the_interface(call, version):
    with pytest.raises(ValueError, match=f"version={version} should be 2 or 3"):
        call("X", version=version)


@pytest.mark.parametrize("key", ["version", "typestr", "shape", "data"])
@pytest.mark.parametrize("value", [None, object()], ids=["missing", "meaningless"])
def test_an_interface_that_is_not_complete(call, key, value):
    with pytest.raises(ValueError, match=f"X.* should have a valid '{key}'"):
        call("X", **{key: value})


def test_a_mask(call):
    with pytest.raises(ValueError, match="mask should be None"):
        call("X", mask=object())


def test_the_stream_that_the_interface_forbids(call):
    with pytest.raises(ValueError, match="stream=0 should be 1, 2 or an address"):
        call("X", stream=0)


@pytest.mark.parametrize("argument", ["X", "Y", "out"])
def test_an_array_of_the_host_among_those_of_the_device(pretend, argument):
    arrays = {"X": np.zeros((4, 3)), "Y": np.zeros((2, 3)), "out": np.zeros((4, 2))}
    mixed = {
        name: array if name == argument else pretend(array)
        for name, array in arrays.items()
    }
    message = f"{argument} should be an array on the device, not a numpy.ndarray"
    with pytest.raises(DeviceError, match=message):
        _core.cuda.pairwise_sq_distances(**mixed)


def test_an_array_that_refuses_keeps_its_words():
    class Refuses:
        @property
        def __cuda_array_interface__(self):
            raise RuntimeError("detach() this tensor first")

    with pytest.raises(RuntimeError, match="detach"):
        _core.cuda.pairwise_sq_distances(Refuses(), Refuses(), Refuses())


def test_a_stream_that_is_no_address(call, pretend):
    X = pretend(np.zeros((2, 2)))
    with pytest.raises(TypeError, match="incompatible function arguments"):
        _core.cuda.pairwise_sq_distances(X, X, X, stream=-1)


@pytest.mark.gpu
def test_memory_of_the_host_behind_an_interface(device):
    X, out = np.zeros((4, 3)), np.zeros((4, 4))
    with pytest.raises(
        DeviceError, match="Y should live on the device, not on the host"
    ):
        _core.cuda.pairwise_sq_distances(
            device.put(X), device.on_host(X), device.put(out)
        )


@pytest.mark.gpu
def test_arrays_of_two_devices(device):
    X, out = np.zeros((4, 3)), np.zeros((4, 4))
    with pytest.raises(DeviceError, match="Y lives on device 1, X on device 0"):
        _core.cuda.pairwise_sq_distances(
            device.put(X), device.elsewhere(X), device.put(out)
        )


@pytest.mark.gpu
def test_tensors_of_torch(device):
    torch = pytest.importorskip("torch")
    if not torch.cuda.is_available():
        pytest.skip("torch finds no CUDA device")
    X = torch.arange(6.0, device="cuda").reshape(3, 2)
    out = torch.empty((3, 3), dtype=torch.float64, device="cuda")
    _core.cuda.pairwise_sq_distances(X, X, out)
    np.testing.assert_array_equal(out.cpu(), [[0, 8, 32], [8, 0, 8], [32, 8, 0]])


@pytest.mark.gpu
def test_work_of_another_stream_comes_first(device, pretend):
    X = np.arange(6.0).reshape(3, 2)
    placed, out = device.put(X), device.put(np.zeros((3, 3)))
    interface = placed.__cuda_array_interface__

    class Exported:
        __cuda_array_interface__ = interface | {"version": 3, "stream": 2}

    _core.cuda.pairwise_sq_distances(Exported(), Exported(), out)
    np.testing.assert_array_equal(device.take(out), [[0, 8, 32], [8, 0, 8], [32, 8, 0]])
