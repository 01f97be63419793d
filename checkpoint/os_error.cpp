#include "checkpoint/os_error.hpp"

#include <sys/resource.h>

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

std::string text_of(int error_number) { return std::generic_category().message(error_number); }

/// The limit in force, or nothing if there is none.
std::string limit_of(decltype(RLIMIT_AS) resource) {
  rlimit limit{};
  if (::getrlimit(resource, &limit) != 0 || limit.rlim_cur == RLIM_INFINITY) return {};
  return std::to_string(limit.rlim_cur);
}

std::string advice_for_files() {
  const std::string limit = limit_of(RLIMIT_NOFILE);
  return "; this process may have " + (limit.empty() ? "no more" : limit) +
         " open files at a time: raise the limit (ulimit -n) where the ranks are started";
}

std::string advice_for_memory() {
  const std::string limit = limit_of(RLIMIT_AS);
  const std::string ours =
      limit.empty() ? "" : "; this process may have " + limit + " bytes (ulimit -v)";
  return ours + "; give the job more memory, or start fewer ranks on a host";
}

std::string advice_for(int error_number) {
  switch (error_number) {
    case ENOSPC:
      return "; free some space or give another folder with --store";
    case EDQUOT:
      return "; your quota of bytes or files is used up: remove files, or give another folder with "
             "--store";
    case EROFS:
    case EACCES:
    case EPERM:
      return "; make it writable for you, or give a run another folder with --store";
    case EMFILE:
      return advice_for_files();
    case ENFILE:
      return "; this host has no more open files to give (sysctl fs.file-max): end what holds "
             "them, "
             "or start fewer ranks on it";
    case ENOMEM:
      return advice_for_memory();
    default:
      return "";
  }
}

}  // namespace

Error plain_os_error(int error_number, const std::string& what) {
  return {code_of(error_number), "cannot " + what + ": " + text_of(error_number)};
}

Error os_error(int error_number, const std::string& what) {
  Error error = plain_os_error(error_number, what);
  error.message += advice_for(error_number);
  return error;
}

bool means_no_hard_links(int error_number) {
  return error_number == EPERM || error_number == EOPNOTSUPP || error_number == ENOTSUP ||
         error_number == ENOSYS || error_number == EMLINK;
}

Error no_hard_links(int error_number, const std::string& where) {
  return {ErrorCode::unsupported,
          "the file system of " + where + " makes no hard links (link: " + text_of(error_number) +
              "), and a store publishes its files by them; give a folder on another file system "
              "with --store"};
}

bool means_no_folder_sync(int error_number) {
  return error_number == EINVAL || error_number == EBADF || error_number == EOPNOTSUPP ||
         error_number == ENOTSUP || error_number == ENOSYS;
}

Error no_folder_sync(int error_number, const std::string& where) {
  return {ErrorCode::unsupported,
          "the file system of " + where +
              " cannot make the names in a folder durable (fsync: " + text_of(error_number) +
              "), so that a crash of the machine could lose checkpoints; give a folder on another "
              "file system with --store"};
}

bool means_no_modes(int error_number) {
  return error_number == EPERM || error_number == EINVAL || error_number == EOPNOTSUPP ||
         error_number == ENOTSUP || error_number == ENOSYS;
}

Error no_modes(const std::string& reason, const std::string& where) {
  return {
      ErrorCode::unsupported,
      "the file system of " + where + " keeps no modes (" + reason +
          "), so that how it is mounted decides who may read and change the store; mount it for "
          "yourself alone, or give a folder on another file system with --store"};
}

}  // namespace steadfarm::checkpoint
