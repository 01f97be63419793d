#include "checkpoint/watched_folder.hpp"

#include <algorithm>
#include <utility>

namespace steadfarm::checkpoint {
namespace {

constexpr std::size_t piece_bytes = 1U << 20U;

using Step = std::function<void()>;

class WatchedNewFile final : public NewFile {
 public:
  WatchedNewFile(std::unique_ptr<NewFile> file, const Step& step)
      : file_(std::move(file)), step_(step) {}

  [[nodiscard]] Status write(ByteView bytes) override {
    do {
      const std::size_t piece = std::min(bytes.size(), piece_bytes);
      Status done = file_->write(bytes.first(piece));
      step_();
      if (!done) return done;
      bytes = bytes.subspan(piece);
    } while (!bytes.empty());
    return {};
  }
  [[nodiscard]] Status sync() override { return told(file_->sync()); }
  [[nodiscard]] Status make_read_only() override { return told(file_->make_read_only()); }
  [[nodiscard]] Status close() override { return told(file_->close()); }

 private:
  Status told(Status status) {
    step_();
    return status;
  }

  std::unique_ptr<NewFile> file_;
  const Step& step_;  // the folder's, which outlives its files
};

class WatchedOldFile final : public OldFile {
 public:
  WatchedOldFile(std::unique_ptr<OldFile> file, const Step& step)
      : file_(std::move(file)), step_(step) {}

  [[nodiscard]] std::uint64_t bytes() const override { return file_->bytes(); }
  [[nodiscard]] Result<std::size_t> read(std::span<std::byte> out) override {
    Result<std::size_t> got = file_->read(out);
    step_();
    return got;
  }
  [[nodiscard]] Result<std::size_t> read_at(std::uint64_t offset,
                                            std::span<std::byte> out) override {
    Result<std::size_t> got = file_->read_at(offset, out);
    step_();
    return got;
  }

 private:
  std::unique_ptr<OldFile> file_;
  const Step& step_;
};

class WatchedFolder final : public Folder {
 public:
  WatchedFolder(std::unique_ptr<Folder> folder, Step step)
      : folder_(std::move(folder)), step_(std::move(step)) {}

  [[nodiscard]] const std::string& path() const override { return folder_->path(); }
  [[nodiscard]] std::vector<std::string> warnings() const override { return folder_->warnings(); }
  [[nodiscard]] bool is_shared() const override { return folder_->is_shared(); }
  [[nodiscard]] Result<std::unique_ptr<NewFile>> create(const std::string& name) override {
    Result<std::unique_ptr<NewFile>> file = told(folder_->create(name));
    if (!file) return file;
    return std::unique_ptr<NewFile>(
        std::make_unique<WatchedNewFile>(std::move(file).value(), step_));
  }
  [[nodiscard]] Status link(const std::string& from, const std::string& to) override {
    return told(folder_->link(from, to));
  }
  [[nodiscard]] Status rename(const std::string& from, const std::string& to) override {
    return told(folder_->rename(from, to));
  }
  [[nodiscard]] Status unlink(const std::string& name) override {
    return told(folder_->unlink(name));
  }
  [[nodiscard]] Status make_folder(const std::string& name) override {
    return told(folder_->make_folder(name));
  }
  [[nodiscard]] Status sync(const std::string& subfolder) override {
    return told(folder_->sync(subfolder));
  }
  [[nodiscard]] Result<bool> give_mode(const std::string& name) override {
    return told(folder_->give_mode(name));
  }
  [[nodiscard]] Result<std::unique_ptr<OldFile>> open(const std::string& name) override {
    Result<std::unique_ptr<OldFile>> file = told(folder_->open(name));
    if (!file) return file;
    return std::unique_ptr<OldFile>(
        std::make_unique<WatchedOldFile>(std::move(file).value(), step_));
  }
  [[nodiscard]] Result<Bytes> read_all(const std::string& name, std::uint64_t bytes_max) override {
    return told(folder_->read_all(name, bytes_max));
  }
  [[nodiscard]] Result<std::uint64_t> size(const std::string& name) override {
    return told(folder_->size(name));
  }
  [[nodiscard]] Result<std::vector<std::string>> list(const std::string& subfolder) override {
    return told(folder_->list(subfolder));
  }
  [[nodiscard]] Result<std::uint64_t> free_bytes() override { return told(folder_->free_bytes()); }

 private:
  template <class Outcome>
  Outcome told(Outcome outcome) {
    step_();
    return outcome;
  }

  std::unique_ptr<Folder> folder_;
  Step step_;
};

}  // namespace

std::unique_ptr<Folder> watch_steps(std::unique_ptr<Folder> folder,
                                    std::function<void()> after_step) {
  return std::make_unique<WatchedFolder>(std::move(folder), std::move(after_step));
}

}  // namespace steadfarm::checkpoint
