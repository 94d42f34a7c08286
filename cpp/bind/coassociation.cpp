#include "rfcore/coassociation.hpp"

#include "arrays.hpp"

namespace rfcore::bind {
namespace {

template <class T>
void bind_matrix(py::module_& m) {
  m.def(
      "co_association",
      [](const Array<Label>& labels, Array<T>& S) {
        const auto partitions = in<2>(labels, "labels");
        const auto matrix = out<2>(S, "S");
        const py::gil_scoped_release release;
        co_association(partitions, matrix);
      },
      py::arg("labels").noconvert(), py::arg("S").noconvert());
}

template <class T>
void bind_partitions(py::module_& m) {
  m.def(
      "basic_partitions",
      [](const Array<T>& X, const Array<Index>& rows, const Array<Index>& features,
         const Array<double>& uniforms, Index n_clusters, Index max_iter, double tol,
         Array<Label>& labels) {
        const auto x = in<2>(X, "X");
        const PartitionPlan plan{in<2>(rows, "rows"),
                                 in<2>(features, "features"),
                                 in<2>(uniforms, "uniforms"),
                                 n_clusters,
                                 max_iter,
                                 tol};
        const auto l = out<2>(labels, "labels");
        const py::gil_scoped_release release;
        basic_partitions(x, plan, l);
      },
      py::arg("X").noconvert(), py::arg("rows").noconvert(),
      py::arg("features").noconvert(), py::arg("uniforms").noconvert(),
      py::arg("n_clusters"), py::arg("max_iter"), py::arg("tol"),
      py::arg("labels").noconvert());
}

}  // namespace

void bind_coassociation(py::module_& m) {
  bind_matrix<std::uint16_t>(m);
  bind_matrix<float>(m);
  bind_partitions<float>(m);
  bind_partitions<double>(m);
}

}  // namespace rfcore::bind
