#include "rfcore/fairlets.hpp"

#include "arrays.hpp"

namespace rfcore::bind {

void bind_fairlets(py::module_& m) {
  m.def(
      "build_quadtree",
      [](const Array<double>& X, const Array<double>& shifts, Array<Index>& order,
         Array<Index>& nodes) {
        const auto x = in<2>(X, "X");
        const auto s = in<1>(shifts, "shifts");
        const auto rows = out<1>(order, "order");
        const auto tree = out<2>(nodes, "nodes");
        const py::gil_scoped_release release;
        return build_quadtree(x, s, rows, tree);
      },
      py::arg("X").noconvert(), py::arg("shifts").noconvert(),
      py::arg("order").noconvert(), py::arg("nodes").noconvert());
  m.def(
      "decompose_fairlets",
      [](const Array<Index>& order, const Array<Index>& nodes,
         const Array<Label>& groups, Index p, Index q, Array<Index>& fairlets,
         Array<Index>& n_fairlets) {
        const auto rows = in<1>(order, "order");
        const auto tree = in<2>(nodes, "nodes");
        const auto g = in<2>(groups, "groups");
        const auto f = out<2>(fairlets, "fairlets");
        const auto counts = out<1>(n_fairlets, "n_fairlets");
        const py::gil_scoped_release release;
        decompose_fairlets(rows, tree, g, p, q, f, counts);
      },
      py::arg("order").noconvert(), py::arg("nodes").noconvert(),
      py::arg("groups").noconvert(), py::arg("p"), py::arg("q"),
      py::arg("fairlets").noconvert(), py::arg("n_fairlets").noconvert());
  m.def(
      "cluster_fairlets",
      [](const Array<double>& X, const Array<Index>& order, const Array<Index>& nodes,
         const Array<Label>& groups, Index p, Index q, const Array<double>& uniforms,
         Index max_iter, bool nearest, Array<Label>& labels, Array<Index>& medoids,
         Array<double>& cost, Array<Index>& fairlets, Array<Index>& n_fairlets) {
        const auto x = in<2>(X, "X");
        const auto rows = in<1>(order, "order");
        const auto tree = in<2>(nodes, "nodes");
        const auto g = in<2>(groups, "groups");
        const auto u = in<2>(uniforms, "uniforms");
        const auto l = out<2>(labels, "labels");
        const auto c = out<2>(medoids, "medoids");
        const auto sums = out<1>(cost, "cost");
        const auto f = out<2>(fairlets, "fairlets");
        const auto counts = out<1>(n_fairlets, "n_fairlets");
        const py::gil_scoped_release release;
        cluster_fairlets(x, rows, tree, g, p, q, u, max_iter, nearest, l, c, sums, f,
                         counts);
      },
      py::arg("X").noconvert(), py::arg("order").noconvert(),
      py::arg("nodes").noconvert(), py::arg("groups").noconvert(), py::arg("p"),
      py::arg("q"), py::arg("uniforms").noconvert(), py::arg("max_iter"),
      py::arg("nearest"), py::arg("labels").noconvert(), py::arg("medoids").noconvert(),
      py::arg("cost").noconvert(), py::arg("fairlets").noconvert(),
      py::arg("n_fairlets").noconvert());
}

}  // namespace rfcore::bind
