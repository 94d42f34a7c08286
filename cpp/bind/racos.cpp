#include "rfcore/racos.hpp"

#include "arrays.hpp"

namespace rfcore::bind {

void bind_racos(py::module_& m) {
  m.def("region_uniforms", &region_uniforms, py::arg("n_negatives"), py::arg("n_free"));
  m.def(
      "shrink_regions",
      [](const Array<double>& positives, const Array<double>& negatives,
         const Array<double>& bounds, bool discrete, Index n_free,
         const Array<double>& uniforms, Array<double>& low, Array<double>& high,
         Array<double>& points) {
        const auto x = in<2>(positives, "positives");
        const auto z = in<2>(negatives, "negatives");
        const auto space = in<2>(bounds, "bounds");
        const auto u = in<2>(uniforms, "uniforms");
        const auto from = out<2>(low, "low");
        const auto to = out<2>(high, "high");
        const auto drawn = out<2>(points, "points");
        const py::gil_scoped_release release;
        shrink_regions(x, z, space, discrete, n_free, u, from, to, drawn);
      },
      py::arg("positives").noconvert(), py::arg("negatives").noconvert(),
      py::arg("bounds").noconvert(), py::arg("discrete"), py::arg("n_free"),
      py::arg("uniforms").noconvert(), py::arg("low").noconvert(),
      py::arg("high").noconvert(), py::arg("points").noconvert());
}

}  // namespace rfcore::bind
