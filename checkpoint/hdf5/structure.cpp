#include "checkpoint/hdf5/structure.hpp"

#include <algorithm>
#include <cstring>

#include "checkpoint/hdf5/block.hpp"

namespace steadfarm::checkpoint::hdf5 {
namespace {

constexpr std::string_view signature = "\x89HDF\r\n\x1a\n";
// A group of ours has tens of members, or as many as a result has named fields.
constexpr std::uint64_t nodes_max = 4096;
constexpr std::uint8_t levels_max = 8;

struct Level {
  std::uint64_t address = 0;
  int level = -1;  // that the node must have; -1: any
};

/// Looks through the nodes of a group's tree one after the other: the order of the names in it is
/// not relied on.
class LinkSearch {
 public:
  LinkSearch(ByteSource& source, const StoredObject::Group& group, std::string_view name)
      : source_(source), name_(name), open_{{group.tree, -1}}, heap_(group.heap) {}

  Result<std::optional<std::uint64_t>> run() {
    if (Status opened = open_heap(); !opened) return opened.error();
    for (std::uint64_t nodes = 0; !open_.empty(); ++nodes) {
      if (nodes == nodes_max) return malformed("a group has more members than any of ours");
      const Level next = open_.back();
      open_.pop_back();
      Status read = next.level == 0 ? read_leaf(next.address) : read_node(next);
      if (!read) return read.error();
      if (found_) return found_;
    }
    return found_;
  }

 private:
  Status open_heap() {
    const Result<Bytes> block = read_block(source_, heap_, 32);
    if (!block) return block.error();
    BlockReader in(block.value());
    const bool good = in.begins("HEAP") && in.u8() == 0;
    in.skip(3);
    names_bytes_ = in.u64();
    in.skip(8);
    names_ = in.u64();
    const bool inside = names_ <= source_.bytes() && names_bytes_ <= source_.bytes() - names_;
    if (good && inside) return {};
    return malformed("the names of a group are not where it says");
  }

  /// A node of the tree: its children are nodes one level down, or leaves.
  Status read_node(const Level& at) {
    const Result<Bytes> head = read_block(source_, at.address, 24);
    if (!head) return head.error();
    BlockReader in(head.value());
    const bool good = in.begins("TREE") && in.u8() == 0;
    const std::uint8_t level = in.u8();
    const std::uint16_t children = in.u16();
    if (!good || level > levels_max || (at.level >= 0 && level + 1 != at.level)) {
      return malformed("the members of a group are not stored as ours are");
    }
    const Result<Bytes> block =
        read_block(source_, at.address + 24, std::uint64_t{children} * 16 + 8);
    if (!block) return block.error();
    if (open_.size() + children > nodes_max) {
      return malformed("a group has more members than any of ours");
    }
    BlockReader entries(block.value());
    for (std::uint16_t i = 0; i < children; ++i) {
      entries.skip(8);  // the key before it
      // Levels count from the bottom: a child of level 0 is a leaf.
      open_.push_back({entries.u64(), level});
    }
    return {};
  }

  Status read_leaf(std::uint64_t address) {
    const Result<Bytes> head = read_block(source_, address, 8);
    if (!head) return head.error();
    BlockReader in(head.value());
    const bool good = in.begins("SNOD") && in.u8() == 1;
    in.skip(1);
    const std::uint16_t links = in.u16();
    if (!good) return malformed("the members of a group are not stored as ours are");
    const Result<Bytes> block = read_block(source_, address + 8, std::uint64_t{links} * 40);
    if (!block) return block.error();
    BlockReader entries(block.value());
    for (std::uint16_t i = 0; i < links; ++i) {
      const std::uint64_t name = entries.u64();
      const std::uint64_t object = entries.u64();
      const std::uint32_t kind = entries.u32();
      entries.skip(20);
      const Result<bool> same = is_named(name);
      if (!same) return same.error();
      if (!same.value()) continue;
      constexpr std::uint32_t soft_link = 2;  // which could lead anywhere
      if (kind != soft_link) found_ = object;
      return {};
    }
    return {};
  }

  Result<bool> is_named(std::uint64_t offset) {
    if (offset >= names_bytes_) return malformed("a member of a group has no name");
    if (name_.size() >= names_bytes_ - offset) return false;
    const Result<Bytes> text = read_block(source_, names_ + offset, name_.size() + 1);
    if (!text) return text.error();
    return text.value().back() == std::byte{0} &&
           std::memcmp(text.value().data(), name_.data(), name_.size()) == 0;
  }

  ByteSource& source_;
  std::string_view name_;
  std::vector<Level> open_;
  std::uint64_t heap_;
  std::uint64_t names_ = 0;
  std::uint64_t names_bytes_ = 0;
  std::optional<std::uint64_t> found_;
};

}  // namespace

Result<std::uint64_t> read_superblock(ByteSource& source) {
  constexpr std::uint64_t superblock_bytes = 96;
  if (source.bytes() < superblock_bytes) return malformed("it is too short for an HDF5 file");
  const Result<Bytes> block = read_block(source, 0, superblock_bytes);
  if (!block) return block.error();
  BlockReader in(block.value());
  if (!in.begins(signature)) return malformed("it does not begin as an HDF5 file does");
  const bool versions = in.u8() == 0 && in.u8() == 0 && in.u8() == 0;
  in.skip(1);
  const bool widths = in.u8() == 0 && in.u8() == 8 && in.u8() == 8;
  in.skip(9);  // reserved, the sizes of tree nodes, flags
  const std::uint64_t base = in.u64();
  in.skip(8);
  const std::uint64_t end = in.u64();
  const std::uint64_t driver = in.u64();
  in.skip(8);
  const std::uint64_t root = in.u64();
  if (!versions || !widths || base != 0 || driver != undefined_address) {
    return malformed("it is an HDF5 file of another form than segments have");
  }
  if (end > source.bytes()) return malformed("it ends before the end that it states");
  return root;
}

Result<std::optional<std::uint64_t>> find_link(ByteSource& source, const StoredObject::Group& group,
                                               std::string_view name) {
  return LinkSearch(source, group, name).run();
}

}  // namespace steadfarm::checkpoint::hdf5
