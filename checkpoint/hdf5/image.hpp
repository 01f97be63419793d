// HDF5 files as bytes in memory, for the few shapes that segments use: fixed-size integers in
// contiguous datasets of one or two dimensions, and scalar attributes. No HDF5 type shows here.
#pragma once

#include <cstdint>
#include <memory>
#include <string>
#include <vector>

#include "base/error.hpp"
#include "steadfarm/types.hpp"

namespace steadfarm::checkpoint::hdf5 {

enum class Element { u8, i64, u64 };

/// Builds one file. After an error it may only be dropped.
class ImageWriter {
 public:
  /// `bytes_expected` sizes the first allocation; a wrong guess costs time, not correctness.
  [[nodiscard]] static Result<ImageWriter> create(std::uint64_t bytes_expected);
  ImageWriter(ImageWriter&&) noexcept;
  ~ImageWriter();

  [[nodiscard]] Status group(const std::string& path);
  [[nodiscard]] Status attribute(const std::string& object, const std::string& name,
                                 std::uint64_t value);
  [[nodiscard]] Status attribute(const std::string& object, const std::string& name,
                                 std::int64_t value);
  [[nodiscard]] Status attribute(const std::string& object, const std::string& name,
                                 const std::string& text);
  /// `columns` == 0: one dimension of `rows`. `data` holds rows * max(columns, 1) elements.
  [[nodiscard]] Status dataset(const std::string& path, Element element, std::uint64_t rows,
                               std::uint64_t columns, const void* data);
  /// The finished file. The writer is empty afterwards.
  [[nodiscard]] Result<Bytes> finish();

 private:
  struct State;
  explicit ImageWriter(std::unique_ptr<State> state);
  std::unique_ptr<State> state_;
};

/// Reads one file. Give it only bytes whose digest was checked: HDF5 does not promise to survive
/// others. What does not have the expected shape is `corrupt`.
class ImageReader {
 public:
  [[nodiscard]] static Result<ImageReader> open(ByteView image);
  ImageReader(ImageReader&&) noexcept;
  ~ImageReader();

  /// False also for what is not a plain (hard) link.
  [[nodiscard]] bool has(const std::string& path) const;
  [[nodiscard]] Result<std::uint64_t> attribute_u64(const std::string& object,
                                                    const std::string& name) const;
  [[nodiscard]] Result<std::int64_t> attribute_i64(const std::string& object,
                                                   const std::string& name) const;
  [[nodiscard]] Result<std::string> attribute_text(const std::string& object,
                                                   const std::string& name) const;
  /// Rows of a dataset whose type and rank are as said; checked against the file's size.
  [[nodiscard]] Result<std::uint64_t> rows(const std::string& path, Element element,
                                           std::uint64_t columns) const;
  /// Reads what `rows` has measured into memory of that size.
  [[nodiscard]] Status read(const std::string& path, Element element, void* data) const;

 private:
  struct State;
  explicit ImageReader(std::unique_ptr<State> state);
  std::unique_ptr<State> state_;
};

}  // namespace steadfarm::checkpoint::hdf5
