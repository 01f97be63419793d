#include "answers.hpp"

namespace steadfarm::scenario {

ByteView AnswerWords::keep(const std::string& text) {
  kept_.push_back(to_bytes(text));
  return kept_.back();
}

void AnswerWords::begin(const UnitKey& key, Attempt attempt, wire::AnswerStatus status) {
  wire::AnswerView answer;
  answer.key = key;
  answer.attempt = attempt;
  answer.status = status;
  answers_.push_back(answer);
  unit_names_.push_back(names_.name(key));
}

bool AnswerWords::read(const std::vector<std::string>& words, std::size_t& at) {
  if (words[at] != "done" && words[at] != "failed") return read_detail(words[at]);
  const auto status = words[at] == "done" ? wire::AnswerStatus::done : wire::AnswerStatus::failed;
  if (++at == words.size()) bad_script("unit/attempt wanted after " + words[at - 1]);
  for (const NamedAttempt& named : to_attempts(words[at])) {
    begin(names_.key(named.unit), named.attempt, status);
  }
  return true;
}

bool AnswerWords::read_detail(const std::string& word) {
  const std::size_t equals = word.find('=');
  if (equals == std::string::npos || answers_.empty()) return false;
  const std::string name = word.substr(0, equals);
  const std::string value = word.substr(equals + 1);
  wire::AnswerView& answer = answers_.back();
  if (name == "result" || name == "message") {
    answer.payload = keep(value);
  } else if (name == "propose") {
    const SharedValue shared = to_shared(value);
    answer.proposal_value = shared.value;
    kept_.push_back(shared.witness);
    answer.proposal_witness = kept_.back();
  } else if (name == "spawn") {
    for (const std::string& child : split(value, ',')) {
      const std::vector<std::string> parts = split(child, ':');
      const auto priority = static_cast<std::int32_t>(parts.size() > 1 ? to_number(parts[1]) : 0);
      // Naming the child here makes its key known to the trace.
      static_cast<void>(
          names_.key(unit_names_.back() + "." + std::to_string(answer.children.size())));
      answer.children.push_back(
          {priority, keep(parts[0]), to_hints(parts.size() > 2 ? parts[2] : "")});
    }
  } else {
    return false;
  }
  return true;
}

std::shared_ptr<const wire::AnswerBatch> AnswerWords::batch() const {
  auto batch = std::make_shared<wire::AnswerBatch>();
  for (const wire::AnswerView& answer : answers_) batch->add(answer);
  return batch;
}

}  // namespace steadfarm::scenario
