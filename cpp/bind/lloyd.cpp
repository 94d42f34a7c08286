#include "rfcore/lloyd.hpp"

#include "arrays.hpp"

namespace rfcore::bind {
namespace {

LloydPlan plan(const Array<double>& centers, const Array<double>& uniforms,
               Index n_clusters, Index max_iter, double tol) {
  return {in<3>(centers, "starts"), in<2>(uniforms, "uniforms"), n_clusters, max_iter,
          tol};
}

template <class T>
void bind_typed(py::module_& m) {
  m.def(
      "assign_nearest",
      [](const Array<T>& X, const Array<double>& C, Array<Label>& labels,
         Array<double>& sq) {
        const auto x = in<2>(X, "X");
        const auto c = in<2>(C, "C");
        const auto l = out<1>(labels, "labels");
        const auto s = out<1>(sq, "sq");
        const py::gil_scoped_release release;
        assign_nearest(x, c, l, s);
      },
      py::arg("X").noconvert(), py::arg("C").noconvert(), py::arg("labels").noconvert(),
      py::arg("sq").noconvert());
  m.def(
      "lloyd_step",
      [](const Array<T>& X, const Array<double>& C, Array<Label>& labels,
         Array<double>& means, Array<double>& counts) {
        const auto x = in<2>(X, "X");
        const auto c = in<2>(C, "C");
        const auto l = out<1>(labels, "labels");
        const auto a = out<2>(means, "means");
        const auto w = out<1>(counts, "counts");
        const py::gil_scoped_release release;
        return lloyd_step(x, c, l, a, w);
      },
      py::arg("X").noconvert(), py::arg("C").noconvert(), py::arg("labels").noconvert(),
      py::arg("means").noconvert(), py::arg("counts").noconvert());
  m.def(
      "mean_variance",
      [](const Array<T>& X) {
        const auto x = in<2>(X, "X");
        const py::gil_scoped_release release;
        return mean_variance(x);
      },
      py::arg("X").noconvert());
  m.def(
      "lloyd",
      [](const Array<T>& X, const Array<double>& starts, const Array<double>& uniforms,
         Index n_clusters, Index max_iter, double tol, Array<double>& centers,
         Array<Label>& labels) {
        const auto x = in<2>(X, "X");
        const auto from = plan(starts, uniforms, n_clusters, max_iter, tol);
        const auto c = out<2>(centers, "centers");
        const auto l = out<1>(labels, "labels");
        LloydResult result;
        {
          const py::gil_scoped_release release;
          result = lloyd(x, from, c, l);
        }
        return py::make_tuple(result.inertia, result.n_iter, result.converged);
      },
      py::arg("X").noconvert(), py::arg("starts").noconvert(),
      py::arg("uniforms").noconvert(), py::arg("n_clusters"), py::arg("max_iter"),
      py::arg("tol"), py::arg("centers").noconvert(), py::arg("labels").noconvert());
  m.def(
      "lloyd_replace_rows",
      [](const Array<T>& X, const Array<Index>& t, const Array<T>& rows,
         const Array<double>& starts, const Array<double>& uniforms, Index n_clusters,
         Index max_iter, double tol, Array<Label>& labels, Array<double>& centers,
         Array<double>& inertia) {
        const auto x = in<2>(X, "X");
        const auto changed = in<1>(t, "t");
        const auto r = in<3>(rows, "rows");
        const auto from = plan(starts, uniforms, n_clusters, max_iter, tol);
        const auto l = out<2>(labels, "labels");
        const auto c = out<3>(centers, "centers");
        const auto i = out<1>(inertia, "inertia");
        const py::gil_scoped_release release;
        lloyd_replace_rows(x, changed, r, from, l, c, i);
      },
      py::arg("X").noconvert(), py::arg("t").noconvert(), py::arg("rows").noconvert(),
      py::arg("starts").noconvert(), py::arg("uniforms").noconvert(),
      py::arg("n_clusters"), py::arg("max_iter"), py::arg("tol"),
      py::arg("labels").noconvert(), py::arg("centers").noconvert(),
      py::arg("inertia").noconvert());
}

}  // namespace

void bind_lloyd(py::module_& m) {
  bind_typed<float>(m);
  bind_typed<double>(m);
}

}  // namespace rfcore::bind
