#include "checkpoint/hdf5/handle.hpp"
#include "checkpoint/hdf5/image.hpp"
#include "checkpoint/hdf5/types.hpp"

namespace steadfarm::checkpoint::hdf5 {

struct ImageReader::State {
  Quiet quiet;  // first, so that it goes last
  Handle file;
  std::uint64_t image_bytes = 0;
};

namespace {

Error malformed(const std::string& what) { return {ErrorCode::corrupt, what}; }

Result<Handle> open_image(ByteView image) {
  const Handle access(H5Pcreate(H5P_FILE_ACCESS));
  if (!access.valid() || H5Pset_fapl_core(access.id(), 4096, 0) < 0) {
    return check(-1, "prepare a file in memory", ErrorCode::internal).error();
  }
  // The call takes a pointer to non-const but copies from it.
  void* data = const_cast<std::byte*>(image.data());  // NOLINT: the C interface lacks a const
  if (H5Pset_file_image(access.id(), data, image.size()) < 0) {
    return check(-1, "take in an image", ErrorCode::internal).error();
  }
  Handle file(H5Fopen("segment", H5F_ACC_RDONLY, access.id()));
  if (!file.valid()) return check(-1, "open it", ErrorCode::corrupt).error();
  return file;
}

Result<Handle> open_attribute(hid_t file, const std::string& object, const std::string& name) {
  Handle attribute(H5Aopen_by_name(file, object.c_str(), name.c_str(), H5P_DEFAULT, H5P_DEFAULT));
  if (!attribute.valid())
    return malformed("the attribute " + name + " of " + object + " is missing");
  const Handle space(H5Aget_space(attribute.id()));
  if (!space.valid() || H5Sget_simple_extent_npoints(space.id()) != 1) {
    return malformed("the attribute " + name + " of " + object + " is not a single value");
  }
  return attribute;
}

Status read_number(hid_t file, const std::string& object, const std::string& name, Element element,
                   void* value) {
  Result<Handle> attribute = open_attribute(file, object, name);
  if (!attribute) return attribute.error();
  const hid_t id = attribute.value().id();
  const Handle type(H5Aget_type(id));
  if (!type.valid() || H5Tequal(type.id(), stored_type(element)) <= 0) {
    return malformed("the attribute " + name + " of " + object + " has another type");
  }
  return check(H5Aread(id, memory_type(element), value), "read the attribute " + name,
               ErrorCode::corrupt);
}

}  // namespace

ImageReader::ImageReader(std::unique_ptr<State> state) : state_(std::move(state)) {}
ImageReader::ImageReader(ImageReader&&) noexcept = default;
ImageReader::~ImageReader() = default;

Result<ImageReader> ImageReader::open(ByteView image) {
  auto state = std::make_unique<State>();
  state->image_bytes = image.size();
  if (image.empty()) return malformed("it is empty");
  Result<Handle> file = open_image(image);
  if (!file) return file.error();
  state->file = std::move(file).value();
  return ImageReader(std::move(state));
}

bool ImageReader::has(const std::string& path) const {
  // A soft or external link could lead out of the file: every step must be a hard one.
  for (std::size_t end = path.find('/'); true; end = path.find('/', end + 1)) {
    H5L_info_t info{};
    const std::string step = path.substr(0, end);
    if (H5Lexists(state_->file.id(), step.c_str(), H5P_DEFAULT) <= 0) return false;
    if (H5Lget_info(state_->file.id(), step.c_str(), &info, H5P_DEFAULT) < 0) return false;
    if (info.type != H5L_TYPE_HARD) return false;
    if (end == std::string::npos) return true;
  }
}

Result<std::uint64_t> ImageReader::attribute_u64(const std::string& object,
                                                 const std::string& name) const {
  std::uint64_t value = 0;
  Status done = read_number(state_->file.id(), object, name, Element::u64, &value);
  if (!done) return done.error();
  return value;
}

Result<std::int64_t> ImageReader::attribute_i64(const std::string& object,
                                                const std::string& name) const {
  std::int64_t value = 0;
  Status done = read_number(state_->file.id(), object, name, Element::i64, &value);
  if (!done) return done.error();
  return value;
}

Result<std::string> ImageReader::attribute_text(const std::string& object,
                                                const std::string& name) const {
  constexpr std::size_t text_bytes_max = 4096;
  Result<Handle> attribute = open_attribute(state_->file.id(), object, name);
  if (!attribute) return attribute.error();
  const Handle type(H5Aget_type(attribute.value().id()));
  const bool fits = type.valid() && H5Tget_class(type.id()) == H5T_STRING &&
                    H5Tis_variable_str(type.id()) == 0 && H5Tget_size(type.id()) <= text_bytes_max;
  if (!fits) return malformed("the attribute " + name + " of " + object + " is no short text");
  std::string text(H5Tget_size(type.id()), '\0');
  Status done = check(H5Aread(attribute.value().id(), type.id(), text.data()),
                      "read the attribute " + name, ErrorCode::corrupt);
  if (!done) return done.error();
  text.resize(text.find('\0') == std::string::npos ? text.size() : text.find('\0'));
  return text;
}

Result<std::uint64_t> ImageReader::rows(const std::string& path, Element element,
                                        std::uint64_t columns) const {
  if (!has(path)) return malformed("the dataset " + path + " is missing");
  const Handle data(H5Dopen2(state_->file.id(), path.c_str(), H5P_DEFAULT));
  if (!data.valid()) return malformed(path + " is no dataset");
  const Handle type(H5Dget_type(data.id()));
  const Handle space(H5Dget_space(data.id()));
  const Handle options(H5Dget_create_plist(data.id()));
  if (!type.valid() || H5Tequal(type.id(), stored_type(element)) <= 0) {
    return malformed("the dataset " + path + " has another type");
  }
  if (!options.valid() || H5Pget_layout(options.id()) != H5D_CONTIGUOUS ||
      H5Pget_external_count(options.id()) != 0) {
    return malformed("the dataset " + path + " is not stored in one piece");
  }
  hsize_t dimensions[2] = {0, 0};
  const int rank = columns == 0 ? 1 : 2;
  if (!space.valid() || H5Sget_simple_extent_ndims(space.id()) != rank ||
      H5Sget_simple_extent_dims(space.id(), dimensions, nullptr) != rank ||
      (columns != 0 && dimensions[1] != columns)) {
    return malformed("the dataset " + path + " has another shape");
  }
  // Before anybody allocates: the data lie in the file, so they cannot be larger than it.
  const std::uint64_t row_bytes = element_bytes(element) * (columns == 0 ? 1 : columns);
  if (dimensions[0] > state_->image_bytes / row_bytes ||
      H5Dget_storage_size(data.id()) != dimensions[0] * row_bytes) {
    return malformed("the dataset " + path + " claims more than the file holds");
  }
  return static_cast<std::uint64_t>(dimensions[0]);
}

Result<Extent> ImageReader::extent(const std::string& path) const {
  const Handle data(H5Dopen2(state_->file.id(), path.c_str(), H5P_DEFAULT));
  if (!data.valid()) return malformed(path + " is no dataset");
  const haddr_t offset = H5Dget_offset(data.id());
  const std::uint64_t bytes = H5Dget_storage_size(data.id());
  if (bytes == 0) return Extent{};
  if (offset == HADDR_UNDEF || offset > state_->image_bytes ||
      bytes > state_->image_bytes - offset) {
    return malformed("the dataset " + path + " lies outside the file");
  }
  return Extent{offset, bytes};
}

Status ImageReader::read(const std::string& path, Element element, void* data) const {
  const Handle dataset(H5Dopen2(state_->file.id(), path.c_str(), H5P_DEFAULT));
  if (!dataset.valid()) return malformed(path + " is no dataset");
  return check(H5Dread(dataset.id(), memory_type(element), H5S_ALL, H5S_ALL, H5P_DEFAULT, data),
               "read the dataset " + path, ErrorCode::corrupt);
}

}  // namespace steadfarm::checkpoint::hdf5
