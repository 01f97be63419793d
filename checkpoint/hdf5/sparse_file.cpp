#include "checkpoint/hdf5/sparse_file.hpp"

#include <algorithm>
#include <memory>
#include <span>

#if H5_VERSION_GE(1, 13, 0)
#include <H5FDdevelop.h>
#endif

namespace steadfarm::checkpoint::hdf5 {

void SparseBytes::write(std::uint64_t offset, ByteView bytes) {
  if (bytes.empty()) return;
  std::uint64_t begin = offset;
  std::uint64_t stop = offset + bytes.size();
  // All runs that this one overlaps or touches become one with it.
  auto first = runs.upper_bound(offset);
  if (first != runs.begin()) {
    const auto before = std::prev(first);
    if (before->first + before->second.size() >= offset) first = before;
  }
  auto last = first;
  while (last != runs.end() && last->first <= stop) {
    begin = std::min(begin, last->first);
    stop = std::max(stop, last->first + last->second.size());
    ++last;
  }
  Bytes merged(static_cast<std::size_t>(stop - begin));
  const auto at = [&](std::uint64_t place) {
    return merged.begin() + static_cast<std::ptrdiff_t>(place - begin);
  };
  for (auto run = first; run != last; ++run) {
    std::copy(run->second.begin(), run->second.end(), at(run->first));
  }
  std::copy(bytes.begin(), bytes.end(), at(offset));
  runs.erase(first, last);
  runs.emplace(begin, std::move(merged));
}

void SparseBytes::read(std::uint64_t offset, std::span<std::byte> out) const {
  std::fill(out.begin(), out.end(), std::byte{0});
  for (const auto& [begin, bytes] : runs) {
    const std::uint64_t from = std::max(begin, offset);
    const std::uint64_t to = std::min(begin + bytes.size(), offset + out.size());
    if (from >= to) continue;
    std::copy_n(bytes.begin() + static_cast<std::ptrdiff_t>(from - begin), to - from,
                out.begin() + static_cast<std::ptrdiff_t>(from - offset));
  }
}

namespace {

/// What an access list carries to the file; the library copies it.
struct Target {
  SparseBytes* content = nullptr;
};

/// The library knows its files by their first member.
struct SparseFile {
  H5FD_t base{};
  SparseBytes* content = nullptr;
  haddr_t end_of_addresses = 0;
};

SparseFile& self(H5FD_t* file) { return *reinterpret_cast<SparseFile*>(file); }
const SparseFile& self(const H5FD_t* file) { return *reinterpret_cast<const SparseFile*>(file); }

H5FD_t* open_sparse(const char* /*name*/, unsigned /*flags*/, hid_t access, haddr_t /*max*/) {
  const void* info = H5Pget_driver_info(access);
  if (info == nullptr) return nullptr;
  auto file = std::make_unique<SparseFile>();
  file->content = static_cast<const Target*>(info)->content;
  return reinterpret_cast<H5FD_t*>(file.release());  // until close_sparse
}

herr_t close_sparse(H5FD_t* file) {
  const std::unique_ptr<SparseFile> owner(&self(file));
  owner->content->end = owner->end_of_addresses;
  return 0;
}

herr_t query_sparse(const H5FD_t* /*file*/, unsigned long* flags) {
  if (flags != nullptr) {
    *flags = H5FD_FEAT_AGGREGATE_METADATA | H5FD_FEAT_ACCUMULATE_METADATA |
             H5FD_FEAT_AGGREGATE_SMALLDATA;
  }
  return 0;
}

haddr_t address_end(const H5FD_t* file, H5FD_mem_t /*type*/) { return self(file).end_of_addresses; }

herr_t set_address_end(H5FD_t* file, H5FD_mem_t /*type*/, haddr_t address) {
  self(file).end_of_addresses = address;
  return 0;
}

herr_t read_sparse(H5FD_t* file, H5FD_mem_t /*type*/, hid_t /*options*/, haddr_t address,
                   size_t bytes, void* buffer) {
  self(file).content->read(address, {static_cast<std::byte*>(buffer), bytes});
  return 0;
}

herr_t write_sparse(H5FD_t* file, H5FD_mem_t /*type*/, hid_t /*options*/, haddr_t address,
                    size_t bytes, const void* buffer) {
  self(file).content->write(address, {static_cast<const std::byte*>(buffer), bytes});
  return 0;
}

H5FD_class_t sparse_class() {
  H5FD_class_t driver{};
#if H5_VERSION_GE(1, 13, 0)
  driver.version = H5FD_CLASS_VERSION;
  driver.value = static_cast<H5FD_class_value_t>(600);  // of the range for private use
#endif
  driver.name = "steadfarm_sparse";
  driver.maxaddr = (haddr_t{1} << 62U) - 1;
  driver.fc_degree = H5F_CLOSE_STRONG;
  driver.fapl_size = sizeof(Target);
  driver.open = open_sparse;
  driver.close = close_sparse;
  driver.query = query_sparse;
  driver.get_eoa = address_end;
  driver.set_eoa = set_address_end;
  driver.get_eof = address_end;
  driver.read = read_sparse;
  driver.write = write_sparse;
  // Structure and data do not share what is freed.
  const H5FD_mem_t kinds[] = H5FD_FLMAP_DICHOTOMY;
  std::copy(std::begin(kinds), std::end(kinds), std::begin(driver.fl_map));
  return driver;
}

}  // namespace

SparseAccess::SparseAccess(SparseBytes& content) {
  static const H5FD_class_t driver_class = sparse_class();
  Handle registered(H5FDregister(&driver_class));
  Handle access(H5Pcreate(H5P_FILE_ACCESS));
  const Target target{&content};
  if (!registered.valid() || !access.valid() ||
      H5Pset_driver(access.id(), registered.id(), &target) < 0) {
    return;
  }
  driver = std::move(registered);
  list = std::move(access);
}

}  // namespace steadfarm::checkpoint::hdf5
