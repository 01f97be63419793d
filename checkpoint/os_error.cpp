#include "checkpoint/os_error.hpp"

#include <cerrno>
#include <system_error>

namespace steadfarm::checkpoint {
namespace {

ErrorCode code_of(int error_number) {
  switch (error_number) {
    case ENOSPC:
    case EDQUOT:
      return ErrorCode::no_space;
    case ENOENT:
      return ErrorCode::not_found;
    case EEXIST:
      return ErrorCode::exists;
    case ENOMEM:
      return ErrorCode::no_memory;
    case EMFILE:
    case ENFILE:
      return ErrorCode::shortage;
    case EACCES:
    case EPERM:
      return ErrorCode::denied;
    default:
      return ErrorCode::io;
  }
}

const char* advice_for(int error_number) {
  switch (error_number) {
    case ENOSPC:
      return "; free some space or give another folder with --store";
    case EDQUOT:
      return "; your quota is used up: free some space or give another folder with --store";
    case EROFS:
    case EACCES:
    case EPERM:
      return "; give a folder that you may write with --store";
    case EMFILE:
    case ENFILE:
      return "; raise the limit on open files (ulimit -n)";
    default:
      return "";
  }
}

}  // namespace

Error os_error(int error_number, const std::string& what) {
  return {code_of(error_number), "cannot " + what + ": " +
                                     std::generic_category().message(error_number) +
                                     advice_for(error_number)};
}

}  // namespace steadfarm::checkpoint
