#include "steadfarm/outcome.hpp"

#include <nlohmann/json.hpp>

namespace steadfarm {

std::string Outcome::json(const std::string& answer, const std::string& extra) const {
  using Json = nlohmann::ordered_json;
  Json out = {{"complete", complete},
              {"ranks", ranks},
              {"seconds", seconds},
              {"units_accepted", units_accepted},
              {"units_committed", units_committed},
              {"units_restored", units_restored},
              {"units_failed", units_failed},
              {"executions", executions},
              {"workers_lost", workers_lost},
              {"restarts", restarts},
              {"generation", generation}};
  const Json more = Json::parse(extra, nullptr, false);
  if (more.is_object()) out.update(more);
  const Json answer_json = Json::parse(answer, nullptr, false);
  out["answer"] = answer_json.is_discarded() ? Json(answer) : answer_json;
  return out.dump(-1, ' ', true, Json::error_handler_t::replace);
}

}  // namespace steadfarm
