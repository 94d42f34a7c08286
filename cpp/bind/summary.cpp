#include "rfcore/summary.hpp"

#include "arrays.hpp"

namespace rfcore::bind {

void bind_summary(py::module_& m) {
  m.def(
      "count_groups",
      [](const Array<Bit>& selected, const Array<Bit>& presence, bool packed,
         Array<Index>& counts, Array<Index>& sizes) {
        const auto s = in<2>(selected, "selected");
        const auto p = in<2>(presence, "presence");
        const auto c = out<2>(counts, "counts");
        const auto k = out<1>(sizes, "sizes");
        const py::gil_scoped_release release;
        count_groups(s, p, packed, c, k);
      },
      py::arg("selected").noconvert(), py::arg("presence").noconvert(),
      py::arg("packed"), py::arg("counts").noconvert(), py::arg("sizes").noconvert());
  m.def(
      "sum_bal",
      [](const Array<Bit>& selected, const Array<Bit>& presence, bool packed,
         Array<double>& values, Array<Label>& violating) {
        const auto s = in<2>(selected, "selected");
        const auto p = in<2>(presence, "presence");
        const auto v = out<1>(values, "values");
        const auto w = out<1>(violating, "violating");
        const py::gil_scoped_release release;
        sum_bal(s, p, packed, v, w);
      },
      py::arg("selected").noconvert(), py::arg("presence").noconvert(),
      py::arg("packed"), py::arg("values").noconvert(),
      py::arg("violating").noconvert());
}

}  // namespace rfcore::bind
