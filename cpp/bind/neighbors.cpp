#include "rfcore/neighbors.hpp"

#include "arrays.hpp"

namespace rfcore::bind {
namespace {

Metric parse_metric(const std::string& name) {
  if (name == "euclidean") return Metric::kEuclidean;
  if (name == "manhattan") return Metric::kManhattan;
  throw std::invalid_argument("metric='" + name +
                              "' should be 'euclidean' or 'manhattan'");
}

}  // namespace

void bind_neighbors(py::module_& m) {
  m.def(
      "nearest_neighbors",
      [](const Array<double>& X, const std::string& metric, Array<Index>& neighbors,
         Array<double>& distances) {
        const auto x = in<2>(X, "X");
        const Metric kind = parse_metric(metric);
        const auto rows = out<2>(neighbors, "neighbors");
        const auto sums = out<2>(distances, "distances");
        const py::gil_scoped_release release;
        nearest_neighbors(x, kind, rows, sums);
      },
      py::arg("X").noconvert(), py::arg("metric"), py::arg("neighbors").noconvert(),
      py::arg("distances").noconvert());
}

}  // namespace rfcore::bind
