#include "rfcore/linkage.hpp"

#include "arrays.hpp"
#include "rfcore/insertion.hpp"

namespace rfcore::bind {
namespace {

Linkage parse(const std::string& name) {
  if (name == "ward") return Linkage::kWard;
  if (name == "complete") return Linkage::kComplete;
  if (name == "average") return Linkage::kAverage;
  if (name == "single") return Linkage::kSingle;
  throw std::invalid_argument("linkage='" + name +
                              "' should be ward, complete, average or single");
}

}  // namespace

void bind_linkage(py::module_& m) {
  m.def(
      "linkage",
      [](Array<double>& D, const std::string& method, Array<Index>& merges,
         Array<double>& heights) {
        const auto d = out<2>(D, "D");
        const auto pairs = out<2>(merges, "merges");
        const auto h = out<1>(heights, "heights");
        const Linkage parsed = parse(method);
        const py::gil_scoped_release release;
        linkage(d, parsed, pairs, h);
      },
      py::arg("D").noconvert(), py::arg("method"), py::arg("merges").noconvert(),
      py::arg("heights").noconvert());
  m.def(
      "cut_tree",
      [](const Array<Index>& merges, Index n_clusters, Array<Label>& labels) {
        const auto pairs = in<2>(merges, "merges");
        const auto l = out<1>(labels, "labels");
        const py::gil_scoped_release release;
        cut_tree(pairs, n_clusters, l);
      },
      py::arg("merges").noconvert(), py::arg("n_clusters"),
      py::arg("labels").noconvert());
  m.def(
      "linkage_replace_rows",
      [](const Array<double>& X, const Array<double>& D, const Array<Index>& t,
         const Array<double>& rows, const std::string& method, Index n_clusters,
         Array<Label>& labels) {
        const auto x = in<2>(X, "X");
        const auto d = in<2>(D, "D");
        const auto changed = in<1>(t, "t");
        const auto r = in<3>(rows, "rows");
        const auto l = out<2>(labels, "labels");
        const Linkage parsed = parse(method);
        const py::gil_scoped_release release;
        linkage_replace_rows(x, d, changed, r, parsed, n_clusters, l);
      },
      py::arg("X").noconvert(), py::arg("D").noconvert(), py::arg("t").noconvert(),
      py::arg("rows").noconvert(), py::arg("method"), py::arg("n_clusters"),
      py::arg("labels").noconvert());
  m.def(
      "prepare_insertion",
      [](const Array<double>& D, Index t, const std::string& method,
         Array<Index>& pairs, Array<double>& heights, Array<double>& history) {
        const auto d = in<2>(D, "D");
        const auto p = out<2>(pairs, "pairs");
        const auto h = out<1>(heights, "heights");
        const auto met = out<2>(history, "history");
        const Linkage parsed = parse(method);
        const py::gil_scoped_release release;
        return prepare_insertion(d, t, parsed, p, h, met);
      },
      py::arg("D").noconvert(), py::arg("t"), py::arg("method"),
      py::arg("pairs").noconvert(), py::arg("heights").noconvert(),
      py::arg("history").noconvert());
  m.def(
      "linkage_insert_row",
      [](const Array<double>& X, const Array<double>& D, Index t,
         const Array<double>& rows, const std::string& method, Index n_clusters,
         const Array<Index>& pairs, const Array<double>& heights,
         const Array<double>& history, Array<Label>& labels) {
        const auto x = in<2>(X, "X"), d = in<2>(D, "D"), r = in<2>(rows, "rows");
        const auto p = in<2>(pairs, "pairs");
        const auto h = in<1>(heights, "heights");
        const auto met = in<2>(history, "history");
        const auto l = out<2>(labels, "labels");
        const Linkage parsed = parse(method);
        const py::gil_scoped_release release;
        return linkage_insert_row(x, d, t, r, parsed, n_clusters, p, h, met, l);
      },
      py::arg("X").noconvert(), py::arg("D").noconvert(), py::arg("t"),
      py::arg("rows").noconvert(), py::arg("method"), py::arg("n_clusters"),
      py::arg("pairs").noconvert(), py::arg("heights").noconvert(),
      py::arg("history").noconvert(), py::arg("labels").noconvert());
}

}  // namespace rfcore::bind
