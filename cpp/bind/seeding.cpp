#include "rfcore/seeding.hpp"

#include "arrays.hpp"

namespace rfcore::bind {
namespace {

template <class T>
void bind_typed(py::module_& m) {
  m.def(
      "kmeans_plus_plus",
      [](const Array<T>& X, const Array<double>& uniforms, Array<Index>& chosen) {
        const auto x = in<2>(X, "X");
        const auto u = in<1>(uniforms, "uniforms");
        const auto rows = out<1>(chosen, "chosen");
        const py::gil_scoped_release release;
        kmeans_plus_plus(x, u, rows);
      },
      py::arg("X").noconvert(), py::arg("uniforms").noconvert(),
      py::arg("chosen").noconvert());
  m.def(
      "farthest_first",
      [](const Array<T>& X, Index first, Array<Index>& chosen, Array<double>& sq) {
        const auto x = in<2>(X, "X");
        const auto rows = out<1>(chosen, "chosen");
        const auto distances = out<1>(sq, "sq");
        const py::gil_scoped_release release;
        farthest_first(x, first, rows, distances);
      },
      py::arg("X").noconvert(), py::arg("first"), py::arg("chosen").noconvert(),
      py::arg("sq").noconvert());
}

}  // namespace

void bind_seeding(py::module_& m) {
  m.def("seeding_uniforms", &seeding_uniforms, py::arg("n_clusters"));
  bind_typed<float>(m);
  bind_typed<double>(m);
}

}  // namespace rfcore::bind
