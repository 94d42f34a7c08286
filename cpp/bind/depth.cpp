#include "rfcore/depth.hpp"

#include "arrays.hpp"

namespace rfcore::bind {
namespace {

template <class T>
void bind_typed(py::module_& m) {
  m.def(
      "cluster_moments",
      [](const Array<T>& X, const Array<Label>& labels, Array<double>& means,
         Array<double>& variances, Array<Index>& counts) {
        const auto x = in<2>(X, "X");
        const auto l = in<1>(labels, "labels");
        const auto a = out<2>(means, "means");
        const auto v = out<2>(variances, "variances");
        const auto n = out<1>(counts, "counts");
        const py::gil_scoped_release release;
        cluster_moments(x, l, a, v, n);
      },
      py::arg("X").noconvert(), py::arg("labels").noconvert(),
      py::arg("means").noconvert(), py::arg("variances").noconvert(),
      py::arg("counts").noconvert());
}

}  // namespace

void bind_depth(py::module_& m) {
  bind_typed<float>(m);
  bind_typed<double>(m);
  m.def(
      "mahalanobis_depth",
      [](const Array<double>& points, const Array<double>& means,
         const Array<double>& whitening, Array<double>& depth) {
        const auto p = in<2>(points, "points");
        const auto a = in<2>(means, "means");
        const auto w = in<3>(whitening, "whitening");
        const auto d = out<1>(depth, "depth");
        const py::gil_scoped_release release;
        mahalanobis_depth(p, a, w, d);
      },
      py::arg("points").noconvert(), py::arg("means").noconvert(),
      py::arg("whitening").noconvert(), py::arg("depth").noconvert());
  m.def(
      "coordinate_depth",
      [](const Array<double>& points, const Array<double>& means,
         const Array<double>& variances, bool printed, Array<double>& depth) {
        const auto p = in<2>(points, "points");
        const auto a = in<2>(means, "means");
        const auto v = in<2>(variances, "variances");
        const auto d = out<1>(depth, "depth");
        const py::gil_scoped_release release;
        coordinate_depth(
            p, a, v, printed ? CoordinateDepth::kPrinted : CoordinateDepth::kDefinition,
            d);
      },
      py::arg("points").noconvert(), py::arg("means").noconvert(),
      py::arg("variances").noconvert(), py::arg("printed"),
      py::arg("depth").noconvert());
}

}  // namespace rfcore::bind
