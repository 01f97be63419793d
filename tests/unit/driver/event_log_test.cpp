#include "driver/event_log.hpp"

#include <gtest/gtest.h>
#include <sys/stat.h>

#include <filesystem>
#include <fstream>
#include <nlohmann/json.hpp>

#include "tests/unit/driver/manual_clock.hpp"
#include "tests/unit/driver/scratch_folder.hpp"

namespace steadfarm::driver {
namespace {

using core::NoteKind;
using nlohmann::json;

class EventLogTest : public testing::Test {
 protected:
  // Every line as an object; a line that is not JSON fails the test.
  [[nodiscard]] std::vector<json> lines() const {
    std::vector<json> out;
    std::ifstream file(path_);
    for (std::string line; std::getline(file, line);) {
      json value = json::parse(line, nullptr, false);
      EXPECT_TRUE(value.is_object()) << line;
      out.push_back(std::move(value));
    }
    return out;
  }
  [[nodiscard]] std::unique_ptr<EventLog> open() {
    auto log = EventLog::open(path_, clock_);
    EXPECT_TRUE(log.ok());
    return std::move(log).value();
  }
  [[nodiscard]] json written_for(const core::Note& note) {
    open()->note(note);
    const std::vector<json> all = lines();
    return all.empty() ? json() : all.back();
  }

  ScratchFolder folder_;
  std::string path_ = folder_.path() + "/log.jsonl";
  ManualClock clock_;
};

mode_t mode_of(const std::string& path) {
  struct stat status = {};
  EXPECT_EQ(stat(path.c_str(), &status), 0) << path;
  return status.st_mode & 07777U;
}

TEST_F(EventLogTest, writes_one_object_a_line_with_time_and_kind) {
  const auto log = open();
  clock_.now_us += 1'234'567;
  log->write("start", {{"ranks", 4}});
  clock_.now_us += 1'000'000;
  log->write("end", {});
  const json expected = {{{"t_ms", 1234}, {"kind", "start"}, {"ranks", 4}},
                         {{"t_ms", 2234}, {"kind", "end"}}};
  EXPECT_EQ(json(lines()), expected);  // before the log is closed: a kill loses no line
}

TEST_F(EventLogTest, keeps_what_an_earlier_run_wrote) {
  open()->write("first", {});
  open()->write("second", {});
  ASSERT_EQ(lines().size(), 2U);
  EXPECT_EQ(lines()[0]["kind"], "first");
}

TEST_F(EventLogTest, makes_a_file_that_only_its_owner_reads) {
  const mode_t before = umask(0);
  open()->write("start", {});
  umask(before);
  EXPECT_EQ(mode_of(path_), 0600U);
}

TEST_F(EventLogTest, leaves_the_mode_of_a_file_that_was_there_alone) {
  // Else `--log /dev/null` would change /dev/null for everybody.
  std::ofstream(path_) << "";
  ASSERT_EQ(chmod(path_.c_str(), 0644), 0);
  open()->write("start", {});
  EXPECT_EQ(mode_of(path_), 0644U);
  EXPECT_EQ(lines().size(), 1U);
}

TEST_F(EventLogTest, names_path_reason_and_option_where_it_cannot_write) {
  const auto log = EventLog::open(folder_.path() + "/none/log.jsonl", clock_);
  ASSERT_FALSE(log.ok());
  EXPECT_EQ(log.error().code, ErrorCode::io);
  EXPECT_EQ(log.error().message, "cannot write the log '" + folder_.path() +
                                     "/none/log.jsonl': No such file or directory; check --log");
}

TEST_F(EventLogTest, drops_everything_without_a_path) {
  auto log = EventLog::open("", clock_);
  ASSERT_TRUE(log.ok());
  log.value()->write("start", {});
  log.value()->note({NoteKind::stopping, Rank(0), {}, 1, "text"});
  log.value()->progress({}, {});
  EXPECT_EQ(log.value()->take_failure(), std::nullopt);
  EXPECT_TRUE(std::filesystem::is_empty(folder_.path()));
}

TEST_F(EventLogTest, ends_with_one_error_when_the_disk_is_full) {
  auto log = EventLog::open("/dev/full", clock_);
  ASSERT_TRUE(log.ok());
  EXPECT_EQ(log.value()->take_failure(), std::nullopt);
  log.value()->write("start", {});
  const auto failure = log.value()->take_failure();
  ASSERT_TRUE(failure.has_value());
  EXPECT_EQ(failure->message, "the log '/dev/full' ends here: No space left on device");
  log.value()->write("more", {});
  EXPECT_EQ(log.value()->take_failure(), std::nullopt);
}

TEST_F(EventLogTest, bears_text_of_workers_that_is_no_utf8) {
  const std::string text = "bad \xff\xfe \n \x01 \"quoted\" \xc3";
  const json line = written_for({NoteKind::unit_failed, Rank(2), UnitKey::index(5), 3, text});
  const std::string got = line["text"];
  EXPECT_EQ(got.substr(0, 4), "bad ");
  EXPECT_NE(got.find("\"quoted\""), std::string::npos);
  EXPECT_NE(got.find('\n'), std::string::npos);  // kept, as an escape within the line
  EXPECT_EQ(lines().size(), 1U);
}

TEST_F(EventLogTest, gives_each_note_the_fields_its_kind_has) {
  const UnitKey child{0x8000000000000000ULL, 0x2a};
  EXPECT_EQ(
      written_for({NoteKind::worker_lost, Rank(3), {}, 7, "silent"}),
      (json{{"t_ms", 0}, {"kind", "worker_lost"}, {"rank", 3}, {"leases", 7}, {"text", "silent"}}));
  EXPECT_EQ(written_for({NoteKind::unit_retried, Rank(1), child, 2, ""}),
            (json{{"t_ms", 0},
                  {"kind", "unit_retried"},
                  {"rank", 1},
                  {"count", 2},
                  {"unit", "8000000000000000000000000000002a"}}));
  EXPECT_EQ(written_for({NoteKind::generation_durable, Rank(0), {}, 9, ""}),
            (json{{"t_ms", 0}, {"kind", "generation_durable"}, {"generation", 9}}));
  EXPECT_EQ(written_for({NoteKind::epoch_opened, Rank(0), {}, 4, ""}),
            (json{{"t_ms", 0}, {"kind", "epoch_opened"}, {"epoch", 4}}));
  EXPECT_EQ(written_for({NoteKind::shared_improved, Rank(2), {}, 6, ""}),
            (json{{"t_ms", 0}, {"kind", "shared_improved"}, {"rank", 2}, {"version", 6}}));
  EXPECT_EQ(written_for({NoteKind::dispatch_throttled, Rank(0), {}, 512, ""}),
            (json{{"t_ms", 0}, {"kind", "dispatch_throttled"}, {"bytes", 512}}));
  EXPECT_EQ(written_for({NoteKind::replacement_failed, Rank(5), {}, 0, "no place"}),
            (json{{"t_ms", 0}, {"kind", "replacement_failed"}, {"rank", 5}, {"text", "no place"}}));
}

TEST_F(EventLogTest, has_a_line_for_every_kind_of_note) {
  const auto log = open();
  constexpr int kKinds = static_cast<int>(NoteKind::settled) + 1;
  for (int kind = 0; kind < kKinds; ++kind) {
    log->note({static_cast<NoteKind>(kind), Rank(1), UnitKey::index(1), 1, ""});
  }
  const std::vector<json> all = lines();
  ASSERT_EQ(all.size(), static_cast<std::size_t>(kKinds));
  for (int kind = 0; kind < kKinds; ++kind) {
    EXPECT_EQ(all[static_cast<std::size_t>(kind)]["kind"],
              core::to_string(static_cast<NoteKind>(kind)));
    EXPECT_GE(all[static_cast<std::size_t>(kind)].size(), 3U);
  }
}

TEST_F(EventLogTest, shows_progress_with_the_leases_of_the_living) {
  core::Progress progress;
  progress.pending = 5;
  progress.committed = 2;
  progress.generation = Generation(3);
  progress.counters = {4, 1, 6, 0};
  open()->progress(progress, {{Rank(1), true, 3}, {Rank(2), false, 2}});
  EXPECT_EQ(lines().at(0), (json{{"t_ms", 0},
                                 {"kind", "progress"},
                                 {"accepted", 4},
                                 {"committed", 2},
                                 {"pending", 5},
                                 {"failed", 1},
                                 {"executions", 6},
                                 {"generation", 3},
                                 {"leases", {{"1", 3}}}}));
}

}  // namespace
}  // namespace steadfarm::driver
