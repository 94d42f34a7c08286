"""Where the tests of the device kernels run: on a device, or in the emulated build."""

import numpy as np
import pytest

from rfcore import _core

GARBAGE = {"f": np.nan, "i": -7, "u": 7}


class Pretended:
    """An array of the host that says it lives on a device."""

    def __init__(self, array, **changes):
        self.array = array
        self.__cuda_array_interface__ = {
            "version": 3,
            "typestr": array.dtype.str,
            "shape": array.shape,
            "data": (array.ctypes.data, False),
            "strides": None if array.flags.c_contiguous else array.strides,
            "stream": None,
        } | changes


class Emulated:
    """The emulated build, which takes memory of the host for memory of the device."""

    def put(self, array):
        return Pretended(np.array(array, order="C"))

    def take(self, array):
        return array.array

    def on_host(self, array):
        return Pretended(array, data=(1 << 10, False))

    def elsewhere(self, array):
        return Pretended(array, data=(1 << 20, False))


class OnDevice:
    """CuPy's current device."""

    def __init__(self):
        self.cupy = pytest.importorskip("cupy")
        # In a pool arrays have neighbours, and a sanitizer sees no step beyond an end.
        self.cupy.cuda.set_allocator(None)

    def put(self, array):
        return self.cupy.asarray(np.array(array, order="C"))

    def take(self, array):
        return self.cupy.asnumpy(array)

    def on_host(self, array):
        return Pretended(array)

    def elsewhere(self, array):
        if self.cupy.cuda.runtime.getDeviceCount() == 1:
            pytest.skip("needs two CUDA devices")
        with self.cupy.cuda.Device(1):
            return self.cupy.asarray(array)


@pytest.fixture(scope="session")
def device():
    """Puts arrays where the device kernels find them, and takes them back."""
    if _core.cuda.backend() == "emulated":
        return Emulated()
    if not _core.cuda.is_available():
        pytest.skip("no CUDA device, or a build without device kernels")
    return OnDevice()


@pytest.fixture(scope="session")
def both(device):
    """Runs a kernel on the host and on the device and gives what each wrote.

    `inputs` are arrays and numbers in the kernel's order, `outputs` the shapes and
    dtypes of the arrays that follow. Outputs start as garbage.
    """

    def run(name, inputs, outputs, *, stream=0):
        blanks = [
            np.full(shape, GARBAGE[np.dtype(dtype).kind], dtype)
            for shape, dtype in outputs
        ]
        written = [blank.copy() for blank in blanks]
        host_value = getattr(_core, name)(*inputs, *written)
        placed = [device.put(blank) for blank in blanks]
        arguments = [
            device.put(value) if isinstance(value, np.ndarray) else value
            for value in inputs
        ]
        device_value = getattr(_core.cuda, name)(*arguments, *placed, stream)
        taken = [device.take(array) for array in placed]
        if host_value is not None:
            written.append(np.array(host_value))
            taken.append(np.array(device_value))
        return written, taken

    return run


@pytest.fixture(scope="session")
def same_as_host(both):
    """Runs a kernel in both places, wants the same bits, and gives them."""

    def run(name, inputs, outputs, **options):
        on_host, on_device = both(name, inputs, outputs, **options)
        for expected, got in zip(on_host, on_device, strict=True):
            assert got.dtype == expected.dtype
            np.testing.assert_array_equal(got, expected)
        return on_host

    return run


@pytest.fixture(scope="session")
def same_error_as_host(device):
    """Runs a kernel in both places and wants the host's ValueError from both."""

    def run(name, *arguments):
        with pytest.raises(ValueError) as on_host:
            getattr(_core, name)(*arguments)
        placed = [
            device.put(value) if isinstance(value, np.ndarray) else value
            for value in arguments
        ]
        before = [device.take(a).copy() for a in placed if not np.isscalar(a)]
        with pytest.raises(ValueError) as on_device:
            getattr(_core.cuda, name)(*placed)
        assert str(on_device.value) == str(on_host.value)
        after = [device.take(a) for a in placed if not np.isscalar(a)]
        for a, b in zip(before, after, strict=True):
            np.testing.assert_array_equal(a, b)

    return run


@pytest.fixture(scope="session")
def pretend():
    """Makes an array that says it lives on a device."""
    return Pretended
