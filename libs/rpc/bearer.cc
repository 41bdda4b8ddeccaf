#include "rpc/bearer.h"

#include <utility>

namespace atelier::rpc {
namespace {

using grpc::experimental::InterceptionHookPoints;

class Bearer final : public grpc::experimental::Interceptor {
 public:
  explicit Bearer(const SecretSource& token) : token_(token) {}

  void Intercept(grpc::experimental::InterceptorBatchMethods* methods) override {
    if (methods->QueryInterceptionHookPoint(InterceptionHookPoints::PRE_SEND_INITIAL_METADATA)) {
      auto* metadata = methods->GetSendInitialMetadata();
      const std::string token = metadata->contains("authorization") ? "" : token_();
      if (!token.empty()) metadata->emplace("authorization", "Bearer " + token);
    }
    methods->Proceed();
  }

 private:
  const SecretSource& token_;  // The factory's, which lives as long as the channel.
};

class BearerFactory final : public grpc::experimental::ClientInterceptorFactoryInterface {
 public:
  explicit BearerFactory(SecretSource token) : token_(std::move(token)) {}

  grpc::experimental::Interceptor* CreateClientInterceptor(
      grpc::experimental::ClientRpcInfo*) override {
    return new Bearer(token_);
  }

 private:
  const SecretSource token_;
};

}  // namespace

std::unique_ptr<grpc::experimental::ClientInterceptorFactoryInterface> SendBearer(
    SecretSource token) {
  return std::make_unique<BearerFactory>(std::move(token));
}

}  // namespace atelier::rpc
