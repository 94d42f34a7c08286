#include "rfcore/son.hpp"

#include "arrays.hpp"

namespace rfcore::bind {

void bind_son(py::module_& m) {
  m.def(
      "son_dual_shape",
      [](Index n, Index d) {
        require_count("n", n, 0);
        require_count("d", d, 0);
        return py::make_tuple(son_tiles(n), kSonTile, d, kSonTile);
      },
      py::arg("n"), py::arg("d"));
  m.def(
      "son_sweep",
      [](const Array<double>& X, double lam, double step, Index n_steps,
         Array<double>& centers, Array<double>& sums, Array<double>& dual) {
        const auto x = in<2>(X, "X");
        const auto c = out<2>(centers, "centers");
        const auto s = out<2>(sums, "sums");
        const auto z = out<4>(dual, "dual");
        const py::gil_scoped_release release;
        son_sweep(x, lam, step, n_steps, c, s, z);
      },
      py::arg("X").noconvert(), py::arg("lam"), py::arg("step"), py::arg("n_steps"),
      py::arg("centers").noconvert(), py::arg("sums").noconvert(),
      py::arg("dual").noconvert());
  m.def(
      "son_labels",
      [](const Array<double>& dual, double lam, Array<Label>& labels) {
        const auto z = in<4>(dual, "dual");
        const auto l = out<1>(labels, "labels");
        const py::gil_scoped_release release;
        return son_labels(z, lam, l);
      },
      py::arg("dual").noconvert(), py::arg("lam"), py::arg("labels").noconvert());
  m.def(
      "son_penalty",
      [](const Array<double>& C, const Array<double>& weights) {
        const auto c = in<2>(C, "C");
        const auto w = in<1>(weights, "weights");
        const py::gil_scoped_release release;
        return son_penalty(c, w);
      },
      py::arg("C").noconvert(), py::arg("weights").noconvert());
}

}  // namespace rfcore::bind
