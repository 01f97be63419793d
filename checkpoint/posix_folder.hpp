// A folder of the operating system, behind the port.
#pragma once

#include <sys/types.h>

#include <cstdint>
#include <memory>
#include <string>
#include <utility>
#include <vector>

#include "checkpoint/file_mode.hpp"
#include "checkpoint/file_system.hpp"
#include "checkpoint/posix_descriptor.hpp"

namespace steadfarm::checkpoint {

class PosixFolder final : public Folder {
 public:
  /// `warnings`: what was seen when it was opened.
  PosixFolder(Descriptor fd, std::string path, Sharing sharing, std::vector<std::string> warnings)
      : fd_(std::move(fd)),
        path_(std::move(path)),
        sharing_(sharing),
        warnings_(std::move(warnings)) {}

  [[nodiscard]] const std::string& path() const override { return path_; }
  [[nodiscard]] std::vector<std::string> warnings() const override { return warnings_; }
  [[nodiscard]] bool is_shared() const override { return sharing_ == Sharing::group; }

  [[nodiscard]] Result<std::unique_ptr<NewFile>> create(const std::string& name) override;
  [[nodiscard]] Status link(const std::string& from, const std::string& to) override;
  [[nodiscard]] Status rename(const std::string& from, const std::string& to) override;
  [[nodiscard]] Status unlink(const std::string& name) override;
  [[nodiscard]] Status make_folder(const std::string& name) override;
  [[nodiscard]] Status sync(const std::string& subfolder) override;
  [[nodiscard]] Result<bool> give_mode(const std::string& name) override;

  [[nodiscard]] Result<std::unique_ptr<OldFile>> open(const std::string& name) override;
  [[nodiscard]] Result<Bytes> read_all(const std::string& name, std::uint64_t bytes_max) override;
  [[nodiscard]] Result<std::uint64_t> size(const std::string& name) override;
  [[nodiscard]] Result<std::vector<std::string>> list(const std::string& subfolder) override;
  [[nodiscard]] Result<std::uint64_t> free_bytes() override;

 private:
  [[nodiscard]] std::string full(const std::string& name) const {
    return name.empty() ? path_ : path_ + "/" + name;
  }
  [[nodiscard]] Descriptor open_subfolder(const std::string& name) const;
  [[nodiscard]] Error cannot_open(int error_number, const std::string& name) const;
  void give_group(const std::string& name, gid_t has);

  Descriptor fd_;
  std::string path_;
  Sharing sharing_;
  std::vector<std::string> warnings_;
};

}  // namespace steadfarm::checkpoint
