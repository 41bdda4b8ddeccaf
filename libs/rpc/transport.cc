#include "rpc/transport.h"

namespace atelier::rpc {
namespace {

// Threads that wait for a call when they have served one, instead of ending. gRPC's default of two
// starts and ends a thread for nearly every call that comes beside others; those that nobody needs
// end after ten seconds all the same.
constexpr int kMaxPollers = 64;

int Milliseconds(std::chrono::milliseconds time) { return static_cast<int>(time.count()); }

}  // namespace

void ApplyTransport(grpc::ServerBuilder& builder, const ServerBounds& bounds,
                    const Keepalive& keepalive) {
  builder.SetMaxReceiveMessageSize(bounds.max_message_bytes);
  builder.SetMaxSendMessageSize(bounds.max_message_bytes);
  builder.SetSyncServerOption(grpc::ServerBuilder::MAX_POLLERS, kMaxPollers);
  grpc::ResourceQuota quota("atelier");
  quota.Resize(static_cast<size_t>(bounds.call_memory_bytes));
  quota.SetMaxThreads(bounds.max_threads);
  builder.SetResourceQuota(quota);
  builder.AddChannelArgument(GRPC_ARG_MAX_CONCURRENT_STREAMS, bounds.max_streams);
  builder.AddChannelArgument(GRPC_ARG_KEEPALIVE_TIME_MS, Milliseconds(keepalive.time));
  builder.AddChannelArgument(GRPC_ARG_KEEPALIVE_TIMEOUT_MS, Milliseconds(keepalive.timeout));
  // In both directions, also between calls.
  builder.AddChannelArgument(GRPC_ARG_KEEPALIVE_PERMIT_WITHOUT_CALLS, 1);
  builder.AddChannelArgument(GRPC_ARG_HTTP2_MAX_PINGS_WITHOUT_DATA, 0);
  builder.AddChannelArgument(GRPC_ARG_HTTP2_MIN_RECV_PING_INTERVAL_WITHOUT_DATA_MS,
                             Milliseconds(keepalive.pings_permitted));
}

grpc::ChannelArguments ChannelTransport(const Keepalive& keepalive) {
  const int max_message_bytes = ServerBounds().max_message_bytes;
  grpc::ChannelArguments arguments;
  arguments.SetMaxReceiveMessageSize(max_message_bytes);
  arguments.SetMaxSendMessageSize(max_message_bytes);
  // A restarted peer is found again within seconds, not after gRPC's two minutes of back-off.
  arguments.SetInt(GRPC_ARG_MAX_RECONNECT_BACKOFF_MS, 2000);
  arguments.SetInt(GRPC_ARG_INITIAL_RECONNECT_BACKOFF_MS, 100);
  arguments.SetInt(GRPC_ARG_KEEPALIVE_TIME_MS, Milliseconds(keepalive.time));
  arguments.SetInt(GRPC_ARG_KEEPALIVE_TIMEOUT_MS, Milliseconds(keepalive.timeout));
  arguments.SetInt(GRPC_ARG_KEEPALIVE_PERMIT_WITHOUT_CALLS, 1);
  arguments.SetInt(GRPC_ARG_HTTP2_MAX_PINGS_WITHOUT_DATA, 0);
  arguments.SetLoadBalancingPolicyName("round_robin");
  // Whoever makes another channel, because the peer is silent, wants another connection.
  arguments.SetInt(GRPC_ARG_USE_LOCAL_SUBCHANNEL_POOL, 1);
  return arguments;
}

}  // namespace atelier::rpc
