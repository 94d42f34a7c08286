#include "rfcore/labels.hpp"

#include "arrays.hpp"

namespace rfcore::bind {
namespace {

using Score = void (*)(Vector<const Label>, Matrix<const Label>, Index, Index,
                       Vector<double>);

void bind_score(py::module_& m, const char* name, Score score) {
  m.def(
      name,
      [score](const Array<Label>& a, const Array<Label>& others, Index k, Index l,
              Array<double>& scores) {
        const auto x = in<1>(a, "a");
        const auto y = in<2>(others, "others");
        const auto values = out<1>(scores, "out");
        const py::gil_scoped_release release;
        score(x, y, k, l, values);
      },
      py::arg("a").noconvert(), py::arg("others").noconvert(), py::arg("k"),
      py::arg("l"), py::arg("out").noconvert());
}

}  // namespace

void bind_labels(py::module_& m) {
  m.def(
      "contingency",
      [](const Array<Label>& a, const Array<Label>& others, Array<Index>& table) {
        const auto x = in<1>(a, "a");
        const auto y = in<2>(others, "others");
        const auto counts = out<3>(table, "table");
        const py::gil_scoped_release release;
        contingency(x, y, counts);
      },
      py::arg("a").noconvert(), py::arg("others").noconvert(),
      py::arg("table").noconvert());
  m.def(
      "co_membership_distance",
      [](const Array<Label>& a, const Array<Label>& others, Index k, Index l,
         Array<double>& distance) {
        const auto x = in<1>(a, "a");
        const auto y = in<2>(others, "others");
        const auto delta = out<1>(distance, "distance");
        const py::gil_scoped_release release;
        co_membership_distance(x, y, k, l, delta);
      },
      py::arg("a").noconvert(), py::arg("others").noconvert(), py::arg("k"),
      py::arg("l"), py::arg("distance").noconvert());
  m.def(
      "n_switched",
      [](const Array<Label>& a, const Array<Label>& others, Index k, Index l,
         Array<Index>& switched) {
        const auto x = in<1>(a, "a");
        const auto y = in<2>(others, "others");
        const auto counts = out<1>(switched, "switched");
        const py::gil_scoped_release release;
        n_switched(x, y, k, l, counts);
      },
      py::arg("a").noconvert(), py::arg("others").noconvert(), py::arg("k"),
      py::arg("l"), py::arg("switched").noconvert());
  bind_score(m, "nmi", nmi);
  bind_score(m, "ari", ari);
}

}  // namespace rfcore::bind
