// An HDF5 file driver that keeps what the library itself writes (a few kilobytes of structure) and
// gives out addresses for everything else without keeping or touching the bytes. So the library
// decides where a dataset of any size lies in a fraction of a millisecond, and opens no file.
#pragma once

#include <cstdint>
#include <map>

#include "checkpoint/hdf5/handle.hpp"
#include "steadfarm/types.hpp"

namespace steadfarm::checkpoint::hdf5 {

/// The bytes written so far: runs that neither touch nor overlap.
class SparseBytes {
 public:
  void write(std::uint64_t offset, ByteView bytes);
  /// What was never written reads as zero.
  void read(std::uint64_t offset, std::span<std::byte> out) const;

  std::map<std::uint64_t, Bytes> runs;
  std::uint64_t end = 0;  // the size of the file, as the library last set it
};

/// A file access list that makes the library work on `content`, which must outlive every file
/// opened with it. Invalid if the library refuses. One driver a call: nothing is registered for
/// longer than the handles live.
struct SparseAccess {
  explicit SparseAccess(SparseBytes& content);
  [[nodiscard]] bool valid() const { return driver.valid() && list.valid(); }

  Handle driver;
  Handle list;
};

}  // namespace steadfarm::checkpoint::hdf5
