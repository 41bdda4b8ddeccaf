// The driver of a fuzz target where there is no libFuzzer: every file of a corpus, then seeded
// mutations of them. The input that kills it stays behind as fuzz-crash.bin.
//
//   TARGET CORPUS [MUTATIONS [SEED]]
#include <fcntl.h>
#include <signal.h>
#include <unistd.h>

#include <algorithm>
#include <array>
#include <cstdlib>
#include <filesystem>
#include <fstream>
#include <iterator>
#include <string>
#include <vector>

#include "base/random.h"
#include "fuzz/target.h"

namespace atelier::fuzz {
namespace {

std::string current;  // The input under test.

void KeepCurrent(int signal_number) {
  const int file = open("fuzz-crash.bin", O_WRONLY | O_CREAT | O_TRUNC | O_CLOEXEC, 0644);
  if (file >= 0 && write(file, current.data(), current.size()) >= 0) close(file);
  signal(signal_number, SIG_DFL);
  raise(signal_number);
}

void Try(std::string input) {
  current = std::move(input);
  LLVMFuzzerTestOneInput(reinterpret_cast<const uint8_t*>(current.data()), current.size());
}

std::vector<std::string> ReadCorpus(const std::filesystem::path& folder) {
  std::vector<std::filesystem::path> paths;
  for (const auto& entry : std::filesystem::directory_iterator(folder)) {
    if (entry.is_regular_file()) paths.push_back(entry.path());
  }
  std::sort(paths.begin(), paths.end());  // The same mutations on every machine.
  std::vector<std::string> corpus;
  for (const auto& path : paths) {
    std::ifstream file(path, std::ios::binary);
    corpus.emplace_back(std::istreambuf_iterator<char>(file), std::istreambuf_iterator<char>());
  }
  return corpus;
}

// A place in `text`, its end included.
size_t Place(Random& random, const std::string& text) {
  return static_cast<size_t>(random.Index(static_cast<int>(text.size()) + 1));
}

// Numbers that programs stumble over, in one of both byte orders.
void OverwriteNumber(Random& random, std::string& text) {
  constexpr std::array<uint32_t, 10> kNumbers = {
      0, 1, 0x7f, 0x80, 0xff, 0x7fff, 0xffff, 0x7fffffff, 0x80000000, 0xffffffff};
  const uint32_t number = kNumbers[random.Index(kNumbers.size())];
  const size_t count = size_t{1} << random.Index(3);
  const bool big = random.Chance(0.5);
  const size_t at = Place(random, text);
  for (size_t i = 0; i < count && at + i < text.size(); ++i) {
    text[at + i] = static_cast<char>(number >> (8 * (big ? count - 1 - i : i)));
  }
}

void Mutate(Random& random, const std::vector<std::string>& corpus, std::string& text) {
  const size_t at = Place(random, text);
  const size_t length = std::min<size_t>(random.Index(1 + random.Index(64)), text.size() - at);
  switch (random.Index(7)) {
    case 0:
      if (at < text.size()) text[at] = static_cast<char>(text[at] ^ (1 << random.Index(8)));
      break;
    case 1:
      if (at < text.size()) text[at] = static_cast<char>(random.Index(256));
      break;
    case 2:
      OverwriteNumber(random, text);
      break;
    case 3:
      text.erase(at, length);
      break;
    case 4:
      text.insert(Place(random, text), text.substr(at, length));
      break;
    case 5:
      text.resize(at);
      break;
    default: {
      const std::string& other = corpus[random.Index(static_cast<int>(corpus.size()))];
      text.replace(at, std::string::npos,
                   other.substr(std::min(Place(random, other), other.size())));
    }
  }
}

int Replay(const std::filesystem::path& folder, int mutations, uint64_t seed) {
  for (const int fatal : {SIGSEGV, SIGABRT, SIGBUS, SIGFPE, SIGILL}) signal(fatal, KeepCurrent);
  const std::vector<std::string> corpus = ReadCorpus(folder);
  if (corpus.empty()) {
    std::fprintf(stderr, "no corpus in %s\n", folder.c_str());
    return 1;
  }
  for (const std::string& input : corpus) Try(input);
  Random random(seed);
  for (int i = 0; i < mutations; ++i) {
    std::string text = corpus[random.Index(static_cast<int>(corpus.size()))];
    const int times = 1 + random.Index(4);
    for (int time = 0; time < times; ++time) Mutate(random, corpus, text);
    Try(std::move(text));
  }
  std::printf("%zu inputs and %d mutations of them\n", corpus.size(), mutations);
  return 0;
}

}  // namespace
}  // namespace atelier::fuzz

int main(int argc, char** argv) {
  if (argc < 2) {
    std::fprintf(stderr, "usage: %s CORPUS [MUTATIONS [SEED]]\n", argv[0]);
    return 1;
  }
  const int mutations = argc > 2 ? std::atoi(argv[2]) : 0;
  const uint64_t seed = argc > 3 ? std::strtoull(argv[3], nullptr, 10) : 1;
  return atelier::fuzz::Replay(argv[1], mutations, seed);
}
