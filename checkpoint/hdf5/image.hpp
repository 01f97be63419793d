// HDF5 files as bytes, for the few shapes that segments use: fixed-size numbers in contiguous
// datasets of one or two dimensions, and scalar attributes. No HDF5 type shows here.
#pragma once

#include <cstdint>
#include <memory>
#include <span>
#include <string>
#include <vector>

#include "base/error.hpp"
#include "checkpoint/byte_source.hpp"
#include "checkpoint/file_image.hpp"
#include "steadfarm/types.hpp"

namespace steadfarm::checkpoint::hdf5 {

enum class Element { i8, i16, i32, i64, u8, u16, u32, u64, f32, f64 };

[[nodiscard]] inline std::uint64_t element_bytes(Element element) {
  switch (element) {
    case Element::i8:
    case Element::u8:
      return 1;
    case Element::i16:
    case Element::u16:
      return 2;
    case Element::i32:
    case Element::u32:
    case Element::f32:
      return 4;
    case Element::i64:
    case Element::u64:
    case Element::f64:
      break;
  }
  return 8;
}

/// What a dataset holds.
struct Table {
  Element element = Element::u64;
  std::uint64_t rows = 0;
  std::uint64_t columns = 0;  // 0: one dimension
};

/// What a finished file consists of, and where its datasets lie.
struct FinishedFile {
  FileImage image;
  FileIndex index;
};

/// Builds one file: the library lays it out, the datasets' bytes are only pointed to. After an
/// error it may only be dropped.
class ImageWriter {
 public:
  [[nodiscard]] static Result<ImageWriter> create();
  ImageWriter(ImageWriter&&) noexcept;
  ~ImageWriter();

  [[nodiscard]] Status group(const std::string& path);
  [[nodiscard]] Status attribute(const std::string& object, const std::string& name,
                                 std::uint64_t value);
  [[nodiscard]] Status attribute(const std::string& object, const std::string& name,
                                 std::int64_t value);
  [[nodiscard]] Status attribute(const std::string& object, const std::string& name,
                                 const std::string& text);
  /// A dataset with at least one row. `pieces`, end to end, are its bytes as they are stored; they
  /// are borrowed until the file is written.
  [[nodiscard]] Status dataset(const std::string& path, const Table& table,
                               const std::vector<ByteView>& pieces);
  /// The same with bytes that the file is to keep.
  [[nodiscard]] Status dataset(const std::string& path, const Table& table, Bytes bytes);
  /// The finished file. The writer is empty afterwards.
  [[nodiscard]] Result<FinishedFile> finish();

 private:
  struct State;
  explicit ImageWriter(std::unique_ptr<State> state);
  [[nodiscard]] Result<std::uint64_t> place(const std::string& path, const Table& table);
  std::unique_ptr<State> state_;
};

/// Reads one file of the form that ImageWriter makes, without the HDF5 library (see structure.hpp),
/// on any thread. Give it only bytes whose digest was checked. What does not have the expected form
/// is `corrupt`; errors of the source are passed on.
class ImageReader {
 public:
  /// `image` is borrowed as long as the reader lives.
  [[nodiscard]] static Result<ImageReader> open(ByteView image);
  [[nodiscard]] static Result<ImageReader> open(ByteSource& source);
  ImageReader(ImageReader&&) noexcept;
  ~ImageReader();

  /// False also for what is not a plain (hard) link.
  [[nodiscard]] Result<bool> has(const std::string& path) const;
  [[nodiscard]] Result<bool> has_attribute(const std::string& object,
                                           const std::string& name) const;
  [[nodiscard]] Result<std::uint64_t> attribute_u64(const std::string& object,
                                                    const std::string& name) const;
  [[nodiscard]] Result<std::int64_t> attribute_i64(const std::string& object,
                                                   const std::string& name) const;
  [[nodiscard]] Result<std::string> attribute_text(const std::string& object,
                                                   const std::string& name) const;
  /// Rows of a dataset whose type and rank are as said; all of them lie in the file.
  [[nodiscard]] Result<std::uint64_t> rows(const std::string& path, Element element,
                                           std::uint64_t columns) const;
  /// Where the bytes of a dataset lie in the file; `rows` must have passed.
  [[nodiscard]] Result<Extent> extent(const std::string& path) const;
  /// Reads what `rows` has measured into memory of that size.
  [[nodiscard]] Status read(const std::string& path, std::span<std::byte> out) const;

 private:
  struct State;
  explicit ImageReader(std::unique_ptr<State> state);
  std::unique_ptr<State> state_;
};

}  // namespace steadfarm::checkpoint::hdf5
