#include "system/output_file.h"

#include <fcntl.h>
#include <poll.h>
#include <signal.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <sys/un.h>
#include <unistd.h>

#include <catch2/catch.hpp>
#include <cstring>
#include <fstream>
#include <iterator>
#include <string>
#include <thread>
#include <vector>

#include "support/temp_dir.h"
#include "support/text_of.h"

namespace atelier {
namespace {

namespace fs = std::filesystem;

using testing::TextOf;

int FilesIn(const fs::path& folder) {
  return static_cast<int>(std::distance(fs::directory_iterator(folder), {}));
}

mode_t ModeOf(const fs::path& path) {
  struct stat found {};
  REQUIRE(::lstat(path.c_str(), &found) == 0);
  return found.st_mode;
}

/// Everything that comes out of `descriptor`, which is closed.
std::string ReadToEnd(int descriptor) {
  std::string text;
  char buffer[256];
  for (ssize_t size; (size = ::read(descriptor, buffer, sizeof(buffer))) > 0;) {
    text.append(buffer, static_cast<size_t>(size));
  }
  ::close(descriptor);
  return text;
}

}  // namespace

TEST_CASE("A written file holds all its bytes and leaves nothing beside it", "[output]") {
  const testing::TempDir dir;
  const fs::path path = dir.path() / "out.png";
  std::ofstream(path) << "an older, longer picture";
  const std::string bytes("new\0bytes", 9);
  REQUIRE(WriteOutputFile(path, bytes).has_value());
  CHECK(TextOf(path) == bytes);
  CHECK(FilesIn(dir.path()) == 1);
}

TEST_CASE("A replaced file keeps its mode, and the name may be as long as names can be",
          "[output]") {
  const testing::TempDir dir;
  const fs::path path = dir.path() / std::string(255, 'x');
  std::ofstream(path) << "old";
  ::chmod(path.c_str(), 0640);
  REQUIRE(WriteOutputFile(path, "new").has_value());
  CHECK((ModeOf(path) & 07777) == 0640);
  CHECK(TextOf(path) == "new");
}

TEST_CASE("A device is written and stays a device", "[output]") {
  REQUIRE(WriteOutputFile("/dev/null", "bytes", Overwrite::kRefuse).has_value());
  CHECK(S_ISCHR(ModeOf("/dev/null")));
  const Status full = WriteOutputFile("/dev/full", "bytes");
  REQUIRE_FALSE(full.has_value());
  CHECK(full.error().code == Code::kResourceExhausted);
  CHECK(S_ISCHR(ModeOf("/dev/full")));
  CHECK_FALSE(IsRegularOutput("/dev/null"));
}

TEST_CASE("A FIFO's reader gets the bytes, and the FIFO stays", "[output]") {
  const testing::TempDir dir;
  const fs::path path = dir.path() / "fifo";
  REQUIRE(::mkfifo(path.c_str(), 0600) == 0);
  std::string read;
  std::thread reader([&] { read = ReadToEnd(::open(path.c_str(), O_RDONLY)); });
  const Status written = WriteOutputFile(path, "through the pipe", Overwrite::kRefuse);
  reader.join();
  CHECK(written.has_value());
  CHECK(read == "through the pipe");
  CHECK(S_ISFIFO(ModeOf(path)));
}

TEST_CASE("A socket's listener gets the bytes, and the socket stays", "[output]") {
  const testing::TempDir dir;
  const fs::path path = dir.path() / "socket";
  const int listener = ::socket(AF_UNIX, SOCK_STREAM, 0);
  sockaddr_un address{};
  address.sun_family = AF_UNIX;
  std::strncpy(address.sun_path, path.c_str(), sizeof(address.sun_path) - 1);
  REQUIRE(::bind(listener, reinterpret_cast<sockaddr*>(&address), sizeof(address)) == 0);
  REQUIRE(::listen(listener, 1) == 0);
  std::string read;
  std::thread reader([&] { read = ReadToEnd(::accept(listener, nullptr, nullptr)); });
  const Status written = WriteOutputFile(path, "through the socket");
  reader.join();
  ::close(listener);
  CHECK(written.has_value());
  CHECK(read == "through the socket");
  CHECK(S_ISSOCK(ModeOf(path)));
}

TEST_CASE("A symbolic link stays and what it points to is replaced, links to links too",
          "[output]") {
  const testing::TempDir dir;
  fs::create_directory(dir.path() / "pictures");
  const fs::path target = dir.path() / "pictures" / "real.png";
  fs::create_symlink("pictures/real.png", dir.path() / "second");
  fs::create_symlink("second", dir.path() / "first");
  // It points to nothing yet.
  REQUIRE(WriteOutputFile(dir.path() / "first", "made").has_value());
  CHECK(TextOf(target) == "made");
  REQUIRE(WriteOutputFile(dir.path() / "first", "replaced").has_value());
  CHECK(TextOf(target) == "replaced");
  CHECK(fs::is_symlink(dir.path() / "first"));
  CHECK(fs::is_symlink(dir.path() / "second"));
  CHECK(FilesIn(dir.path() / "pictures") == 1);
  CHECK_FALSE(WriteOutputFile(dir.path() / "first", "no", Overwrite::kRefuse).has_value());

  fs::create_symlink("circle", dir.path() / "circle");
  CHECK_FALSE(WriteOutputFile(dir.path() / "circle", "no").has_value());
}

TEST_CASE("A name of an open descriptor is written where the descriptor stands", "[output]") {
  const testing::TempDir dir;
  const fs::path path = dir.path() / "log";
  std::ofstream(path) << "before ";
  const int log = ::open(path.c_str(), O_WRONLY | O_APPEND);
  REQUIRE(log >= 0);
  for (const char* folder : {"/dev/fd/", "/proc/self/fd/"}) {
    REQUIRE(
        WriteOutputFile(folder + std::to_string(log), "bytes ", Overwrite::kRefuse).has_value());
  }
  ::close(log);
  CHECK(TextOf(path) == "before bytes bytes ");
  CHECK_FALSE(CheckOutputFile("/dev/fd/" + std::to_string(log), Overwrite::kReplace).has_value());
}

TEST_CASE("A reader that is gone is an error, not the end of the program", "[output]") {
  const auto before = ::signal(SIGPIPE, SIG_IGN);
  int ends[2];
  REQUIRE(::pipe(ends) == 0);
  ::close(ends[0]);
  const Status written = WriteOutputFile("/dev/fd/" + std::to_string(ends[1]), "bytes");
  ::close(ends[1]);
  ::signal(SIGPIPE, before);
  REQUIRE_FALSE(written.has_value());
  CHECK(written.error().message.find("reader is gone") != std::string::npos);
}

TEST_CASE("A pipe that somebody made non-blocking gets everything", "[output]") {
  int ends[2];
  REQUIRE(::pipe2(ends, O_NONBLOCK) == 0);
  const std::string bytes(1 << 20, 'x');  // A pipe holds 64 KiB.
  std::string read;
  std::thread reader([&] {
    std::vector<char> part(4096);
    while (read.size() < bytes.size()) {
      pollfd readable{ends[0], POLLIN, 0};
      if (::poll(&readable, 1, 10'000) != 1) return;
      const ssize_t count = ::read(ends[0], part.data(), part.size());
      if (count > 0) read.append(part.data(), static_cast<size_t>(count));
    }
  });
  const Status written = WriteToDescriptor(ends[1], bytes, "pipe");
  ::close(ends[1]);
  reader.join();
  ::close(ends[0]);
  REQUIRE(written.has_value());
  CHECK(read == bytes);
}

TEST_CASE("A file that is there is not replaced unasked, and that is known beforehand",
          "[output]") {
  const testing::TempDir dir;
  const fs::path path = dir.path() / "out.png";
  REQUIRE(WriteOutputFile(path, "first", Overwrite::kRefuse).has_value());
  const Status again = WriteOutputFile(path, "second", Overwrite::kRefuse);
  REQUIRE_FALSE(again.has_value());
  CHECK(again.error().reason == "FILE_EXISTS");
  CHECK(TextOf(path) == "first");
  CHECK(FilesIn(dir.path()) == 1);
  CHECK_FALSE(CheckOutputFile(path, Overwrite::kRefuse).has_value());
  CHECK(CheckOutputFile(path, Overwrite::kReplace).has_value());
}

TEST_CASE("A path that cannot be written is found before the work, not after it", "[output]") {
  const testing::TempDir dir;
  const auto reason = [](const fs::path& path) {
    const Status status = CheckOutputFile(path, Overwrite::kReplace);
    return status ? std::string() : status.error().reason;
  };
  CHECK(reason(dir.path() / "missing" / "out.png") == "FILE_NOT_WRITTEN");
  CHECK(reason(dir.path()) == "FILE_NOT_WRITTEN");
  CHECK(reason(dir.path() / "") == "FILE_NOT_WRITTEN");
  CHECK(reason("") == "FILE_NOT_WRITTEN");
  CHECK(reason(dir.path() / "out.png").empty());
}

}  // namespace atelier
