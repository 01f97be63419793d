// Object headers and their messages.
#include <algorithm>
#include <array>
#include <cstdint>
#include <cstring>

#include "checkpoint/hdf5/block.hpp"
#include "checkpoint/hdf5/structure.hpp"

namespace steadfarm::checkpoint::hdf5 {
namespace {

// Message types.
constexpr std::uint16_t dataspace = 0x0001;
constexpr std::uint16_t datatype = 0x0003;
constexpr std::uint16_t external_files = 0x0007;
constexpr std::uint16_t data_layout = 0x0008;
constexpr std::uint16_t filters = 0x000B;
constexpr std::uint16_t attribute = 0x000C;
constexpr std::uint16_t continuation = 0x0010;
constexpr std::uint16_t symbol_table = 0x0011;

constexpr std::uint8_t shared_flag = 2;  // the message is only a reference to one elsewhere
constexpr std::size_t continuations_max = 64;

StoredType read_type(ByteView message) {
  StoredType type;
  std::copy_n(message.begin(), std::min(message.size(), type.message.size()), type.message.begin());
  BlockReader in(message);
  in.skip(4);
  type.value_bytes = in.u32();
  return type;
}

Result<Shape> read_shape(ByteView message) {
  BlockReader in(message);
  const std::uint8_t version = in.u8();
  Shape shape;
  shape.rank = in.u8();
  in.skip(6);  // flags; the largest dimensions follow the present ones and do not matter
  if (version != 1 || shape.rank > 2) return malformed("a dataspace is not one of ours");
  for (int i = 0; i < shape.rank; ++i) shape.dimensions.at(static_cast<std::size_t>(i)) = in.u64();
  if (!in.ok()) return malformed("a dataspace is cut short");
  return shape;
}

std::size_t padded(std::uint16_t bytes) { return (std::size_t{bytes} + 7) / 8 * 8; }

Result<StoredAttribute> read_attribute(ByteView message) {
  BlockReader in(message);
  const bool known = in.u8() == 1;
  in.skip(1);
  const std::uint16_t name_bytes = in.u16();
  const std::uint16_t type_bytes = in.u16();
  const std::uint16_t shape_bytes = in.u16();
  const ByteView name = in.take(padded(name_bytes));
  const ByteView type = in.take(padded(type_bytes));
  const ByteView space = in.take(padded(shape_bytes));
  if (!known || !in.ok() || name_bytes == 0) return malformed("an attribute is not one of ours");
  StoredAttribute out;
  out.name.assign(reinterpret_cast<const char*>(name.data()), name_bytes);
  out.name.resize(std::min(out.name.find('\0'), out.name.size()));
  out.type = read_type(type);
  const Result<Shape> shape = read_shape(space);
  if (!shape) return shape.error();
  out.shape = shape.value();
  const ByteView value = in.take(in.left());
  out.value.assign(value.begin(), value.end());
  return out;
}

/// Follows the header through its continuations.
class HeaderReader {
 public:
  explicit HeaderReader(ByteSource& source) : source_(source) {}

  Result<StoredObject> run(std::uint64_t address) {
    const Result<Bytes> prefix = read_block(source_, address, 16);
    if (!prefix) return prefix.error();
    BlockReader in(prefix.value());
    const bool known = in.u8() == 1;
    in.skip(1);
    messages_left_ = in.u16();
    in.skip(4);
    const std::uint32_t bytes = in.u32();
    if (!known) return malformed("an object is not stored as ours are");
    blocks_.push_back({address + 16, bytes});
    for (std::size_t i = 0; i < blocks_.size(); ++i) {
      if (i == continuations_max) return malformed("an object's header is too long");
      if (Status read = read_messages(blocks_[i]); !read) return read.error();
    }
    return std::move(object_);
  }

 private:
  Status read_messages(const Extent& where) {
    const Result<Bytes> block = read_block(source_, where.offset, where.bytes);
    if (!block) return block.error();
    BlockReader in(block.value());
    while (messages_left_ > 0 && in.left() >= 8) {
      --messages_left_;
      const std::uint16_t kind = in.u16();
      const std::uint16_t bytes = in.u16();
      const std::uint8_t flags = in.u8();
      in.skip(3);
      const ByteView message = in.take(bytes);
      if (!in.ok()) return malformed("an object's header is cut short");
      if (Status read = read_message(kind, flags, message); !read) return read;
    }
    return {};
  }

  Status read_message(std::uint16_t kind, std::uint8_t flags, ByteView message) {
    BlockReader in(message);
    switch (kind) {
      case dataspace: {
        const Result<Shape> shape = read_shape(message);
        if (!shape) return shape.error();
        object_.shape = shape.value();
        return {};
      }
      case datatype:
        object_.type = (flags & shared_flag) == 0 ? read_type(message) : StoredType();
        return {};
      case external_files:
      case filters:
        object_.elsewhere = true;
        return {};
      case data_layout: {
        if (in.u8() != 3 || in.u8() != 1) return {};  // not in one piece
        const std::uint64_t offset = in.u64();
        const std::uint64_t bytes = in.u64();
        if (!in.ok()) return malformed("a dataset's place is cut short");
        object_.contiguous = Extent{offset, bytes};
        return {};
      }
      case attribute: {
        Result<StoredAttribute> read = read_attribute(message);
        if (!read) return read.error();
        object_.attributes.push_back(std::move(read).value());
        return {};
      }
      case continuation: {
        const std::uint64_t offset = in.u64();
        blocks_.push_back({offset, in.u64()});
        return {};
      }
      case symbol_table: {
        const std::uint64_t tree = in.u64();
        object_.group = StoredObject::Group{tree, in.u64()};
        return {};
      }
      default:
        return {};
    }
  }

  ByteSource& source_;
  std::vector<Extent> blocks_;
  std::uint16_t messages_left_ = 0;
  StoredObject object_;
};

using Pattern = std::array<std::uint8_t, 20>;

/// Little-endian, all bits used. Class and version, three bytes of flags, size; what follows.
Pattern integer(std::uint8_t bytes, bool is_signed) {
  const std::uint8_t sign = is_signed ? 0x08 : 0x00;
  return {0x10, sign, 0, 0, bytes, 0, 0, 0, 0, 0, static_cast<std::uint8_t>(bytes * 8)};
}

Pattern pattern_of(Element element) {
  switch (element) {
    case Element::i8:
      return integer(1, true);
    case Element::i16:
      return integer(2, true);
    case Element::i32:
      return integer(4, true);
    case Element::i64:
      return integer(8, true);
    case Element::u8:
      return integer(1, false);
    case Element::u16:
      return integer(2, false);
    case Element::u32:
      return integer(4, false);
    case Element::f32:
      return {0x11, 0x20, 31, 0, 4, 0, 0, 0, 0, 0, 32, 0, 23, 8, 0, 23, 127};
    case Element::f64:
      return {0x11, 0x20, 63, 0, 8, 0, 0, 0, 0, 0, 64, 0, 52, 11, 0, 52, 0xFF, 0x03};
    case Element::u64:
      break;
  }
  return integer(8, false);
}

}  // namespace

bool StoredType::is(Element element) const {
  const Pattern expected = pattern_of(element);
  const bool is_float = element == Element::f32 || element == Element::f64;
  const std::size_t bytes = is_float ? 20 : 12;
  return std::memcmp(message.data(), expected.data(), bytes) == 0;
}

bool StoredType::is_text() const { return message[0] == std::byte{0x13}; }

Result<StoredObject> read_object(ByteSource& source, std::uint64_t address) {
  return HeaderReader(source).run(address);
}

}  // namespace steadfarm::checkpoint::hdf5
