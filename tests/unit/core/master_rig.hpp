// A master with the few words the tests need: events in, what came out of the last step to look at.
#pragma once

#include <gtest/gtest.h>

#include <memory>
#include <string_view>
#include <utility>
#include <vector>

#include "core/master.hpp"

namespace steadfarm::core::test {

inline ByteView view(std::string_view text) {
  return std::as_bytes(std::span(text.data(), text.size()));
}
inline Bytes bytes(std::string_view text) {
  const ByteView v = view(text);
  return {v.begin(), v.end()};
}

class MasterRig {
 public:
  MasterRig(MasterOptions options, IndexUnits units, std::int32_t workers,
            const std::optional<RecoveredState>& recovered = std::nullopt)
      : master_(std::move(options), std::move(units), ranks(workers), 0, recovered) {}

  [[nodiscard]] static IndexUnits range(std::uint64_t count) { return {count, {}, nullptr}; }

  void step(TimeUs now, const Event& event) {
    out_.clear();
    master_.step(now, event, out_);
    master_.check_invariants();
  }
  void message(TimeUs now, std::int32_t from, std::uint32_t session, wire::Body body) {
    step(now, MessageFrom{Rank(from), {Session(session), std::move(body)}});
  }
  void hello(TimeUs now, std::int32_t from) { message(now, from, 0, wire::Hello{"host", 1, true}); }
  void report(TimeUs now, std::int32_t from, std::uint32_t session, wire::Report report,
              const std::vector<wire::AnswerView>& answers) {
    auto batch = std::make_shared<wire::AnswerBatch>();
    for (const auto& answer : answers) batch->add(answer);
    report.answers = std::move(batch);
    message(now, from, session, std::move(report));
  }

  /// The actions of this kind from the last step.
  template <class Kind>
  [[nodiscard]] std::vector<Kind> all() const {
    std::vector<Kind> found;
    for (const Action& action : out_) {
      if (const auto* kind = std::get_if<Kind>(&action)) found.push_back(*kind);
    }
    return found;
  }
  /// The messages of this kind that the last step sent to this rank.
  template <class Kind>
  [[nodiscard]] std::vector<Kind> sent(std::int32_t to) const {
    std::vector<Kind> found;
    for (const Send& send : all<Send>()) {
      const auto* body = std::get_if<Kind>(&send.message.body);
      if (send.to == Rank(to) && body != nullptr) found.push_back(*body);
    }
    return found;
  }
  [[nodiscard]] std::size_t sends_to(std::int32_t to) const {
    std::size_t count = 0;
    for (const Send& send : all<Send>()) count += send.to == Rank(to) ? 1 : 0;
    return count;
  }
  [[nodiscard]] std::vector<Note> notes(NoteKind kind) const {
    std::vector<Note> found;
    for (const Note& note : all<Note>()) {
      if (note.kind == kind) found.push_back(note);
    }
    return found;
  }
  [[nodiscard]] const Actions& out() const { return out_; }
  [[nodiscard]] Master& master() { return master_; }

 private:
  static std::vector<Rank> ranks(std::int32_t workers) {
    std::vector<Rank> out;
    for (std::int32_t rank = 1; rank <= workers; ++rank) out.emplace_back(rank);
    return out;
  }

  Master master_;
  Actions out_;
};

[[nodiscard]] inline wire::AnswerView done(const UnitKey& key, std::uint32_t attempt,
                                           std::string_view result = "r") {
  wire::AnswerView answer;
  answer.key = key;
  answer.attempt = Attempt(attempt);
  answer.payload = view(result);
  return answer;
}
[[nodiscard]] inline wire::AnswerView failed(const UnitKey& key, std::uint32_t attempt,
                                             std::string_view message = "boom") {
  wire::AnswerView answer = done(key, attempt, message);
  answer.status = wire::AnswerStatus::failed;
  return answer;
}

}  // namespace steadfarm::core::test
