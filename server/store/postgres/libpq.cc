#include "server/store/postgres/libpq.h"

#include <dlfcn.h>

#include <string>

namespace atelier::server::postgres {
namespace {

constexpr char kLibrary[] = "libpq.so.5";

LibPq loaded;

template <typename Function>
bool Find(void* library, const char* name, Function& function) {
  function = reinterpret_cast<Function>(::dlsym(library, name));
  return function != nullptr;
}

Status Load() {
  void* library = ::dlopen(kLibrary, RTLD_NOW | RTLD_LOCAL);
  const bool found =
      library != nullptr && Find(library, "PQbackendPID", loaded.backendPID) &&
      Find(library, "PQclear", loaded.clear) && Find(library, "PQcmdStatus", loaded.cmdStatus) &&
      Find(library, "PQcmdTuples", loaded.cmdTuples) &&
      Find(library, "PQconnectdbParams", loaded.connectdbParams) &&
      Find(library, "PQconsumeInput", loaded.consumeInput) &&
      Find(library, "PQenterPipelineMode", loaded.enterPipelineMode) &&
      Find(library, "PQerrorMessage", loaded.errorMessage) &&
      Find(library, "PQexec", loaded.exec) &&
      Find(library, "PQexitPipelineMode", loaded.exitPipelineMode) &&
      Find(library, "PQfinish", loaded.finish) && Find(library, "PQfreemem", loaded.freemem) &&
      Find(library, "PQgetResult", loaded.getResult) &&
      Find(library, "PQgetisnull", loaded.getisnull) &&
      Find(library, "PQgetlength", loaded.getlength) &&
      Find(library, "PQgetvalue", loaded.getvalue) &&
      Find(library, "PQnotifies", loaded.notifies) && Find(library, "PQntuples", loaded.ntuples) &&
      Find(library, "PQpipelineSync", loaded.pipelineSync) &&
      Find(library, "PQresultErrorField", loaded.resultErrorField) &&
      Find(library, "PQresultErrorMessage", loaded.resultErrorMessage) &&
      Find(library, "PQresultStatus", loaded.resultStatus) &&
      Find(library, "PQsendPrepare", loaded.sendPrepare) &&
      Find(library, "PQsendQueryPrepared", loaded.sendQueryPrepared) &&
      Find(library, "PQsetNoticeProcessor", loaded.setNoticeProcessor) &&
      Find(library, "PQsocket", loaded.socket) && Find(library, "PQstatus", loaded.status) &&
      Find(library, "PQtransactionStatus", loaded.transactionStatus);
  if (found) return {};
  const char* cause = ::dlerror();
  return MakeError(Code::kFailedPrecondition, "NO_LIBPQ",
                   std::string("PostgreSQL's client library ") + kLibrary +
                       " (Debian: libpq5) cannot be loaded: " + (cause ? cause : "unknown"));
}

}  // namespace

Status LoadLibPq() {
  static const Status status = Load();
  return status;
}

const LibPq& Pq() { return loaded; }

}  // namespace atelier::server::postgres
