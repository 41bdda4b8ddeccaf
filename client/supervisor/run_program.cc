#include "client/supervisor/run_program.h"

namespace atelier::supervisor {

Result<ProgramOutput> RunProgram(const std::vector<std::string>& command) {
  boost::asio::io_context io;
  ProgramOutput output;
  ChildHandlers handlers;
  handlers.on_line = [&](std::string_view line) { output.out.append(line) += '\n'; };
  handlers.on_error_line = [&](std::string_view line) { output.err.append(line) += '\n'; };
  handlers.on_exit = [&](const ExitStatus& status) {
    output.status = status;
    io.stop();
  };
  ATELIER_ASSIGN_OR_RETURN(const auto child, ChildProcess::Start(io, command, std::move(handlers)));
  io.run();
  return output;
}

}  // namespace atelier::supervisor
