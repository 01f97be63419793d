// Files of the operating system, behind the port.
#pragma once

#include <cstdint>
#include <string>
#include <utility>

#include "checkpoint/file_mode.hpp"
#include "checkpoint/file_system.hpp"
#include "checkpoint/posix_descriptor.hpp"

namespace steadfarm::checkpoint {

class PosixNewFile final : public NewFile {
 public:
  /// `path` is for messages.
  PosixNewFile(Descriptor fd, std::string path, Sharing sharing)
      : fd_(std::move(fd)), path_(std::move(path)), sharing_(sharing) {}

  [[nodiscard]] Status write(ByteView bytes) override;
  [[nodiscard]] Status sync() override;
  [[nodiscard]] Status make_read_only() override;
  [[nodiscard]] Status close() override;

 private:
  Descriptor fd_;
  std::string path_;
  Sharing sharing_;
};

class PosixOldFile final : public OldFile {
 public:
  PosixOldFile(Descriptor fd, std::string path, std::uint64_t bytes)
      : fd_(std::move(fd)), path_(std::move(path)), bytes_(bytes) {}

  [[nodiscard]] std::uint64_t bytes() const override { return bytes_; }
  [[nodiscard]] Result<std::size_t> read(std::span<std::byte> out) override;
  [[nodiscard]] Result<std::size_t> read_at(std::uint64_t offset,
                                            std::span<std::byte> out) override;

 private:
  Descriptor fd_;
  std::string path_;
  std::uint64_t bytes_;
};

}  // namespace steadfarm::checkpoint
