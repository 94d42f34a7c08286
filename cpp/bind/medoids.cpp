#include "rfcore/medoids.hpp"

#include <limits>

#include "arrays.hpp"

namespace rfcore::bind {

void bind_medoids(py::module_& m) {
  m.def(
      "k_medoids",
      [](const Array<double>& X, const Array<Index>& rows,
         const Array<double>& uniforms, Index max_iter, Array<Index>& medoids,
         Array<Label>& labels, Index max_candidates) {
        const auto x = in<2>(X, "X");
        const auto points = in<1>(rows, "rows");
        const auto u = in<2>(uniforms, "uniforms");
        const auto chosen = out<1>(medoids, "medoids");
        const auto l = out<1>(labels, "labels");
        Index n_rounds = 0;
        double cost = 0.0;
        {
          const py::gil_scoped_release release;
          cost =
              k_medoids(x, points, u, max_iter, chosen, l, &n_rounds, max_candidates);
        }
        return py::make_tuple(cost, n_rounds);
      },
      py::arg("X").noconvert(), py::arg("rows").noconvert(),
      py::arg("uniforms").noconvert(), py::arg("max_iter"),
      py::arg("medoids").noconvert(), py::arg("labels").noconvert(),
      py::arg("max_candidates") = std::numeric_limits<Index>::max());
  m.def(
      "k_medoids_of_distances",
      [](const Array<double>& D, const Array<double>& uniforms, Index max_iter,
         Array<Index>& medoids, Array<Label>& labels) {
        const auto distances = in<2>(D, "D");
        const auto u = in<2>(uniforms, "uniforms");
        const auto chosen = out<1>(medoids, "medoids");
        const auto l = out<1>(labels, "labels");
        Index n_rounds = 0;
        double cost = 0.0;
        {
          const py::gil_scoped_release release;
          cost = k_medoids_of_distances(distances, u, max_iter, chosen, l, &n_rounds);
        }
        return py::make_tuple(cost, n_rounds);
      },
      py::arg("D").noconvert(), py::arg("uniforms").noconvert(), py::arg("max_iter"),
      py::arg("medoids").noconvert(), py::arg("labels").noconvert());
  m.def(
      "k_medoids_replace_rows",
      [](const Array<double>& X, const Array<Index>& t, const Array<double>& rows,
         const Array<double>& uniforms, Index max_iter, Array<Index>& medoids,
         Array<Label>& labels, Array<double>& cost) {
        const auto x = in<2>(X, "X");
        const auto changed = in<1>(t, "t");
        const auto r = in<3>(rows, "rows");
        const auto u = in<2>(uniforms, "uniforms");
        const auto chosen = out<2>(medoids, "medoids");
        const auto l = out<2>(labels, "labels");
        const auto c = out<1>(cost, "cost");
        const py::gil_scoped_release release;
        k_medoids_replace_rows(x, changed, r, u, max_iter, chosen, l, c);
      },
      py::arg("X").noconvert(), py::arg("t").noconvert(), py::arg("rows").noconvert(),
      py::arg("uniforms").noconvert(), py::arg("max_iter"),
      py::arg("medoids").noconvert(), py::arg("labels").noconvert(),
      py::arg("cost").noconvert());
}

}  // namespace rfcore::bind
