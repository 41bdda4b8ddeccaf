// PostgreSQL's client library, loaded when the first connection is opened: a server that keeps its
// queue in SQLite needs neither it nor the dozen libraries that come with it.
#pragma once

#include <libpq-fe.h>

#include "base/result.h"

namespace atelier::server::postgres {

/// The functions that are used here, by their names without "PQ".
struct LibPq {
  decltype(&PQbackendPID) backendPID;
  decltype(&PQclear) clear;
  decltype(&PQcmdStatus) cmdStatus;
  decltype(&PQcmdTuples) cmdTuples;
  decltype(&PQconnectdbParams) connectdbParams;
  decltype(&PQconsumeInput) consumeInput;
  decltype(&PQenterPipelineMode) enterPipelineMode;
  decltype(&PQerrorMessage) errorMessage;
  decltype(&PQexec) exec;
  decltype(&PQexitPipelineMode) exitPipelineMode;
  decltype(&PQfinish) finish;
  decltype(&PQfreemem) freemem;
  decltype(&PQgetResult) getResult;
  decltype(&PQgetisnull) getisnull;
  decltype(&PQgetlength) getlength;
  decltype(&PQgetvalue) getvalue;
  decltype(&PQnotifies) notifies;
  decltype(&PQntuples) ntuples;
  decltype(&PQpipelineSync) pipelineSync;
  decltype(&PQresultErrorField) resultErrorField;
  decltype(&PQresultErrorMessage) resultErrorMessage;
  decltype(&PQresultStatus) resultStatus;
  decltype(&PQsendPrepare) sendPrepare;
  decltype(&PQsendQueryPrepared) sendQueryPrepared;
  decltype(&PQsetNoticeProcessor) setNoticeProcessor;
  decltype(&PQsocket) socket;
  decltype(&PQstatus) status;
  decltype(&PQtransactionStatus) transactionStatus;
};

/// Loads the library once. FAILED_PRECONDITION / NO_LIBPQ when it is not installed.
Status LoadLibPq();

/// REQUIRES: LoadLibPq() succeeded.
const LibPq& Pq();

}  // namespace atelier::server::postgres
