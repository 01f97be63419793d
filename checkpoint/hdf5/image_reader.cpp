#include <algorithm>
#include <map>
#include <utility>

#include "checkpoint/hdf5/block.hpp"
#include "checkpoint/hdf5/image.hpp"
#include "checkpoint/hdf5/structure.hpp"

namespace steadfarm::checkpoint::hdf5 {

struct ImageReader::State {
  std::unique_ptr<MemorySource> memory;  // if the bytes were given and not a source
  ByteSource* source = nullptr;
  std::map<std::string, std::optional<StoredObject>> found;  // by path, the root's is ""

  Result<const StoredObject*> find(const std::string& path);
  Result<const StoredAttribute*> attribute(const std::string& object, const std::string& name);
};

/// Null if there is no such object. Follows hard links alone: others could lead out of the file.
Result<const StoredObject*> ImageReader::State::find(const std::string& path) {
  const auto known = found.find(path);
  if (known != found.end()) return known->second ? &*known->second : nullptr;
  const std::size_t slash = path.rfind('/');
  const std::string above = slash == std::string::npos ? std::string() : path.substr(0, slash);
  const Result<const StoredObject*> group = find(above);
  if (!group) return group.error();
  std::optional<StoredObject> object;
  if (group.value() != nullptr) {
    if (!group.value()->group) return malformed((above.empty() ? "/" : above) + " is no group");
    const std::string name = slash == std::string::npos ? path : path.substr(slash + 1);
    const auto address = find_link(*source, *group.value()->group, name);
    if (!address) return address.error();
    if (address.value()) {
      Result<StoredObject> read = read_object(*source, *address.value());
      if (!read) return read.error();
      object = std::move(read).value();
    }
  }
  const auto added = found.emplace(path, std::move(object)).first;
  return added->second ? &*added->second : nullptr;
}

/// Null if there is no such attribute. `object` is a path, or "/" for the root group.
Result<const StoredAttribute*> ImageReader::State::attribute(const std::string& object,
                                                             const std::string& name) {
  const Result<const StoredObject*> owner = find(object == "/" ? std::string() : object);
  if (!owner) return owner.error();
  if (owner.value() == nullptr) return static_cast<const StoredAttribute*>(nullptr);
  for (const StoredAttribute& attribute : owner.value()->attributes) {
    if (attribute.name == name) return &attribute;
  }
  return static_cast<const StoredAttribute*>(nullptr);
}

namespace {

Error missing(const std::string& object, const std::string& name) {
  return malformed("the attribute " + name + " of " + object + " is missing");
}

template <class Number>
Result<Number> number_in(const StoredAttribute& attribute, Element element,
                         const std::string& object) {
  const std::string what = "the attribute " + attribute.name + " of " + object;
  if (attribute.shape.rank != 0) return malformed(what + " is not a single value");
  if (!attribute.type.is(element)) return malformed(what + " has another type");
  BlockReader in(attribute.value);
  const auto value = in.number<Number>();
  if (!in.ok()) return malformed(what + " is cut short");
  return value;
}

}  // namespace

ImageReader::ImageReader(std::unique_ptr<State> state) : state_(std::move(state)) {}
ImageReader::ImageReader(ImageReader&&) noexcept = default;
ImageReader::~ImageReader() = default;

Result<ImageReader> ImageReader::open(ByteView image) {
  auto memory = std::make_unique<MemorySource>(image);
  Result<ImageReader> reader = open(*memory);
  if (reader) reader.value().state_->memory = std::move(memory);
  return reader;
}

Result<ImageReader> ImageReader::open(ByteSource& source) {
  auto state = std::make_unique<State>();
  state->source = &source;
  if (source.bytes() == 0) return malformed("it is empty");
  const Result<std::uint64_t> root = read_superblock(source);
  if (!root) return root.error();
  Result<StoredObject> object = read_object(source, root.value());
  if (!object) return object.error();
  state->found.emplace(std::string(), std::move(object).value());
  return ImageReader(std::move(state));
}

Result<bool> ImageReader::has(const std::string& path) const {
  const Result<const StoredObject*> object = state_->find(path);
  if (!object) return object.error();
  return object.value() != nullptr;
}

Result<std::uint64_t> ImageReader::attribute_u64(const std::string& object,
                                                 const std::string& name) const {
  const Result<const StoredAttribute*> found = state_->attribute(object, name);
  if (!found) return found.error();
  if (found.value() == nullptr) return missing(object, name);
  return number_in<std::uint64_t>(*found.value(), Element::u64, object);
}

Result<std::int64_t> ImageReader::attribute_i64(const std::string& object,
                                                const std::string& name) const {
  const Result<const StoredAttribute*> found = state_->attribute(object, name);
  if (!found) return found.error();
  if (found.value() == nullptr) return missing(object, name);
  return number_in<std::int64_t>(*found.value(), Element::i64, object);
}

Result<bool> ImageReader::has_attribute(const std::string& object, const std::string& name) const {
  const Result<const StoredAttribute*> found = state_->attribute(object, name);
  if (!found) return found.error();
  return found.value() != nullptr;
}

Result<std::string> ImageReader::attribute_text(const std::string& object,
                                                const std::string& name) const {
  constexpr std::size_t text_bytes_max = 4096;
  const Result<const StoredAttribute*> found = state_->attribute(object, name);
  if (!found) return found.error();
  if (found.value() == nullptr) return missing(object, name);
  const StoredAttribute& attribute = *found.value();
  const std::uint32_t bytes = attribute.type.value_bytes;
  if (attribute.shape.rank != 0 || !attribute.type.is_text() || bytes > text_bytes_max ||
      bytes > attribute.value.size()) {
    return malformed("the attribute " + name + " of " + object + " is no short text");
  }
  std::string text(reinterpret_cast<const char*>(attribute.value.data()), bytes);
  text.resize(std::min(text.find('\0'), text.size()));
  return text;
}

Result<std::uint64_t> ImageReader::rows(const std::string& path, Element element,
                                        std::uint64_t columns) const {
  const Result<const StoredObject*> found = state_->find(path);
  if (!found) return found.error();
  if (found.value() == nullptr) return malformed("the dataset " + path + " is missing");
  const StoredObject& data = *found.value();
  if (!data.type || !data.shape) return malformed(path + " is no dataset");
  if (!data.type->is(element)) return malformed("the dataset " + path + " has another type");
  if (!data.contiguous || data.elsewhere) {
    return malformed("the dataset " + path + " is not stored in one piece");
  }
  if (data.shape->rank != (columns == 0 ? 1 : 2) ||
      (columns != 0 && data.shape->dimensions[1] != columns)) {
    return malformed("the dataset " + path + " has another shape");
  }
  // Before anybody allocates: the data lie in the file, so they cannot be larger than it.
  const std::uint64_t row_bytes = element_bytes(element) * (columns == 0 ? 1 : columns);
  const std::uint64_t rows = data.shape->dimensions[0];
  if (rows > state_->source->bytes() / row_bytes || data.contiguous->bytes != rows * row_bytes) {
    return malformed("the dataset " + path + " claims more than the file holds");
  }
  if (const Result<Extent> inside = extent(path); !inside) return inside.error();
  return rows;
}

Result<Extent> ImageReader::extent(const std::string& path) const {
  const Result<const StoredObject*> found = state_->find(path);
  if (!found) return found.error();
  if (found.value() == nullptr || !found.value()->contiguous) {
    return malformed(path + " is no dataset in one piece");
  }
  const Extent& extent = *found.value()->contiguous;
  if (extent.bytes == 0) return Extent{};
  const std::uint64_t end = state_->source->bytes();
  if (extent.offset > end || extent.bytes > end - extent.offset) {
    return malformed("the dataset " + path + " claims more than the file holds");
  }
  return extent;
}

Status ImageReader::read(const std::string& path, std::span<std::byte> out) const {
  const Result<Extent> where = extent(path);
  if (!where) return where.error();
  if (where.value().bytes != out.size()) {
    return malformed("the dataset " + path + " has another size");
  }
  return state_->source->read_at(where.value().offset, out);
}

}  // namespace steadfarm::checkpoint::hdf5
