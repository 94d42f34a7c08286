#include "rfcore/cuda.hpp"

#include <pybind11/pybind11.h>

#include "device_arrays.hpp"

namespace rfcore::bind {
namespace {

using cuda::Stream;

// Calls use(T{}) with the type of the array's numbers.
template <class Use>
auto with_floats(const DeviceArray& array, Use&& use) {
  if (array.typestr() == kTypestr<float>) return use(float{});
  if (array.typestr() == kTypestr<double>) return use(double{});
  throw py::type_error(array.name() + ".typestr='" + array.typestr() +
                       "' should be '<f4' or '<f8'");
}

// Runs a kernel without the interpreter's lock, after the arrays are written.
template <class Kernel>
auto run(Stream stream, std::initializer_list<const DeviceArray*> arrays,
         Kernel&& kernel) {
  const py::gil_scoped_release release;
  for (const DeviceArray* array : arrays) array->wait(stream);
  return kernel();
}

void bind_distance(py::module_& m) {
  m.def(
      "pairwise_sq_distances",
      [](const py::object& X, const py::object& Y, const py::object& out,
         std::uintptr_t address) {
        const DeviceArray x(X, "X"), y(Y, "Y"), o(out, "out");
        const Stream stream{address};
        with_floats(x, [&](auto number) {
          using T = decltype(number);
          const auto a = x.in<2, T>(), b = y.in<2, T>();
          const auto sq = o.out<2, double>();
          run(stream, {&x, &y, &o},
              [&] { cuda::pairwise_sq_distances(a, b, sq, stream); });
        });
      },
      py::arg("X"), py::arg("Y"), py::arg("out"), py::arg("stream") = 0);
  m.def(
      "replace_row_distances",
      [](const py::object& X, const py::object& row, Index t, bool squared,
         const py::object& D, std::uintptr_t address) {
        const DeviceArray x(X, "X"), r(row, "row"), o(D, "D");
        const Stream stream{address};
        with_floats(x, [&](auto number) {
          using T = decltype(number);
          const auto a = x.in<2, T>();
          const auto b = r.in<1, T>();
          const auto d = o.out<2, double>();
          run(stream, {&x, &r, &o},
              [&] { cuda::replace_row_distances(a, b, t, squared, d, stream); });
        });
      },
      py::arg("X"), py::arg("row"), py::arg("t"), py::arg("squared"), py::arg("D"),
      py::arg("stream") = 0);
}

void bind_lloyd(py::module_& m) {
  m.def(
      "assign_nearest",
      [](const py::object& X, const py::object& C, const py::object& labels,
         const py::object& sq, std::uintptr_t address) {
        const DeviceArray x(X, "X"), c(C, "C"), l(labels, "labels"), s(sq, "sq");
        const Stream stream{address};
        with_floats(x, [&](auto number) {
          using T = decltype(number);
          const auto rows = x.in<2, T>();
          const auto centers = c.in<2, double>();
          const auto names = l.out<1, Label>();
          const auto distances = s.out<1, double>();
          run(stream, {&x, &c, &l, &s},
              [&] { cuda::assign_nearest(rows, centers, names, distances, stream); });
        });
      },
      py::arg("X"), py::arg("C"), py::arg("labels"), py::arg("sq"),
      py::arg("stream") = 0);
  m.def(
      "lloyd_step",
      [](const py::object& X, const py::object& C, const py::object& labels,
         const py::object& means, const py::object& counts, std::uintptr_t address) {
        const DeviceArray x(X, "X"), c(C, "C"), l(labels, "labels"), a(means, "means"),
            w(counts, "counts");
        const Stream stream{address};
        return with_floats(x, [&](auto number) {
          using T = decltype(number);
          const auto rows = x.in<2, T>();
          const auto centers = c.in<2, double>();
          const auto names = l.out<1, Label>();
          const auto averages = a.out<2, double>();
          const auto sizes = w.out<1, double>();
          return run(stream, {&x, &c, &l, &a, &w}, [&] {
            return cuda::lloyd_step(rows, centers, names, averages, sizes, stream);
          });
        });
      },
      py::arg("X"), py::arg("C"), py::arg("labels"), py::arg("means"),
      py::arg("counts"), py::arg("stream") = 0);
}

void bind_seeding(py::module_& m) {
  m.def(
      "kmeans_plus_plus",
      [](const py::object& X, const py::object& uniforms, const py::object& chosen,
         std::uintptr_t address) {
        const DeviceArray x(X, "X"), u(uniforms, "uniforms"), c(chosen, "chosen");
        const Stream stream{address};
        with_floats(x, [&](auto number) {
          using T = decltype(number);
          const auto rows = x.in<2, T>();
          const auto draws = u.in<1, double>();
          const auto picks = c.out<1, Index>();
          run(stream, {&x, &u, &c},
              [&] { cuda::kmeans_plus_plus(rows, draws, picks, stream); });
        });
      },
      py::arg("X"), py::arg("uniforms"), py::arg("chosen"), py::arg("stream") = 0);
  m.def(
      "farthest_first",
      [](const py::object& X, Index first, const py::object& chosen,
         const py::object& sq, std::uintptr_t address) {
        const DeviceArray x(X, "X"), c(chosen, "chosen"), s(sq, "sq");
        const Stream stream{address};
        with_floats(x, [&](auto number) {
          using T = decltype(number);
          const auto rows = x.in<2, T>();
          const auto picks = c.out<1, Index>();
          const auto distances = s.out<1, double>();
          run(stream, {&x, &c, &s},
              [&] { cuda::farthest_first(rows, first, picks, distances, stream); });
        });
      },
      py::arg("X"), py::arg("first"), py::arg("chosen"), py::arg("sq"),
      py::arg("stream") = 0);
}

using Score = void (*)(Vector<const Label>, Matrix<const Label>, Index, Index,
                       Vector<double>, Stream);

void bind_score(py::module_& m, const char* name, Score score) {
  m.def(
      name,
      [score](const py::object& a, const py::object& others, Index k, Index l,
              const py::object& out, std::uintptr_t address) {
        const DeviceArray one(a, "a"), many(others, "others"), o(out, "out");
        const Stream stream{address};
        const auto x = one.in<1, Label>();
        const auto y = many.in<2, Label>();
        const auto values = o.out<1, double>();
        run(stream, {&one, &many, &o}, [&] { score(x, y, k, l, values, stream); });
      },
      py::arg("a"), py::arg("others"), py::arg("k"), py::arg("l"), py::arg("out"),
      py::arg("stream") = 0);
}

void bind_labels(py::module_& m) {
  m.def(
      "contingency",
      [](const py::object& a, const py::object& others, const py::object& table,
         std::uintptr_t address) {
        const DeviceArray one(a, "a"), many(others, "others"), t(table, "table");
        const Stream stream{address};
        const auto x = one.in<1, Label>();
        const auto y = many.in<2, Label>();
        const auto counts = t.out<3, Index>();
        run(stream, {&one, &many, &t},
            [&] { cuda::contingency(x, y, counts, stream); });
      },
      py::arg("a"), py::arg("others"), py::arg("table"), py::arg("stream") = 0);
  m.def(
      "co_membership_distance",
      [](const py::object& a, const py::object& others, Index k, Index l,
         const py::object& distance, std::uintptr_t address) {
        const DeviceArray one(a, "a"), many(others, "others"), d(distance, "distance");
        const Stream stream{address};
        const auto x = one.in<1, Label>();
        const auto y = many.in<2, Label>();
        const auto delta = d.out<1, double>();
        run(stream, {&one, &many, &d},
            [&] { cuda::co_membership_distance(x, y, k, l, delta, stream); });
      },
      py::arg("a"), py::arg("others"), py::arg("k"), py::arg("l"), py::arg("distance"),
      py::arg("stream") = 0);
  m.def(
      "n_switched",
      [](const py::object& a, const py::object& others, Index k, Index l,
         const py::object& switched, std::uintptr_t address) {
        const DeviceArray one(a, "a"), many(others, "others"), s(switched, "switched");
        const Stream stream{address};
        const auto x = one.in<1, Label>();
        const auto y = many.in<2, Label>();
        const auto counts = s.out<1, Index>();
        run(stream, {&one, &many, &s},
            [&] { cuda::n_switched(x, y, k, l, counts, stream); });
      },
      py::arg("a"), py::arg("others"), py::arg("k"), py::arg("l"), py::arg("switched"),
      py::arg("stream") = 0);
  bind_score(m, "nmi", cuda::nmi);
  bind_score(m, "ari", cuda::ari);
}

using Measure = void (*)(Matrix<const Label>, Matrix<const Label>, Index, Index,
                         Vector<double>, Stream);

void bind_measure(py::module_& m, const char* name, Measure measure) {
  m.def(
      name,
      [measure](const py::object& labels, const py::object& groups, Index k, Index l,
                const py::object& out, std::uintptr_t address) {
        const DeviceArray a(labels, "labels"), g(groups, "groups"), o(out, "out");
        const Stream stream{address};
        const auto x = a.in<2, Label>(), y = g.in<2, Label>();
        const auto values = o.out<1, double>();
        run(stream, {&a, &g, &o}, [&] { measure(x, y, k, l, values, stream); });
      },
      py::arg("labels"), py::arg("groups"), py::arg("k"), py::arg("l"), py::arg("out"),
      py::arg("stream") = 0);
}

void bind_fairness(py::module_& m) {
  bind_measure(m, "balance", cuda::balance);
  bind_measure(m, "group_entropy", cuda::group_entropy);
}

void bind_summary(py::module_& m) {
  m.def(
      "count_groups",
      [](const py::object& selected, const py::object& presence, bool packed,
         const py::object& counts, const py::object& sizes, std::uintptr_t address) {
        const DeviceArray s(selected, "selected"), p(presence, "presence"),
            c(counts, "counts"), k(sizes, "sizes");
        const Stream stream{address};
        const auto frames = s.in<2, Bit>(), groups = p.in<2, Bit>();
        const auto shared = c.out<2, Index>();
        const auto all = k.out<1, Index>();
        run(stream, {&s, &p, &c, &k},
            [&] { cuda::count_groups(frames, groups, packed, shared, all, stream); });
      },
      py::arg("selected"), py::arg("presence"), py::arg("packed"), py::arg("counts"),
      py::arg("sizes"), py::arg("stream") = 0);
  m.def(
      "sum_bal",
      [](const py::object& selected, const py::object& presence, bool packed,
         const py::object& values, const py::object& violating,
         std::uintptr_t address) {
        const DeviceArray s(selected, "selected"), p(presence, "presence"),
            v(values, "values"), w(violating, "violating");
        const Stream stream{address};
        const auto frames = s.in<2, Bit>(), groups = p.in<2, Bit>();
        const auto ratios = v.out<1, double>();
        const auto worst = w.out<1, Label>();
        run(stream, {&s, &p, &v, &w},
            [&] { cuda::sum_bal(frames, groups, packed, ratios, worst, stream); });
      },
      py::arg("selected"), py::arg("presence"), py::arg("packed"), py::arg("values"),
      py::arg("violating"), py::arg("stream") = 0);
}

void bind_tally(py::module_& m) {
  m.def(
      "tally_nearest",
      [](const py::object& X, const py::object& centers, const py::object& groups,
         const py::object& counts, const py::object& sums, std::uintptr_t address) {
        const DeviceArray x(X, "X"), c(centers, "centers"), g(groups, "groups"),
            t(counts, "counts"), s(sums, "sums");
        const Stream stream{address};
        with_floats(x, [&](auto number) {
          using T = decltype(number);
          const auto rows = x.in<2, T>();
          const auto sets = c.in<3, double>();
          const auto names = g.in<1, Label>();
          const auto tables = t.out<3, Index>();
          const auto totals = s.out<2, double>();
          run(stream, {&x, &c, &g, &t, &s},
              [&] { cuda::tally_nearest(rows, sets, names, tables, totals, stream); });
        });
      },
      py::arg("X"), py::arg("centers"), py::arg("groups"), py::arg("counts"),
      py::arg("sums"), py::arg("stream") = 0);
}

template <class T>
void co_associate(const DeviceArray& partitions, const DeviceArray& matrix,
                  Stream stream) {
  const auto labels = partitions.in<2, Label>();
  const auto S = matrix.out<2, T>();
  run(stream, {&partitions, &matrix}, [&] { cuda::co_association(labels, S, stream); });
}

void bind_coassociation(py::module_& m) {
  m.def(
      "co_association",
      [](const py::object& labels, const py::object& S, std::uintptr_t address) {
        const DeviceArray partitions(labels, "labels"), matrix(S, "S");
        const bool counts = matrix.typestr() == kTypestr<std::uint16_t>;
        const auto kernel = counts ? co_associate<std::uint16_t> : co_associate<float>;
        kernel(partitions, matrix, Stream{address});
      },
      py::arg("labels"), py::arg("S"), py::arg("stream") = 0);
}

}  // namespace

void bind_cuda(py::module_& m) {
  py::module_ device = m.def_submodule(
      "cuda", "The device versions of the kernels, for arrays that live on a device.");
  device.def("backend", &cuda::backend);
  device.def("is_available", &cuda::is_available);
  device.def("device_count", &cuda::device_count);
  bind_distance(device);
  bind_lloyd(device);
  bind_seeding(device);
  bind_labels(device);
  bind_fairness(device);
  bind_summary(device);
  bind_tally(device);
  bind_coassociation(device);
}

}  // namespace rfcore::bind
