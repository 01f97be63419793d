// The answers of a report, from words: done 0/1 result=r spawn=a,b:5 propose=3:w, failed 1/2
// message=m. A child has its priority and hints (2000~7~no) after colons. What a word says belongs
// to the answer before it.
#pragma once

#include <deque>
#include <memory>
#include <string>
#include <vector>

#include "script.hpp"
#include "wire/messages.hpp"

namespace steadfarm::scenario {

class AnswerWords {
 public:
  explicit AnswerWords(UnitNames& names) : names_(names) {}
  /// Reads words[at] and what belongs to it; false if it speaks of something else.
  [[nodiscard]] bool read(const std::vector<std::string>& words, std::size_t& at);
  /// A word that belongs to the last answer.
  [[nodiscard]] bool read_detail(const std::string& word);
  void begin(const UnitKey& key, Attempt attempt, wire::AnswerStatus status);

  [[nodiscard]] std::size_t size() const { return answers_.size(); }
  [[nodiscard]] const wire::AnswerView& last() const { return answers_.back(); }
  [[nodiscard]] std::shared_ptr<const wire::AnswerBatch> batch() const;

 private:
  ByteView keep(const std::string& text);

  UnitNames& names_;
  std::vector<wire::AnswerView> answers_;
  std::vector<std::string> unit_names_;
  std::deque<Bytes> kept_;  // what the views borrow from
};

}  // namespace steadfarm::scenario
