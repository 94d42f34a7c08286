#include "rfcore/knapsack.hpp"

#include "arrays.hpp"

namespace rfcore::bind {

void bind_knapsack(py::module_& m) {
  m.def(
      "knapsack",
      [](const Array<double>& values, const Array<Index>& weights, Index capacity,
         bool single, Array<Bit>& taken) {
        const auto v = in<1>(values, "values");
        const auto w = in<1>(weights, "weights");
        const auto t = out<1>(taken, "taken");
        const py::gil_scoped_release release;
        return single ? knapsack(v, w, capacity, 0.0f, t)
                      : knapsack(v, w, capacity, 0.0, t);
      },
      py::arg("values").noconvert(), py::arg("weights").noconvert(),
      py::arg("capacity"), py::arg("single"), py::arg("taken").noconvert());
}

}  // namespace rfcore::bind
