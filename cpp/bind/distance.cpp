#include "rfcore/distance.hpp"

#include "arrays.hpp"

namespace rfcore::bind {
namespace {

template <class T>
void bind_typed(py::module_& m) {
  m.def(
      "pairwise_sq_distances",
      [](const Array<T>& X, const Array<T>& Y, Array<double>& out_) {
        const auto x = in<2>(X, "X"), y = in<2>(Y, "Y");
        const auto sq = out<2>(out_, "out");
        const py::gil_scoped_release release;
        pairwise_sq_distances(x, y, sq);
      },
      py::arg("X").noconvert(), py::arg("Y").noconvert(), py::arg("out").noconvert());
  m.def(
      "self_distances",
      [](const Array<T>& X, bool squared, Array<double>& out_) {
        const auto x = in<2>(X, "X");
        const auto distances = out<2>(out_, "out");
        const py::gil_scoped_release release;
        self_distances(x, squared, distances);
      },
      py::arg("X").noconvert(), py::arg("squared"), py::arg("out").noconvert());
  m.def(
      "replace_row_distances",
      [](const Array<T>& X, const Array<T>& row, Index t, bool squared,
         Array<double>& D) {
        const auto x = in<2>(X, "X");
        const auto r = in<1>(row, "row");
        const auto d = out<2>(D, "D");
        const py::gil_scoped_release release;
        replace_row_distances(x, r, t, squared, d);
      },
      py::arg("X").noconvert(), py::arg("row").noconvert(), py::arg("t"),
      py::arg("squared"), py::arg("D").noconvert());
}

}  // namespace

void bind_distance(py::module_& m) {
  bind_typed<float>(m);
  bind_typed<double>(m);
}

}  // namespace rfcore::bind
