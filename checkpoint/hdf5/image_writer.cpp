#include <algorithm>

#include "checkpoint/hdf5/handle.hpp"
#include "checkpoint/hdf5/image.hpp"
#include "checkpoint/hdf5/types.hpp"

namespace steadfarm::checkpoint::hdf5 {

struct ImageWriter::State {
  // First, so that it goes last: closing the handles below must be quiet too.
  Quiet quiet;
  Handle file;
  Handle dataset_options;
  Handle group_options;
  Handle scalar;
};

ImageWriter::ImageWriter(std::unique_ptr<State> state) : state_(std::move(state)) {}
ImageWriter::ImageWriter(ImageWriter&&) noexcept = default;
ImageWriter::~ImageWriter() = default;

Result<ImageWriter> ImageWriter::create(std::uint64_t bytes_expected) {
  auto state = std::make_unique<State>();
  const auto failed = [](const char* what) { return check(-1, what, ErrorCode::internal).error(); };
  const Handle access(H5Pcreate(H5P_FILE_ACCESS));
  // Memory only: without a backing store nothing touches a disk behind the port's back.
  const std::uint64_t step = std::clamp<std::uint64_t>(bytes_expected, 4U << 10U, 64U << 20U);
  if (!access.valid() || H5Pset_fapl_core(access.id(), step, 0) < 0 ||
      // The oldest format has no checksum over its superblock, which H5Fget_file_image of 1.10
      // gets wrong, and every reader of the last twenty years knows it.
      H5Pset_libver_bounds(access.id(), H5F_LIBVER_EARLIEST, H5F_LIBVER_V18) < 0) {
    return failed("prepare a file in memory");
  }
  state->file = Handle(H5Fcreate("segment", H5F_ACC_TRUNC, H5P_DEFAULT, access.id()));
  state->scalar = Handle(H5Screate(H5S_SCALAR));
  state->dataset_options = Handle(H5Pcreate(H5P_DATASET_CREATE));
  state->group_options = Handle(H5Pcreate(H5P_GROUP_CREATE));
  if (!state->file.valid() || !state->scalar.valid() || !state->dataset_options.valid() ||
      !state->group_options.valid()) {
    return failed("create a file in memory");
  }
  const hid_t dataset = state->dataset_options.id();
  // Without times equal content gives equal bytes.
  if (H5Pset_obj_track_times(dataset, 0) < 0 ||
      H5Pset_obj_track_times(state->group_options.id(), 0) < 0 ||
      H5Pset_layout(dataset, H5D_CONTIGUOUS) < 0 ||
      H5Pset_alloc_time(dataset, H5D_ALLOC_TIME_EARLY) < 0 ||
      H5Pset_fill_time(dataset, H5D_FILL_TIME_NEVER) < 0) {
    return failed("set the options of a file in memory");
  }
  return ImageWriter(std::move(state));
}

Status ImageWriter::group(const std::string& path) {
  const Handle made(H5Gcreate2(state_->file.id(), path.c_str(), H5P_DEFAULT,
                               state_->group_options.id(), H5P_DEFAULT));
  return check(made.id(), "make the group " + path, ErrorCode::internal);
}

namespace {

Status write_attribute(hid_t file, const std::string& object, const std::string& name, hid_t space,
                       hid_t stored_type, hid_t memory_type, const void* value) {
  const std::string what = "write the attribute " + name + " of " + object;
  const Handle made(H5Acreate_by_name(file, object.c_str(), name.c_str(), stored_type, space,
                                      H5P_DEFAULT, H5P_DEFAULT, H5P_DEFAULT));
  if (!made.valid()) return check(made.id(), what, ErrorCode::internal);
  return check(H5Awrite(made.id(), memory_type, value), what, ErrorCode::internal);
}

}  // namespace

Status ImageWriter::attribute(const std::string& object, const std::string& name,
                              std::uint64_t value) {
  return write_attribute(state_->file.id(), object, name, state_->scalar.id(),
                         stored_type(Element::u64), memory_type(Element::u64), &value);
}

Status ImageWriter::attribute(const std::string& object, const std::string& name,
                              std::int64_t value) {
  return write_attribute(state_->file.id(), object, name, state_->scalar.id(),
                         stored_type(Element::i64), memory_type(Element::i64), &value);
}

Status ImageWriter::attribute(const std::string& object, const std::string& name,
                              const std::string& text) {
  const Handle type(H5Tcopy(H5T_C_S1));
  if (!type.valid() || H5Tset_size(type.id(), text.size() + 1) < 0) {
    return check(-1, "make a text type for " + name, ErrorCode::internal);
  }
  return write_attribute(state_->file.id(), object, name, state_->scalar.id(), type.id(), type.id(),
                         text.c_str());
}

Status ImageWriter::dataset(const std::string& path, Element element, std::uint64_t rows,
                            std::uint64_t columns, const void* data) {
  const std::string what = "write the dataset " + path;
  const hsize_t dimensions[2] = {rows, columns};
  const Handle space(H5Screate_simple(columns == 0 ? 1 : 2, dimensions, nullptr));
  if (!space.valid()) return check(space.id(), what, ErrorCode::internal);
  const Handle made(H5Dcreate2(state_->file.id(), path.c_str(), stored_type(element), space.id(),
                               H5P_DEFAULT, state_->dataset_options.id(), H5P_DEFAULT));
  if (!made.valid()) return check(made.id(), what, ErrorCode::internal);
  return check(H5Dwrite(made.id(), memory_type(element), H5S_ALL, H5S_ALL, H5P_DEFAULT, data), what,
               ErrorCode::internal);
}

Result<Bytes> ImageWriter::finish() {
  const hid_t file = state_->file.id();
  const std::string what = "take the bytes of a file in memory";
  if (Status done = check(H5Fflush(file, H5F_SCOPE_LOCAL), what, ErrorCode::internal); !done) {
    return done.error();
  }
  const ssize_t size = H5Fget_file_image(file, nullptr, 0);
  if (size < 0) return check(size, what, ErrorCode::internal).error();
  Bytes bytes(static_cast<std::size_t>(size));
  const ssize_t got = H5Fget_file_image(file, bytes.data(), bytes.size());
  if (got != size) return check(-1, what, ErrorCode::internal).error();
  state_.reset();
  return bytes;
}

}  // namespace steadfarm::checkpoint::hdf5
