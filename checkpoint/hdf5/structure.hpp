// The structure of an HDF5 file in the one form that ImageWriter has the library write: superblock
// 0, groups as symbol tables, object headers and messages of version 1. Read without the library,
// which crashes on some malformed files and takes memory for whatever size they claim. Here each
// address, size and count is compared with the file and with a limit before it is used. Anything of
// another form is `corrupt`. The "HDF5 File Format Specification", version 2, describes the bytes.
#pragma once

#include <array>
#include <cstdint>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "base/error.hpp"
#include "checkpoint/byte_source.hpp"
#include "checkpoint/hdf5/image.hpp"

namespace steadfarm::checkpoint::hdf5 {

inline constexpr std::uint64_t undefined_address = ~std::uint64_t{0};

/// The type of an attribute or a dataset: the bytes of its message, and the size of a value.
struct StoredType {
  std::array<std::byte, 20> message{};  // what is in it beyond that has no meaning here
  std::uint32_t value_bytes = 0;
  [[nodiscard]] bool is(Element element) const;
  [[nodiscard]] bool is_text() const;  // of a fixed length
};

struct Shape {
  int rank = 0;
  std::array<std::uint64_t, 2> dimensions{};  // of rank 1 and 2
};

struct StoredAttribute {
  std::string name;
  StoredType type;
  Shape shape;
  Bytes value;
};

/// A group or a dataset. What is absent has no value.
struct StoredObject {
  struct Group {
    std::uint64_t tree = 0;
    std::uint64_t heap = 0;
  };
  std::optional<Group> group;
  std::optional<StoredType> type;
  std::optional<Shape> shape;
  std::optional<Extent> contiguous;  // where the bytes are; its offset may be `undefined_address`
  bool elsewhere = false;            // in other files, or behind filters
  std::vector<StoredAttribute> attributes;
};

/// The address of the root group's object header.
[[nodiscard]] Result<std::uint64_t> read_superblock(ByteSource& source);

[[nodiscard]] Result<StoredObject> read_object(ByteSource& source, std::uint64_t address);

/// The address of the object that a hard link of this name leads to. Nothing if there is none.
[[nodiscard]] Result<std::optional<std::uint64_t>> find_link(ByteSource& source,
                                                             const StoredObject::Group& group,
                                                             std::string_view name);

}  // namespace steadfarm::checkpoint::hdf5
