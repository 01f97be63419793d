#include "driver/event_log.hpp"

#include <cerrno>
#include <cstring>
#include <nlohmann/json.hpp>
#include <utility>

namespace steadfarm::driver {
namespace {

// What the kind has.
nlohmann::json fields_of(const core::Note& note) {
  using core::NoteKind;
  nlohmann::json fields;
  switch (note.kind) {
    case NoteKind::worker_joined:
    case NoteKind::worker_suspected:
    case NoteKind::worker_trusted:
    case NoteKind::worker_lost:
    case NoteKind::worker_returned:
    case NoteKind::worker_left:
    case NoteKind::worker_refused:
    case NoteKind::link_reset:
    case NoteKind::units_reclaimed:
    case NoteKind::shard_trouble:
      fields = {{"rank", note.rank.value}, {"leases", note.count}};
      break;
    case NoteKind::unit_retried:
    case NoteKind::unit_failed:
    case NoteKind::unit_quarantined:
    case NoteKind::answer_duplicate:
    case NoteKind::answer_stray:
      fields = {{"rank", note.rank.value}, {"unit", to_string(note.unit)}, {"count", note.count}};
      break;
    case NoteKind::unit_resumed:
      fields = {{"rank", note.rank.value}, {"unit", to_string(note.unit)}, {"at", note.count}};
      break;
    case NoteKind::units_taken_back:
    case NoteKind::answers_handed_in:
      fields = {{"rank", note.rank.value}, {"units", note.count}};
      break;
    case NoteKind::unit_doubled:
      fields = {{"rank", note.rank.value}, {"unit", to_string(note.unit)}, {"attempt", note.count}};
      break;
    case NoteKind::work_went_on:
    case NoteKind::unit_overdue:
      fields = {{"rank", note.rank.value},
                {"unit", to_string(note.unit)},
                {"after_ms", static_cast<double>(note.count) * 1e-3}};
      break;
    case NoteKind::partial_refused:
    case NoteKind::orphan_refused:
      fields = {{"rank", note.rank.value}, {"unit", to_string(note.unit)}, {"bytes", note.count}};
      break;
    case NoteKind::epoch_opened:
    case NoteKind::generation_failed:
      fields = {{"epoch", note.count}};
      break;
    case NoteKind::generation_durable:
      fields = {{"generation", note.count}};
      break;
    case NoteKind::shared_improved:
      fields = {{"rank", note.rank.value}, {"version", note.count}};
      break;
    case NoteKind::dispatch_throttled:
      fields = {{"bytes", note.count}};
      break;
    case NoteKind::replacement_wanted:
    case NoteKind::replacement_started:
    case NoteKind::replacement_failed:
      fields = {{"rank", note.rank.value}};
      break;
    case NoteKind::stopping:
      fields = {{"leases", note.count}};
      break;
    case NoteKind::settled:
      fields = {{"units_handed_in", note.count}};
      break;
  }
  return fields;
}

}  // namespace

Result<std::unique_ptr<EventLog>> EventLog::open(const std::string& path, Clock& clock) {
  if (path.empty()) return std::unique_ptr<EventLog>(new EventLog(path, nullptr, clock));
  auto file = open_private_file(path, OpenMode::append);
  if (!file) {
    return Error{ErrorCode::io,
                 "cannot write the log '" + path + "': " + file.error().message + "; check --log"};
  }
  return std::unique_ptr<EventLog>(new EventLog(path, std::move(file).value(), clock));
}

EventLog::EventLog(std::string path, PrivateFile file, Clock& clock)
    : path_(std::move(path)), file_(std::move(file)), clock_(clock), opened_at_(clock.now()) {}

void EventLog::write(const char* kind, const nlohmann::json& fields) {
  if (!file_) return;
  nlohmann::json line = {{"t_ms", (clock_.now() - opened_at_) / 1000}, {"kind", kind}};
  if (fields.is_object()) line.update(fields);
  // Worker bytes may be anything; what is not UTF-8 is replaced, never passed on.
  std::string text = line.dump(-1, ' ', true, nlohmann::json::error_handler_t::replace);
  text.push_back('\n');
  const bool written = std::fwrite(text.data(), 1, text.size(), file_.get()) == text.size();
  if (written && std::fflush(file_.get()) == 0) return;
  failure_ = Error{ErrorCode::io, "the log '" + path_ + "' ends here: " + std::strerror(errno)};
  file_.reset();
}

void EventLog::note(const core::Note& note) {
  if (!file_) return;
  nlohmann::json fields = fields_of(note);
  if (note.loss) {
    fields["how"] = core::to_string(note.loss->how);
    fields["silence_ms"] = static_cast<double>(note.loss->silence_us) * 1e-3;
    fields["redo_ms"] = static_cast<double>(note.loss->redo_us) * 1e-3;
    if (note.loss->phi > 0) fields["phi"] = note.loss->phi;
  }
  if (!note.text.empty()) fields["text"] = note.text;
  write(core::to_string(note.kind), fields);
}

void EventLog::progress(const core::Progress& progress,
                        const std::vector<core::WorkerProgress>& workers) {
  if (!file_) return;
  nlohmann::json leases = nlohmann::json::object();
  for (const core::WorkerProgress& worker : workers) {
    if (worker.alive) leases[std::to_string(worker.rank.value)] = worker.leases;
  }
  write("progress", {{"accepted", progress.counters.accepted},
                     {"committed", progress.committed},
                     {"pending", progress.pending},
                     {"failed", progress.counters.failed},
                     {"executions", progress.counters.executions},
                     {"generation", progress.generation.value},
                     {"leases", leases}});
}

}  // namespace steadfarm::driver
