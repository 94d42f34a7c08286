// The only place where a Python array becomes a view.
#pragma once

#include <pybind11/numpy.h>
#include <pybind11/pybind11.h>

#include "rfcore/core.hpp"

namespace rfcore::bind {

namespace py = pybind11;

// A C-ordered array of one dtype; .noconvert() on the argument keeps copies out.
template <class T>
using Array = py::array_t<T, py::array::c_style>;

template <int R, class T>
View<const T, R> in(const Array<T>& array, const char* name) {
  require_equal((std::string(name) + ".ndim").c_str(), array.ndim(), R);
  View<const T, R> view;
  view.data = array.data();
  for (int axis = 0; axis < R; ++axis) view.shape[axis] = array.shape(axis);
  return view;
}

template <int R, class T>
View<T, R> out(Array<T>& array, const char* name) {
  if (!array.writeable()) {
    throw std::invalid_argument(std::string(name) + " should be writable");
  }
  const View<const T, R> view = in<R>(array, name);
  return {array.mutable_data(), view.shape};
}

}  // namespace rfcore::bind
