#include "system/atomic_file.h"

#include <fcntl.h>
#include <sys/stat.h>
#include <unistd.h>

#include <catch2/catch.hpp>
#include <cerrno>
#include <fstream>
#include <iterator>
#include <string>
#include <thread>
#include <utility>

#include "support/temp_dir.h"
#include "support/text_of.h"

namespace atelier {
namespace {

namespace fs = std::filesystem;

using testing::TextOf;

void Write(const fs::path& path, const std::string& text) { std::ofstream(path) << text; }

int FilesIn(const fs::path& folder) {
  return static_cast<int>(std::distance(fs::directory_iterator(folder), {}));
}

bool IsOpen(int descriptor) { return ::fcntl(descriptor, F_GETFD) >= 0; }

}  // namespace

TEST_CASE("A file that was not renamed leaves its place as it was and nothing beside it",
          "[atomic_file]") {
  const testing::TempDir dir;
  const fs::path place = dir.path() / "weights";
  Write(place, "old");
  {
    AtomicFile file(AtomicFile::NameBeside(place));
    REQUIRE(file.Write("new") == 0);
    CHECK(FilesIn(dir.path()) == 2);
  }
  CHECK(FilesIn(dir.path()) == 1);
  CHECK(TextOf(place) == "old");
}

TEST_CASE("A file takes the place of another one whole", "[atomic_file]") {
  const testing::TempDir dir;
  const fs::path place = dir.path() / "weights";
  Write(place, "an older, longer text");
  AtomicFile file(AtomicFile::NameBeside(place), 0640);
  CHECK(file.Write("new") == 0);
  CHECK(file.Write(" text") == 0);
  CHECK(file.Sync() == 0);
  CHECK(TextOf(place) == "an older, longer text");
  REQUIRE(file.Replace(place) == 0);
  CHECK(SyncPath(dir.path()) == 0);
  CHECK(TextOf(place) == "new text");
  CHECK(FilesIn(dir.path()) == 1);
  struct stat found {};
  REQUIRE(::stat(place.c_str(), &found) == 0);
  CHECK((found.st_mode & 0777 & ~0640) == 0);
}

TEST_CASE("A file or folder that must be new does not replace what came there meanwhile",
          "[atomic_file]") {
  const testing::TempDir dir;
  const fs::path place = dir.path() / "taken";
  Write(place, "first");
  {
    AtomicFile file(AtomicFile::NameBeside(place));
    file.Write("second");
    CHECK(file.MoveToFree(place) == EEXIST);
  }
  CHECK(TextOf(place) == "first");
  CHECK(FilesIn(dir.path()) == 1);
  // An empty folder is one that a plain rename would replace.
  fs::create_directory(dir.path() / "here");
  fs::create_directory(dir.path() / "there");
  CHECK(RenameToFree(dir.path() / "here", dir.path() / "there") == EEXIST);
  CHECK(RenameToFree(dir.path() / "here", dir.path() / "elsewhere") == 0);
  CHECK(fs::exists(dir.path() / "elsewhere"));
}

TEST_CASE("After a step that failed the next ones do nothing and tell of the first",
          "[atomic_file]") {
  const testing::TempDir dir;
  const fs::path place = dir.path() / "weights";
  Write(place, "old");
  AtomicFile full(AtomicFile::NameBeside(place));
  // /dev/full refuses every byte as a full disk does.
  const FileDescriptor device(::open("/dev/full", O_WRONLY | O_CLOEXEC));
  REQUIRE(device.is_open());
  REQUIRE(::dup2(device.get(), full.descriptor()) >= 0);
  CHECK(full.Write("new") == ENOSPC);
  CHECK(full.Sync() == ENOSPC);
  CHECK(full.Replace(place) == ENOSPC);
  CHECK(TextOf(place) == "old");
}

TEST_CASE("A temporary file that is somebody else's is neither written nor removed",
          "[atomic_file]") {
  const testing::TempDir dir;
  const fs::path theirs = dir.path() / "theirs";
  Write(theirs, "theirs");
  {
    AtomicFile file(theirs);
    CHECK(file.error() == EEXIST);
    CHECK(file.Write("ours") == EEXIST);
    CHECK(file.Replace(dir.path() / "place") == EEXIST);
  }
  CHECK(TextOf(theirs) == "theirs");
  CHECK(FilesIn(dir.path()) == 1);
  CHECK(AtomicFile(dir.path() / "no folder" / "file").error() == ENOENT);
}

TEST_CASE("Everything is written to a pipe that takes a little at a time", "[atomic_file]") {
  int ends[2];
  REQUIRE(::pipe2(ends, O_CLOEXEC | O_NONBLOCK) == 0);
  FileDescriptor read_end(ends[0]), write_end(ends[1]);
  REQUIRE(::fcntl(read_end.get(), F_SETFL, 0) == 0);
  const std::string bytes(1 << 20, 'x');
  std::string arrived;
  std::thread reader([&] {
    char buffer[4096];
    for (ssize_t size; (size = ::read(read_end.get(), buffer, sizeof(buffer))) > 0;) {
      arrived.append(buffer, static_cast<size_t>(size));
    }
  });
  CHECK(WriteAll(write_end.get(), bytes) == 0);
  write_end.Close();
  reader.join();
  CHECK(arrived == bytes);
}

TEST_CASE("A descriptor is closed once, by its last owner", "[file_descriptor]") {
  const int number = ::open("/dev/null", O_RDONLY | O_CLOEXEC);
  REQUIRE(number >= 0);
  {
    FileDescriptor first(number);
    FileDescriptor second(std::move(first));
    CHECK(second.get() == number);
    FileDescriptor third;
    CHECK_FALSE(third.is_open());
    CHECK(third.Close());
    third = std::move(second);
    CHECK(IsOpen(number));
    CHECK(third.get() == number);
  }
  CHECK_FALSE(IsOpen(number));
  FileDescriptor released(::open("/dev/null", O_RDONLY | O_CLOEXEC));
  const FileDescriptor taken(released.Release());
  released = FileDescriptor();
  CHECK(IsOpen(taken.get()));
}

}  // namespace atelier
