#include "integration/process.h"

#include <fcntl.h>
#include <sys/prctl.h>
#include <sys/wait.h>
#include <unistd.h>

#include <csignal>
#include <fstream>
#include <iterator>
#include <sstream>

#include "support/eventually.h"

namespace atelier::testing {

namespace {

std::string ReadAll(const std::string& path) {
  std::ifstream file(path, std::ios::binary);
  return {std::istreambuf_iterator<char>(file), std::istreambuf_iterator<char>()};
}

}  // namespace

Process::Process(const std::vector<std::string>& command, const std::filesystem::path& log)
    : log_(log) {
  // Everything that allocates comes before the fork: gRPC's threads may hold the allocator's lock.
  std::vector<char*> argv;
  for (const std::string& argument : command) argv.push_back(const_cast<char*>(argument.c_str()));
  argv.push_back(nullptr);
  const std::string out = log.string() + ".out";
  const std::string err = log.string() + ".err";
  pid_ = ::fork();
  if (pid_ != 0) return;
  ::prctl(PR_SET_PDEATHSIG, SIGKILL);
  ::dup2(::open("/dev/null", O_RDONLY), STDIN_FILENO);
  ::dup2(::open(out.c_str(), O_WRONLY | O_CREAT | O_TRUNC, 0600), STDOUT_FILENO);
  ::dup2(::open(err.c_str(), O_WRONLY | O_CREAT | O_APPEND, 0600), STDERR_FILENO);
  ::execv(argv[0], argv.data());
  ::_exit(127);
}

Process::~Process() {
  if (HasEnded()) return;
  Signal(SIGKILL);
  Wait();
}

void Process::Signal(int signal) const {
  if (!status_) ::kill(pid_, signal);
}

bool Process::HasEnded() {
  if (status_) return true;
  int status = 0;
  if (::waitpid(pid_, &status, WNOHANG) != pid_) return false;
  status_ = WIFSIGNALED(status) ? 128 + WTERMSIG(status) : WEXITSTATUS(status);
  return true;
}

std::optional<int> Process::Wait(std::chrono::milliseconds limit) {
  Eventually([this] { return HasEnded(); }, limit);
  return status_;
}

std::string Process::WaitForLine(const std::string& prefix, std::chrono::milliseconds limit) {
  std::string found;
  const auto look = [&] {
    const bool ended = HasEnded();
    std::istringstream lines(Stdout());
    for (std::string line; std::getline(lines, line) && !lines.eof();) {
      if (line.starts_with(prefix)) found = line;
      if (!found.empty()) return true;
    }
    return ended;
  };
  Eventually(look, limit);
  return found;
}

std::string Process::Stdout() const { return ReadAll(log_.string() + ".out"); }
std::string Process::Stderr() const { return ReadAll(log_.string() + ".err"); }

}  // namespace atelier::testing
