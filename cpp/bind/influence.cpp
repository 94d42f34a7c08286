#include "rfcore/influence.hpp"

#include "arrays.hpp"

namespace rfcore::bind {
namespace {

template <class T>
void bind_typed(py::module_& m) {
  m.def(
      "rows_times",
      [](const Array<T>& X, const Array<double>& W, const Array<double>& constant,
         Array<double>& product) {
        const auto x = in<2>(X, "X");
        const auto w = in<2>(W, "W");
        const auto c = in<1>(constant, "constant");
        const auto o = out<2>(product, "out");
        const py::gil_scoped_release release;
        rows_times(x, w, c, o);
      },
      py::arg("X").noconvert(), py::arg("W").noconvert(),
      py::arg("constant").noconvert(), py::arg("out").noconvert());
  m.def(
      "sum_slopes",
      [](const Array<T>& X, const Array<T>& shift, const Array<double>& slopes,
         const Array<double>& magnitudes, Array<double>& gradient,
         Array<double>& sizes) {
        const auto x = in<2>(X, "X");
        const auto a = in<1>(shift, "shift");
        const auto s = in<2>(slopes, "slopes");
        const auto w = in<2>(magnitudes, "magnitudes");
        const auto g = out<2>(gradient, "gradient");
        const auto z = out<2>(sizes, "sizes");
        const py::gil_scoped_release release;
        sum_slopes(x, a, s, w, g, z);
      },
      py::arg("X").noconvert(), py::arg("shift").noconvert(),
      py::arg("slopes").noconvert(), py::arg("magnitudes").noconvert(),
      py::arg("gradient").noconvert(), py::arg("sizes").noconvert());
  m.def(
      "scale_rows",
      [](const Array<T>& X, const Array<T>& shift, const Array<T>& root,
         Array<T>& scaled) {
        const auto x = in<2>(X, "X");
        const auto a = in<1>(shift, "shift");
        const auto r = in<1>(root, "root");
        const auto s = out<2>(scaled, "scaled");
        const py::gil_scoped_release release;
        scale_rows(x, a, r, s);
      },
      py::arg("X").noconvert(), py::arg("shift").noconvert(),
      py::arg("root").noconvert(), py::arg("scaled").noconvert());
}

}  // namespace

void bind_influence(py::module_& m) {
  bind_typed<float>(m);
  bind_typed<double>(m);
}

}  // namespace rfcore::bind
