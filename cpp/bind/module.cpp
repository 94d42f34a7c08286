// The module rfcore._core: one bind_* per kernel family.
#include <pybind11/pybind11.h>

#include "rfcore/core.hpp"

namespace rfcore::bind {

void bind_appended(pybind11::module_& m);
void bind_coassociation(pybind11::module_& m);
void bind_cuda(pybind11::module_& m);
void bind_depth(pybind11::module_& m);
void bind_distance(pybind11::module_& m);
void bind_fairlets(pybind11::module_& m);
void bind_fairness(pybind11::module_& m);
void bind_influence(pybind11::module_& m);
void bind_knapsack(pybind11::module_& m);
void bind_labels(pybind11::module_& m);
void bind_linkage(pybind11::module_& m);
void bind_lloyd(pybind11::module_& m);
void bind_magnitude(pybind11::module_& m);
void bind_medoids(pybind11::module_& m);
void bind_neighbors(pybind11::module_& m);
void bind_racos(pybind11::module_& m);
void bind_seeding(pybind11::module_& m);
void bind_segments(pybind11::module_& m);
void bind_summary(pybind11::module_& m);
void bind_son(pybind11::module_& m);
void bind_tally(pybind11::module_& m);

}  // namespace rfcore::bind

PYBIND11_MODULE(_core, m) {
  namespace bind = rfcore::bind;
  m.doc() = "The compiled kernels of rfcore; their contracts stand in cpp/include.";
  pybind11::register_exception_translator([](std::exception_ptr failure) {
    try {
      if (failure) std::rethrow_exception(failure);
    } catch (const rfcore::DeviceError& error) {
      const auto type = pybind11::module_::import("rfcore.errors").attr("DeviceError");
      pybind11::set_error(type, error.what());
    }
  });
  bind::bind_appended(m);
  bind::bind_coassociation(m);
  bind::bind_cuda(m);
  bind::bind_depth(m);
  bind::bind_distance(m);
  bind::bind_fairlets(m);
  bind::bind_fairness(m);
  bind::bind_influence(m);
  bind::bind_knapsack(m);
  bind::bind_labels(m);
  bind::bind_linkage(m);
  bind::bind_lloyd(m);
  bind::bind_magnitude(m);
  bind::bind_medoids(m);
  bind::bind_neighbors(m);
  bind::bind_racos(m);
  bind::bind_seeding(m);
  bind::bind_segments(m);
  bind::bind_summary(m);
  bind::bind_son(m);
  bind::bind_tally(m);
}
