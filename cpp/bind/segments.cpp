#include "rfcore/segments.hpp"

#include "arrays.hpp"

namespace rfcore::bind {

void bind_segments(py::module_& m) {
  m.def(
      "extend_segments",
      [](const Array<double>& K, Array<double>& sums, Array<double>& diagonal,
         Array<double>& costs, Array<Label>& previous) {
        const auto k = in<2>(K, "K");
        const auto s = out<1>(sums, "sums");
        const auto d = out<1>(diagonal, "diagonal");
        const auto c = out<2>(costs, "costs");
        const auto p = out<2>(previous, "previous");
        const py::gil_scoped_release release;
        extend_segments(k, s, d, c, p);
      },
      py::arg("K").noconvert(), py::arg("sums").noconvert(),
      py::arg("diagonal").noconvert(), py::arg("costs").noconvert(),
      py::arg("previous").noconvert());
}

}  // namespace rfcore::bind
