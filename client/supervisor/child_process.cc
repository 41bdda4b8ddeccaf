#include "client/supervisor/child_process.h"

#include <fcntl.h>
#include <sys/prctl.h>
#include <sys/wait.h>
#include <unistd.h>

#include <boost/asio/posix/stream_descriptor.hpp>
#include <boost/asio/post.hpp>
#include <boost/process/args.hpp>
#include <boost/process/async.hpp>
#include <boost/process/child.hpp>
#include <boost/process/error.hpp>
#include <boost/process/exe.hpp>
#include <boost/process/extend.hpp>
#include <boost/process/io.hpp>
#include <boost/process/posix.hpp>
#include <cerrno>
#include <csignal>
#include <cstring>

#include "system/file_descriptor.h"

namespace atelier::supervisor {

namespace {

namespace asio = boost::asio;
namespace bp = boost::process;

constexpr size_t kLongestLineBytes = 64 << 10;

/// Runs in the child between fork and exec.
struct OwnGroupThatDiesWithParent : bp::extend::handler {
  const pid_t parent = ::getpid();

  template <typename Executor>
  void on_exec_setup(Executor&) const {
    ::setpgid(0, 0);
    // `atelier` ignores it, which a child would inherit.
    ::signal(SIGPIPE, SIG_DFL);
    ::prctl(PR_SET_PDEATHSIG, SIGKILL);
    // The parent may have died before the line above.
    if (::getppid() != parent) ::_exit(127);
  }
};

/// The lines of one pipe. Reads without blocking, so that the rest can be had at once when the
/// process has ended, even while a grandchild keeps the other end open.
class LineReader {
 public:
  LineReader(asio::io_context& io, int fd) : descriptor_(io, fd) {
    ::fcntl(fd, F_SETFL, ::fcntl(fd, F_GETFL) | O_NONBLOCK);
  }

  /// Hands every whole line that is there to `on_line`. False at the pipe's end.
  bool ReadAvailable(const std::function<void(std::string_view)>& on_line) {
    char buffer[4096];
    for (;;) {
      const ssize_t size = ::read(descriptor_.native_handle(), buffer, sizeof(buffer));
      if (size < 0 && errno == EINTR) continue;
      if (size <= 0) return size < 0 && errno == EAGAIN;
      pending_.append(buffer, static_cast<size_t>(size));
      HandOver(on_line);
    }
  }

  /// A last line without an end.
  void Flush(const std::function<void(std::string_view)>& on_line) {
    if (!pending_.empty()) on_line(pending_);
    pending_.clear();
  }

  asio::posix::stream_descriptor& descriptor() { return descriptor_; }

 private:
  void HandOver(const std::function<void(std::string_view)>& on_line) {
    size_t begin = 0;
    for (size_t end; (end = pending_.find('\n', begin)) != std::string::npos; begin = end + 1) {
      on_line(std::string_view(pending_).substr(begin, end - begin));
    }
    pending_.erase(0, begin);
    if (pending_.size() >= kLongestLineBytes) Flush(on_line);
  }

  asio::posix::stream_descriptor descriptor_;
  std::string pending_;
};

struct Pipe {
  FileDescriptor read_end;
  FileDescriptor write_end;
};

Result<Pipe> OpenPipe() {
  int ends[2];
  if (::pipe2(ends, O_CLOEXEC) != 0) {
    return MakeError(Code::kResourceExhausted, "NO_PIPE", std::strerror(errno));
  }
  return Pipe{FileDescriptor(ends[0]), FileDescriptor(ends[1])};
}

}  // namespace

std::string Describe(const ExitStatus& status) {
  if (status.signal > 0) return "was killed by signal " + std::to_string(status.signal);
  return "exited with code " + std::to_string(status.code);
}

struct ChildProcess::Impl : std::enable_shared_from_this<Impl> {
  /// Takes the pipes' read ends over.
  Impl(asio::io_context& io, Pipe& out, Pipe& err, ChildHandlers handlers)
      : io(io),
        readers{LineReader(io, out.read_end.Release()), LineReader(io, err.read_end.Release())},
        handlers(std::move(handlers)) {}

  void WaitForLines(LineReader& reader) {
    reader.descriptor().async_wait(
        asio::posix::stream_descriptor::wait_read,
        [self = shared_from_this(), &reader](const boost::system::error_code& error) {
          if (error || self->ended) return;
          if (reader.ReadAvailable(self->LineHandler(reader))) self->WaitForLines(reader);
        });
  }

  /// Of stdout or stderr.
  const std::function<void(std::string_view)>& LineHandler(const LineReader& reader) const {
    const bool is_error = &reader == &readers[1] && handlers.on_error_line;
    return is_error ? handlers.on_error_line : handlers.on_line;
  }

  void End(const ExitStatus& status) {
    ended = true;
    for (LineReader& reader : readers) {
      reader.ReadAvailable(LineHandler(reader));
      reader.Flush(LineHandler(reader));
      boost::system::error_code ignored;
      reader.descriptor().close(ignored);
    }
    // The handler may start the next child or drop this one: hold what runs, free what it captured.
    const auto on_exit = std::exchange(handlers.on_exit, {});
    if (on_exit) on_exit(status);
  }

  asio::io_context& io;
  LineReader readers[2];
  ChildHandlers handlers;
  bp::child process;
  bool ended = false;
};

Result<std::unique_ptr<ChildProcess>> ChildProcess::Start(asio::io_context& io,
                                                          const std::vector<std::string>& command,
                                                          ChildHandlers handlers) {
  ATELIER_ASSIGN_OR_RETURN(Pipe out, OpenPipe());
  ATELIER_ASSIGN_OR_RETURN(Pipe err, OpenPipe());
  auto impl = std::make_shared<Impl>(io, out, err, std::move(handlers));

  std::error_code error;
  // Boost calls this inside its own loop over children; posting keeps us out of it.
  const auto on_exit = [weak = std::weak_ptr<Impl>(impl)](int, const std::error_code&) {
    const auto self = weak.lock();
    if (!self) return;
    asio::post(self->io, [self] {
      if (self->ended) return;
      const int native = self->process.native_exit_code();
      if (WIFSIGNALED(native)) return self->End({.code = 0, .signal = WTERMSIG(native)});
      self->End({.code = WEXITSTATUS(native), .signal = 0});
    });
  };
  impl->process =
      bp::child(bp::exe = command.front(),
                bp::args = std::vector<std::string>(command.begin() + 1, command.end()),
                bp::std_in < bp::null, bp::posix::fd.bind(STDOUT_FILENO, out.write_end.get()),
                bp::posix::fd.bind(STDERR_FILENO, err.write_end.get()),
                OwnGroupThatDiesWithParent{}, error, io, bp::on_exit = on_exit);
  // The child alone holds them from here on, so that its end is the pipes'.
  out.write_end.Close();
  err.write_end.Close();
  if (error) {
    const bool missing = error == std::errc::no_such_file_or_directory;
    return MakeError(missing ? Code::kNotFound : Code::kPermissionDenied, "CANNOT_START",
                     command.front() + ": " + error.message());
  }
  for (LineReader& reader : impl->readers) impl->WaitForLines(reader);
  return std::unique_ptr<ChildProcess>(new ChildProcess(std::move(impl)));
}

ChildProcess::ChildProcess(std::shared_ptr<Impl> impl) : impl_(std::move(impl)) {}

ChildProcess::~ChildProcess() {
  if (!impl_->ended) Signal(SIGKILL);
  impl_->ended = true;
  impl_->handlers = {};
  impl_->process.detach();
}

int ChildProcess::pid() const { return impl_->process.id(); }

void ChildProcess::Signal(int signal) {
  if (impl_->ended) return;
  ::kill(signal == SIGKILL ? -pid() : pid(), signal);
}

}  // namespace atelier::supervisor
