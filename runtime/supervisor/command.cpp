#include "supervisor/command.hpp"

#include <string_view>

namespace steadfarm::supervisor {
namespace {

bool needs_quotes(std::string_view word) {
  constexpr std::string_view kPlain =
      "abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ0123456789@%+=:,./_-";
  return word.empty() || word.find_first_not_of(kPlain) != std::string_view::npos;
}

std::string quoted(const std::string& word) {
  std::string out = "'";
  for (const char c : word) {
    const auto byte = static_cast<unsigned char>(c);
    if (c == '\'') {
      out += "'\\''";
    } else {
      out.push_back(byte < 0x20 || byte == 0x7f ? ' ' : c);  // stays one line
    }
  }
  return out + "'";
}

}  // namespace

std::optional<std::string> store_in_words(const std::vector<std::string>& words) {
  constexpr std::string_view kFlag = "--store";
  constexpr std::string_view kFlagWith = "--store=";
  constexpr std::string_view kVariable = "STEADFARM_STORE=";
  std::optional<std::string> flag;
  std::optional<std::string> variable;
  for (std::size_t i = 0; i < words.size(); ++i) {
    const std::string_view word = words[i];
    if (word == kFlag && i + 1 < words.size()) {
      flag = words[++i];
    } else if (word.starts_with(kFlagWith)) {
      flag = word.substr(kFlagWith.size());
    } else if (word.starts_with(kVariable)) {
      variable = word.substr(kVariable.size());
    }
  }
  return flag ? flag : variable;
}

std::string shell_line(const std::vector<std::string>& words) {
  std::string line;
  for (const std::string& word : words) {
    if (!line.empty()) line.push_back(' ');
    line += needs_quotes(word) ? quoted(word) : word;
  }
  return line;
}

}  // namespace steadfarm::supervisor
