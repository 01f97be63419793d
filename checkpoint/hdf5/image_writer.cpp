#include <bit>
#include <utility>

#include "checkpoint/hdf5/handle.hpp"
#include "checkpoint/hdf5/image.hpp"
#include "checkpoint/hdf5/sparse_file.hpp"
#include "checkpoint/hdf5/types.hpp"

namespace steadfarm::checkpoint::hdf5 {

// The datasets' bytes go to the file as they lie in memory, past the library's conversion.
static_assert(std::endian::native == std::endian::little,
              "segments hold little-endian numbers and are written without conversion");

struct ImageWriter::State {
  State() : access(content) {}
  // First, so that it goes last: closing the handles below must be quiet too.
  Quiet quiet;
  SparseBytes content;
  SparseAccess access;
  Handle file;
  Handle dataset_options;
  Handle group_options;
  Handle scalar;
  FinishedFile out;
};

ImageWriter::ImageWriter(std::unique_ptr<State> state) : state_(std::move(state)) {}
ImageWriter::ImageWriter(ImageWriter&&) noexcept = default;
ImageWriter::~ImageWriter() = default;

Result<ImageWriter> ImageWriter::create() {
  auto state = std::make_unique<State>();
  const auto failed = [](const char* what) { return check(-1, what, ErrorCode::internal).error(); };
  // The oldest format: every reader of the last twenty years knows it.
  if (!state->access.valid() ||
      H5Pset_libver_bounds(state->access.list.id(), H5F_LIBVER_EARLIEST, H5F_LIBVER_V18) < 0) {
    return failed("prepare a file in memory");
  }
  state->file = Handle(H5Fcreate("segment", H5F_ACC_TRUNC, H5P_DEFAULT, state->access.list.id()));
  state->scalar = Handle(H5Screate(H5S_SCALAR));
  state->dataset_options = Handle(H5Pcreate(H5P_DATASET_CREATE));
  state->group_options = Handle(H5Pcreate(H5P_GROUP_CREATE));
  if (!state->file.valid() || !state->scalar.valid() || !state->dataset_options.valid() ||
      !state->group_options.valid()) {
    return failed("create a file in memory");
  }
  const hid_t dataset = state->dataset_options.id();
  // Without times equal content gives equal bytes. Early and never filled: a dataset has its place
  // at once, and the library writes nothing there.
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

Result<std::uint64_t> ImageWriter::place(const std::string& path, const Table& table) {
  const std::string what = "lay out the dataset " + path;
  const hsize_t dimensions[2] = {table.rows, table.columns};
  const Handle space(H5Screate_simple(table.columns == 0 ? 1 : 2, dimensions, nullptr));
  if (!space.valid()) return check(space.id(), what, ErrorCode::internal).error();
  const Handle made(H5Dcreate2(state_->file.id(), path.c_str(), stored_type(table.element),
                               space.id(), H5P_DEFAULT, state_->dataset_options.id(), H5P_DEFAULT));
  if (!made.valid()) return check(made.id(), what, ErrorCode::internal).error();
  const haddr_t offset = H5Dget_offset(made.id());
  const std::uint64_t cells = table.rows * (table.columns == 0 ? 1 : table.columns);
  const std::uint64_t bytes = cells * element_bytes(table.element);
  if (offset == HADDR_UNDEF || H5Dget_storage_size(made.id()) != bytes) {
    return check(-1, what, ErrorCode::internal).error();
  }
  state_->out.index.emplace(path, Extent{offset, bytes});
  return static_cast<std::uint64_t>(offset);
}

Status ImageWriter::dataset(const std::string& path, const Table& table,
                            const std::vector<ByteView>& pieces) {
  const Result<std::uint64_t> offset = place(path, table);
  if (!offset) return offset.error();
  std::uint64_t at = offset.value();
  for (const ByteView piece : pieces) {
    state_->out.image.borrow(at, piece);
    at += piece.size();
  }
  if (at - offset.value() == state_->out.index.at(path).bytes) return {};
  return Error{ErrorCode::internal, "the dataset " + path + " was given another number of bytes"};
}

Status ImageWriter::dataset(const std::string& path, const Table& table, Bytes bytes) {
  const Result<std::uint64_t> offset = place(path, table);
  if (!offset) return offset.error();
  if (bytes.size() != state_->out.index.at(path).bytes) {
    return Error{ErrorCode::internal, "the dataset " + path + " was given another number of bytes"};
  }
  state_->out.image.own(offset.value(), std::move(bytes));
  return {};
}

Result<FinishedFile> ImageWriter::finish() {
  const std::string what = "finish a file in memory";
  state_->scalar = Handle();
  state_->dataset_options = Handle();
  state_->group_options = Handle();
  // Closed by hand: a handle that merely goes would keep the failure to itself.
  const hid_t file = state_->file.release();
  if (Status done = check(H5Fclose(file), what, ErrorCode::internal); !done) return done.error();
  FinishedFile out = std::move(state_->out);
  for (auto& [offset, bytes] : state_->content.runs) out.image.own(offset, std::move(bytes));
  if (Status sealed = out.image.seal(state_->content.end); !sealed) return sealed.error();
  state_.reset();
  return out;
}

}  // namespace steadfarm::checkpoint::hdf5
