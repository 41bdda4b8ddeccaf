#include "stores/postgres_process.h"

#include <pwd.h>
#include <signal.h>
#include <unistd.h>

#include <algorithm>
#include <cstdlib>
#include <fstream>
#include <thread>

#include "support/eventually.h"

namespace atelier::testing {
namespace {

namespace fs = std::filesystem;

// It is up in a second, unless the machine is busy or it has much to recover.
constexpr std::chrono::minutes kPatience(1);

// Debian's, the newest of them; empty when there is none.
fs::path FindPrograms() {
  std::vector<fs::path> found;
  std::error_code none;
  for (const auto& version : fs::directory_iterator("/usr/lib/postgresql", none))
    if (fs::exists(version.path() / "bin/initdb")) found.push_back(version.path() / "bin");
  return found.empty() ? fs::path() : *std::max_element(found.begin(), found.end());
}

// PostgreSQL refuses to run as root.
const std::vector<std::string>& AsUser() {
  static const std::vector<std::string> words =
      ::geteuid() != 0
          ? std::vector<std::string>()
          : std::vector<std::string>{"/usr/bin/setpriv", "--reuid=postgres", "--regid=postgres",
                                     "--clear-groups", "--pdeathsig=KILL"};
  return words;
}

std::vector<int> ChildrenOf(int pid) {
  const std::string process = std::to_string(pid);
  std::ifstream file("/proc/" + process + "/task/" + process + "/children");
  std::vector<int> children;
  for (int child = 0; file >> child;) children.push_back(child);
  return children;
}

}  // namespace

bool PostgresProcess::GiveToServer(const fs::path& path) {
  if (::geteuid() != 0) return true;
  const passwd* user = ::getpwnam("postgres");
  return user != nullptr && ::chown(path.c_str(), user->pw_uid, user->pw_gid) == 0;
}

std::string PostgresProcess::Url(const fs::path& socket) {
  return "host=" + socket.string() + " user=atelier dbname=postgres";
}

bool PostgresProcess::Run(const std::string& command) const {
  std::string line;
  for (const std::string& word : AsUser()) line += word + " ";
  line += programs_.string() + "/" + command + " >/dev/null 2>&1";
  return std::system(line.c_str()) == 0;
}

Status PostgresProcess::MakeDatabase() {
  programs_ = FindPrograms();
  if (programs_.empty() || !GiveToServer(folder())) {
    return MakeError(Code::kFailedPrecondition, "NO_POSTGRES",
                     "PostgreSQL's server is not installed (tools/debian-packages.txt)");
  }
  const std::string data = (folder() / "data").string();
  if (Run("initdb --no-sync --data-checksums -A trust -U atelier -E UTF8 --locale=C.UTF-8 -D " +
          data))
    return {};
  return MakeError(Code::kFailedPrecondition, "NO_POSTGRES", "initdb failed");
}

Status PostgresProcess::Start() {
  if (starts_++ == 0) ATELIER_RETURN_IF_ERROR(MakeDatabase());
  std::vector<std::string> command = AsUser();
  command.insert(command.end(), options_.prefix.begin(), options_.prefix.end());
  for (const std::string& word : std::vector<std::string>{
           (programs_ / "postgres").string(), "-D", (folder() / "data").string(), "-k",
           folder().string(), "-c", "listen_addresses=", "-c",
           std::string("fsync=") + (options_.syncs ? "on" : "off"), "-c", "max_connections=200"})
    command.push_back(word);
  const auto begin = std::chrono::steady_clock::now();
  const auto log = folder() / ("log." + std::to_string(starts_));
  const auto is_up = [&] {
    // What is left of one that was killed may hold its memory for a moment.
    if (!runs()) process_ = std::make_unique<Process>(command, log);
    return Run("pg_isready -q -h " + folder().string());
  };
  while (!is_up()) {
    if (std::chrono::steady_clock::now() - begin > kPatience) {
      return MakeError(Code::kFailedPrecondition, "NO_POSTGRES",
                       "PostgreSQL does not start: " + process_->Stderr());
    }
    std::this_thread::sleep_for(std::chrono::milliseconds(20));
  }
  return {};
}

void PostgresProcess::StopAtOnce() {
  if (!process_) return;
  process_->Signal(SIGQUIT);
  (void)process_->Wait();
}

void PostgresProcess::Kill() {
  if (!process_) return;
  // Stopped, it makes no more of them.
  process_->Signal(SIGSTOP);
  for (const int child : ChildrenOf(process_->pid())) ::kill(child, SIGKILL);
  process_->Signal(SIGKILL);
  (void)process_->Wait();
}

Result<std::string> PostgresProcess::MakeSchema() {
  const std::string schema = "s" + std::to_string(++schemas_);
  if (Run("psql -q -c 'CREATE SCHEMA " + schema + "' '" + Url(folder()) + "'"))
    return " options='-c search_path=" + schema + "'";
  return MakeError(Code::kInternal, "NO_SCHEMA", "PostgreSQL did not make the schema " + schema);
}

}  // namespace atelier::testing
