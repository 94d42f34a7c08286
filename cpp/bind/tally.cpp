#include "rfcore/tally.hpp"

#include "arrays.hpp"

namespace rfcore::bind {
namespace {

template <class T>
void bind_typed(py::module_& m) {
  m.def(
      "tally_nearest",
      [](const Array<T>& X, const Array<double>& centers, const Array<Label>& groups,
         Array<Index>& counts, Array<double>& sums) {
        const auto x = in<2>(X, "X");
        const auto c = in<3>(centers, "centers");
        const auto g = in<1>(groups, "groups");
        const auto tables = out<3>(counts, "counts");
        const auto s = out<2>(sums, "sums");
        const py::gil_scoped_release release;
        tally_nearest(x, c, g, tables, s);
      },
      py::arg("X").noconvert(), py::arg("centers").noconvert(),
      py::arg("groups").noconvert(), py::arg("counts").noconvert(),
      py::arg("sums").noconvert());
}

}  // namespace

void bind_tally(py::module_& m) {
  bind_typed<float>(m);
  bind_typed<double>(m);
}

}  // namespace rfcore::bind
