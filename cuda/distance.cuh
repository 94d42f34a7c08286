// Squared distances by tiles of pairs, in the summation order of sq_distance.
#pragma once

#include "device.cuh"

namespace rfcore::cuda {

// The lanes of sq_distance, and the features that a tile takes in one step.
constexpr int kLanes = 16;

// A block of threads owns a tile of pairs, each thread 2 x 2 of them: rows `down` and
// `down + kDown`, columns `across` and `across + kAcross`. Few threads across suit few
// columns: a column that is not there costs as much as one that is.
template <int kAcross_>
struct Tile {
  static constexpr int kThreads = 256;
  static constexpr int kAcross = kAcross_;
  static constexpr int kDown = kThreads / kAcross;
  static constexpr int kRows = 2 * kDown;
  static constexpr int kColumns = 2 * kAcross;
  static_assert(kWarp % kAcross == 0, "a row of threads should lie in one warp");
};

// Calls use(tile) with the tile that fits m columns.
template <class Use>
void with_tile(Index m, Use&& use) {
  if (m <= Tile<4>::kColumns) {
    use(Tile<4>{});
  } else if (m <= Tile<8>::kColumns) {
    use(Tile<8>{});
  } else {
    use(Tile<16>{});
  }
}

// Where a tile finds its rows or columns: a matrix, or chosen rows of a matrix.
template <class T>
struct Rows {
  using Value = T;
  __device__ const T* operator()(Index i) const { return data + i * d; }

  const T* data;
  Index d;
};

template <class T>
struct ChosenRows {
  using Value = T;
  __device__ const T* operator()(Index i) const { return data + chosen[i] * d; }

  const T* data;
  Index d;
  const Index* chosen;
};

// Two steps of features, as doubles, feature by feature. The odd extent spreads the
// features of a row over the banks.
template <class Shape>
struct Staging {
  double x[2][kLanes][Shape::kRows + 1];
  double y[2][kLanes][Shape::kColumns + 1];
};

// One step of kCount rows on its way from global to shared memory. Missing rows and
// features become 0, and a difference of 0 leaves the bits of a lane as they are.
template <class Shape, int kCount, class Row>
struct Fetch {
  static constexpr int kHeld =
      (kCount * kLanes + Shape::kThreads - 1) / Shape::kThreads;

  __device__ __forceinline__ void load(const Row& row, Index first, Index n, Index step,
                                       Index d) {
#pragma unroll
    for (int e = 0; e < kHeld; ++e) {
      const int position = static_cast<int>(threadIdx.x) + e * Shape::kThreads;
      const Index i = first + position / kLanes;
      const Index f = step * kLanes + position % kLanes;
      held[e] = 0;
      if (position < kCount * kLanes && i < n && f < d) held[e] = row(i)[f];
    }
  }

  __device__ __forceinline__ void store(double (&to)[kLanes][kCount + 1]) const {
#pragma unroll
    for (int e = 0; e < kHeld; ++e) {
      const int position = static_cast<int>(threadIdx.x) + e * Shape::kThreads;
      if (position < kCount * kLanes) {
        to[position % kLanes][position / kLanes] = static_cast<double>(held[e]);
      }
    }
  }

  typename Row::Value held[kHeld];
};

// The squared distances of the thread's pairs: sq[r][c] belongs to row
// first_row + down + r kDown and column first_column + across + c kAcross. Pairs
// outside (n, m) get numbers without meaning. All threads of the block call it
// together.
template <class Shape, class RowX, class RowY>
__device__ __forceinline__ void tile_sq_distances(const RowX& x, Index first_row,
                                                  Index n, const RowY& y,
                                                  Index first_column, Index m, Index d,
                                                  Staging<Shape>& staging,
                                                  double (&sq)[2][2]) {
  const int across = threadIdx.x % Shape::kAcross, down = threadIdx.x / Shape::kAcross;
  const Index n_steps = parts(d, kLanes);
  Fetch<Shape, Shape::kRows, RowX> fetch_x;
  Fetch<Shape, Shape::kColumns, RowY> fetch_y;
  double lane[2][2][kLanes] = {};
  if (n_steps > 0) {
    fetch_x.load(x, first_row, n, 0, d);
    fetch_y.load(y, first_column, m, 0, d);
    fetch_x.store(staging.x[0]);
    fetch_y.store(staging.y[0]);
  }
  __syncthreads();
  for (Index step = 0; step < n_steps; ++step) {
    const int now = step % 2;
    const bool more = step + 1 < n_steps;
    if (more) {
      fetch_x.load(x, first_row, n, step + 1, d);
      fetch_y.load(y, first_column, m, step + 1, d);
    }
#pragma unroll
    for (int l = 0; l < kLanes; ++l) {
#pragma unroll
      for (int r = 0; r < 2; ++r) {
#pragma unroll
        for (int c = 0; c < 2; ++c) {
          const double difference = staging.x[now][l][down + r * Shape::kDown] -
                                    staging.y[now][l][across + c * Shape::kAcross];
          lane[r][c][l] += difference * difference;
        }
      }
    }
    // The other half was last read before the previous barrier.
    if (more) {
      fetch_x.store(staging.x[1 - now]);
      fetch_y.store(staging.y[1 - now]);
    }
    __syncthreads();
  }
#pragma unroll
  for (int r = 0; r < 2; ++r) {
#pragma unroll
    for (int c = 0; c < 2; ++c) {
      sq[r][c] = 0.0;
#pragma unroll
      for (int l = 0; l < kLanes; ++l) sq[r][c] += lane[r][c][l];
    }
  }
}

// Calls use(row, column, sq) once for each pair of the n rows and the m columns.
template <class Shape, class RowX, class RowY, class Use>
__global__ void __launch_bounds__(Shape::kThreads)
    visit_pairs(RowX x, Index n, RowY y, Index m, Index d, Use use) {
  __shared__ Staging<Shape> staging;
  const Index tiles_across = parts(m, Shape::kColumns);
  const Index n_tiles = parts(n, Shape::kRows) * tiles_across;
  for (Index tile = blockIdx.x; tile < n_tiles; tile += gridDim.x) {
    const Index first_row = tile / tiles_across * Shape::kRows;
    const Index first_column = tile % tiles_across * Shape::kColumns;
    double sq[2][2];
    tile_sq_distances(x, first_row, n, y, first_column, m, d, staging, sq);
#pragma unroll
    for (int r = 0; r < 2; ++r) {
#pragma unroll
      for (int c = 0; c < 2; ++c) {
        const Index row = first_row + threadIdx.x / Shape::kAcross + r * Shape::kDown;
        const Index column =
            first_column + threadIdx.x % Shape::kAcross + c * Shape::kAcross;
        if (row < n && column < m) use(row, column, sq[r][c]);
      }
    }
  }
}

template <class RowX, class RowY, class Use>
void for_each_pair(const Call& call, RowX x, Index n, RowY y, Index m, Index d,
                   Use use) {
  with_tile(m, [&](auto tile) {
    using Shape = decltype(tile);
    const Index blocks = parts(n, Shape::kRows) * parts(m, Shape::kColumns);
    call.launch(visit_pairs<Shape, RowX, RowY, Use>, blocks, Shape::kThreads, x, n, y,
                m, d, use);
  });
}

}  // namespace rfcore::cuda
