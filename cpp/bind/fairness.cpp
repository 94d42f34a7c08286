#include "rfcore/fairness.hpp"

#include "arrays.hpp"

namespace rfcore::bind {
namespace {

using Measure = void (*)(Matrix<const Label>, Matrix<const Label>, Index, Index,
                         Vector<double>);

void bind_measure(py::module_& m, const char* name, Measure measure) {
  m.def(
      name,
      [measure](const Array<Label>& labels, const Array<Label>& groups, Index k,
                Index l, Array<double>& values) {
        const auto x = in<2>(labels, "labels");
        const auto y = in<2>(groups, "groups");
        const auto measured = out<1>(values, "out");
        const py::gil_scoped_release release;
        measure(x, y, k, l, measured);
      },
      py::arg("labels").noconvert(), py::arg("groups").noconvert(), py::arg("k"),
      py::arg("l"), py::arg("out").noconvert());
}

}  // namespace

void bind_fairness(py::module_& m) {
  bind_measure(m, "balance", balance);
  bind_measure(m, "group_entropy", group_entropy);
}

}  // namespace rfcore::bind
