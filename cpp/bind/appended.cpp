#include "rfcore/appended.hpp"

#include "arrays.hpp"

namespace rfcore::bind {
namespace {

using Doubles = Array<double>;

void bind_lloyd_append_rows(py::module_& m) {
  m.def(
      "lloyd_append_rows",
      [](const Doubles& X, const Doubles& V, const Doubles& starts,
         const Doubles& uniforms, Index n_clusters, Index max_iter, double tol,
         Doubles& centers, Array<Label>& labels) {
        const auto x = in<2>(X, "X");
        const auto v = in<3>(V, "V");
        const LloydPlan plan{in<3>(starts, "starts"), in<2>(uniforms, "uniforms"),
                             n_clusters, max_iter, tol};
        const auto c = out<3>(centers, "centers");
        const auto l = out<2>(labels, "labels");
        const py::gil_scoped_release release;
        lloyd_append_rows(x, v, plan, c, l);
      },
      py::arg("X").noconvert(), py::arg("V").noconvert(), py::arg("starts").noconvert(),
      py::arg("uniforms").noconvert(), py::arg("n_clusters"), py::arg("max_iter"),
      py::arg("tol"), py::arg("centers").noconvert(), py::arg("labels").noconvert());
}

void bind_rank_margins(py::module_& m) {
  m.def(
      "rank_margins",
      [](const Doubles& X, const Doubles& C, Array<Label>& labels, Array<Index>& order,
         Doubles& rows, Doubles& margins, Array<Index>& begin, Doubles& sums,
         Doubles& moments) {
        const auto x = in<2>(X, "X");
        const auto c = in<2>(C, "C");
        const auto l = out<1>(labels, "labels");
        const auto o = out<1>(order, "order");
        const auto r = out<2>(rows, "rows");
        const auto a = out<1>(margins, "margins");
        const auto b = out<1>(begin, "begin");
        const auto s = out<2>(sums, "sums");
        const auto e = out<2>(moments, "moments");
        const py::gil_scoped_release release;
        rank_margins(x, c, l, o, r, a, b, s, e);
      },
      py::arg("X").noconvert(), py::arg("C").noconvert(), py::arg("labels").noconvert(),
      py::arg("order").noconvert(), py::arg("rows").noconvert(),
      py::arg("margins").noconvert(), py::arg("begin").noconvert(),
      py::arg("sums").noconvert(), py::arg("moments").noconvert());
}

void bind_warm_append_rows(py::module_& m) {
  m.def(
      "warm_append_rows",
      [](const Doubles& X, const Doubles& C, const Array<Label>& warm_labels,
         const Array<Index>& order, const Doubles& rows, const Doubles& margins,
         const Array<Index>& begin, const Doubles& sums, const Doubles& moments,
         const Doubles& V, Index max_iter, double tol, Doubles& centers,
         Array<Label>& labels) {
        const auto x = in<2>(X, "X");
        const WarmRows warm{
            in<2>(C, "C"),       in<1>(warm_labels, "labels"), in<1>(order, "order"),
            in<2>(rows, "rows"), in<1>(margins, "margins"),    in<1>(begin, "begin"),
            in<2>(sums, "sums"), in<2>(moments, "moments")};
        const auto v = in<3>(V, "V");
        const auto c = out<3>(centers, "centers");
        const auto l = out<2>(labels, "labels");
        const py::gil_scoped_release release;
        return warm_append_rows(x, warm, v, max_iter, tol, c, l);
      },
      py::arg("X").noconvert(), py::arg("C").noconvert(),
      py::arg("warm_labels").noconvert(), py::arg("order").noconvert(),
      py::arg("rows").noconvert(), py::arg("margins").noconvert(),
      py::arg("begin").noconvert(), py::arg("sums").noconvert(),
      py::arg("moments").noconvert(), py::arg("V").noconvert(), py::arg("max_iter"),
      py::arg("tol"), py::arg("centers").noconvert(), py::arg("labels").noconvert());
}

}  // namespace

void bind_appended(py::module_& m) {
  bind_lloyd_append_rows(m);
  bind_rank_margins(m);
  bind_warm_append_rows(m);
}

}  // namespace rfcore::bind
