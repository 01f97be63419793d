#include "supervisor/host_lists.hpp"

#include <algorithm>
#include <charconv>
#include <cstdint>
#include <optional>
#include <utility>

namespace steadfarm::supervisor {
namespace {

constexpr std::string_view kBlank = " \t\r";
// A list of names that would be longer than this is no list of names.
constexpr std::size_t kNamesMax = 100'000;

std::optional<int> number_in(std::string_view text) {
  int value = 0;
  const auto [end, error] = std::from_chars(text.data(), text.data() + text.size(), value);
  if (error != std::errc() || end != text.data() + text.size() || value < 0) return std::nullopt;
  return value;
}

std::vector<std::string_view> parts_of(std::string_view text, std::string_view separators) {
  std::vector<std::string_view> parts;
  while (true) {
    const std::size_t begin = text.find_first_not_of(separators);
    if (begin == std::string_view::npos) return parts;
    text.remove_prefix(begin);
    const std::size_t end = std::min(text.find_first_of(separators), text.size());
    parts.push_back(text.substr(0, end));
    text.remove_prefix(end);
  }
}

// At commas that are not within brackets.
std::vector<std::string_view> items_of(std::string_view list) {
  std::vector<std::string_view> items;
  std::size_t begin = 0;
  int depth = 0;
  for (std::size_t i = 0; i <= list.size(); ++i) {
    if (i < list.size() && list[i] == '[') ++depth;
    if (i < list.size() && list[i] == ']') --depth;
    if (i < list.size() && (list[i] != ',' || depth > 0)) continue;
    if (i > begin) items.push_back(list.substr(begin, i - begin));
    begin = i + 1;
  }
  return items;
}

void add(std::vector<Host>& hosts, Host host) {
  const auto known =
      std::find_if(hosts.begin(), hosts.end(), [&](const Host& h) { return h.name == host.name; });
  if (known == hosts.end()) {
    hosts.push_back(std::move(host));
    return;
  }
  known->slots += host.slots;
  if (!known->line.empty() && known->slots > 0) {
    known->line = known->name + " slots=" + std::to_string(known->slots);
  }
}

// The name before ':' and the number after it, if there is one.
Host named(std::string_view text, int slots_unless_said) {
  Host host;
  const std::size_t colon = text.rfind(':');
  const auto slots =
      colon == std::string_view::npos ? std::nullopt : number_in(text.substr(colon + 1));
  host.name = text.substr(0, slots ? colon : text.size());
  host.slots = slots.value_or(slots_unless_said);
  return host;
}

// One range of a bracket, as 07-12: with leading zeros.
void expand_range(std::string_view head, std::string_view range, std::string_view tail,
                  std::vector<std::string>& names) {
  const std::size_t dash = range.find('-');
  const std::string_view first = range.substr(0, dash);
  const std::string_view last = dash == std::string_view::npos ? first : range.substr(dash + 1);
  const auto from = number_in(first);
  const auto to = number_in(last);
  if (!from || !to) return;
  for (int i = *from; i <= *to && names.size() < kNamesMax; ++i) {
    std::string digits = std::to_string(i);
    if (digits.size() < first.size()) digits.insert(0, first.size() - digits.size(), '0');
    const std::string name = std::string(head).append(digits);
    if (tail.empty()) names.push_back(name);
    for (const std::string& rest : expand_slurm_names(tail)) names.push_back(name + rest);
  }
}

}  // namespace

std::vector<Host> hosts_of_hostfile(std::string_view text) {
  std::vector<Host> hosts;
  for (std::string_view line : parts_of(text, "\n")) {
    line = line.substr(0, line.find('#'));
    const auto words = parts_of(line, kBlank);
    if (words.empty()) continue;
    Host host = named(words.front(), 0);
    if (const std::size_t at = host.name.find('@'); at != std::string::npos) {
      host.name.erase(0, at + 1);  // user@host
    }
    for (const std::string_view word : words) {
      for (const std::string_view key : {"slots=", "count="}) {
        if (word.starts_with(key)) host.slots = number_in(word.substr(key.size())).value_or(0);
      }
    }
    const std::size_t begin = line.find_first_not_of(kBlank);
    host.line = line.substr(begin, line.find_last_not_of(kBlank) + 1 - begin);
    add(hosts, std::move(host));
  }
  return hosts;
}

std::vector<Host> hosts_of_option(std::string_view list) {
  std::vector<Host> hosts;
  for (const std::string_view item : parts_of(list, ",")) add(hosts, named(item, 1));
  return hosts;
}

std::vector<std::string> expand_slurm_names(std::string_view list) {
  std::vector<std::string> names;
  for (const std::string_view item : items_of(list)) {
    const std::size_t open = item.find('[');
    const std::size_t close = item.find(']', open == std::string_view::npos ? 0 : open);
    if (open == std::string_view::npos || close == std::string_view::npos) {
      names.emplace_back(item);
      continue;
    }
    for (const std::string_view range : items_of(item.substr(open + 1, close - open - 1))) {
      expand_range(item.substr(0, open), range, item.substr(close + 1), names);
    }
  }
  return names;
}

std::vector<int> expand_slurm_counts(std::string_view list) {
  std::vector<int> counts;
  for (const std::string_view item : items_of(list)) {
    const std::size_t times_at = item.find("(x");
    const auto count = number_in(item.substr(0, times_at));
    if (!count) return {};
    int times = 1;
    if (times_at != std::string_view::npos && item.ends_with(')')) {
      times = number_in(item.substr(times_at + 2, item.size() - times_at - 3)).value_or(1);
    }
    for (int i = 0; i < times && counts.size() < kNamesMax; ++i) counts.push_back(*count);
  }
  return counts;
}

bool same_host(std::string_view a, std::string_view b) {
  if (a == b) return true;
  // Of two full names each part counts; so does each of an address.
  if (a.find('.') != std::string_view::npos && b.find('.') != std::string_view::npos) return false;
  const std::string_view host_of_a = a.substr(0, a.find('.'));
  return !host_of_a.empty() && host_of_a == b.substr(0, b.find('.'));
}

std::string list_of_names(const std::vector<Host>& hosts) {
  std::string text;
  for (std::size_t i = 0; i < hosts.size(); ++i) {
    if (i > 0) text += i + 1 == hosts.size() ? " and " : ", ";
    text += hosts[i].name;
  }
  return text;
}

}  // namespace steadfarm::supervisor
