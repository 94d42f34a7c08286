#include "rfcore/magnitude.hpp"

#include "arrays.hpp"

namespace rfcore::bind {
namespace {

template <class T>
void bind_typed(py::module_& m) {
  m.def(
      "largest_magnitude",
      [](const Array<T>& x) {
        const auto v = in<1>(x, "x");
        const py::gil_scoped_release release;
        return largest_magnitude(v);
      },
      py::arg("x").noconvert());
}

}  // namespace

void bind_magnitude(py::module_& m) {
  bind_typed<float>(m);
  bind_typed<double>(m);
}

}  // namespace rfcore::bind
