// The device kernels of a build without CUDA: the same symbols, and the way to get
// them.
#include "rfcore/cuda.hpp"

namespace rfcore::cuda {
namespace {

[[noreturn]] void unavailable() {
  throw DeviceError(
      "this build has no device kernels: reinstall with "
      "-Ccmake.define.RFCORE_CUDA=ON");
}

}  // namespace

const char* backend() noexcept {
  return "none";
}

bool is_available() noexcept {
  return false;
}

int device_count() noexcept {
  return 0;
}

void wait_for(const char*, const void*, Stream, Stream) {
  unavailable();
}

template <class T>
void pairwise_sq_distances(Matrix<const T>, Matrix<const T>, Matrix<double>, Stream) {
  unavailable();
}

template <class T>
void replace_row_distances(Matrix<const T>, Vector<const T>, Index, bool,
                           Matrix<double>, Stream) {
  unavailable();
}

template <class T>
void assign_nearest(Matrix<const T>, Matrix<const double>, Vector<Label>,
                    Vector<double>, Stream) {
  unavailable();
}

template <class T>
double lloyd_step(Matrix<const T>, Matrix<const double>, Vector<Label>, Matrix<double>,
                  Vector<double>, Stream) {
  unavailable();
}

template <class T>
void kmeans_plus_plus(Matrix<const T>, Vector<const double>, Vector<Index>, Stream) {
  unavailable();
}

template <class T>
void farthest_first(Matrix<const T>, Index, Vector<Index>, Vector<double>, Stream) {
  unavailable();
}

void contingency(Vector<const Label>, Matrix<const Label>, Cube<Index>, Stream) {
  unavailable();
}

void co_membership_distance(Vector<const Label>, Matrix<const Label>, Index, Index,
                            Vector<double>, Stream) {
  unavailable();
}

void n_switched(Vector<const Label>, Matrix<const Label>, Index, Index, Vector<Index>,
                Stream) {
  unavailable();
}

void nmi(Vector<const Label>, Matrix<const Label>, Index, Index, Vector<double>,
         Stream) {
  unavailable();
}

void ari(Vector<const Label>, Matrix<const Label>, Index, Index, Vector<double>,
         Stream) {
  unavailable();
}

void balance(Matrix<const Label>, Matrix<const Label>, Index, Index, Vector<double>,
             Stream) {
  unavailable();
}

void group_entropy(Matrix<const Label>, Matrix<const Label>, Index, Index,
                   Vector<double>, Stream) {
  unavailable();
}

void count_groups(Matrix<const Bit>, Matrix<const Bit>, bool, Matrix<Index>,
                  Vector<Index>, Stream) {
  unavailable();
}

void sum_bal(Matrix<const Bit>, Matrix<const Bit>, bool, Vector<double>, Vector<Label>,
             Stream) {
  unavailable();
}

template <class T>
void tally_nearest(Matrix<const T>, Cube<const double>, Vector<const Label>,
                   Cube<Index>, Matrix<double>, Stream) {
  unavailable();
}

template <class T>
void co_association(Matrix<const Label>, Matrix<T>, Stream) {
  unavailable();
}

#define RFCORE_INSTANTIATE(T)                                                         \
  template void pairwise_sq_distances<T>(Matrix<const T>, Matrix<const T>,            \
                                         Matrix<double>, Stream);                     \
  template void replace_row_distances<T>(Matrix<const T>, Vector<const T>, Index,     \
                                         bool, Matrix<double>, Stream);               \
  template void assign_nearest<T>(Matrix<const T>, Matrix<const double>,              \
                                  Vector<Label>, Vector<double>, Stream);             \
  template double lloyd_step<T>(Matrix<const T>, Matrix<const double>, Vector<Label>, \
                                Matrix<double>, Vector<double>, Stream);              \
  template void kmeans_plus_plus<T>(Matrix<const T>, Vector<const double>,            \
                                    Vector<Index>, Stream);                           \
  template void farthest_first<T>(Matrix<const T>, Index, Vector<Index>,              \
                                  Vector<double>, Stream);                            \
  template void tally_nearest<T>(Matrix<const T>, Cube<const double>,                 \
                                 Vector<const Label>, Cube<Index>, Matrix<double>,    \
                                 Stream);
RFCORE_INSTANTIATE(float)
RFCORE_INSTANTIATE(double)
#undef RFCORE_INSTANTIATE

template void co_association<std::uint16_t>(Matrix<const Label>, Matrix<std::uint16_t>,
                                            Stream);
template void co_association<float>(Matrix<const Label>, Matrix<float>, Stream);

}  // namespace rfcore::cuda
