// A process for tests of those that watch others.
#pragma once

#include <gtest/gtest.h>
#include <sys/wait.h>
#include <unistd.h>

#include <csignal>
#include <cstdio>
#include <string>

#include "driver/process_watch.hpp"

namespace steadfarm::driver {

/// A child that waits to be killed, and its name.
class Child {
 public:
  Child() : pid_(fork()) {
    if (pid_ == 0) {
      for (;;) pause();
    }
    name_ = own_process();
    name_.pid = static_cast<std::uint32_t>(pid_);
    name_.started = started_of(pid_);
  }
  ~Child() { end(); }
  Child(const Child&) = delete;
  Child& operator=(const Child&) = delete;

  [[nodiscard]] const ProcessName& name() const { return name_; }
  /// It stays a zombie until `end`.
  void kill() const { ::kill(pid_, SIGKILL); }
  void end() {
    if (pid_ <= 0) return;
    kill();
    waitpid(pid_, nullptr, 0);
    pid_ = -1;
  }

 private:
  // Field 22 of its stat; the name of this program has no bracket.
  static std::uint64_t started_of(pid_t pid) {
    const std::string command = "cut -d ' ' -f 22 /proc/" + std::to_string(pid) + "/stat";
    std::FILE* file = popen(command.c_str(), "r");
    unsigned long long started = 0;
    EXPECT_EQ(std::fscanf(file, "%llu", &started), 1);
    pclose(file);
    return started;
  }

  pid_t pid_;
  ProcessName name_;
};

}  // namespace steadfarm::driver
