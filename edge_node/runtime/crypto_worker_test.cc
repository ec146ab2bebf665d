// What crypto costs a worker and its neighbours: long computations go to helper threads and have a
// budget there, short ones count as the turn's, and keys count as memory.
#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "edge_node/runtime/check_code.h"
#include "edge_node/runtime/cpu_clock.h"
#include "edge_node/runtime/testing.h"

namespace terrella::runtime {
namespace {

using ::testing::HasSubstr;

constexpr std::string_view kTools = R"js(
  const { subtle } = crypto;
  const rsa = (modulusLength) => subtle.generateKey(
    { name: 'RSA-PSS', hash: 'SHA-256', modulusLength, publicExponent: new Uint8Array([1, 0, 1]) }, true, ['sign', 'verify']);
  const password = () => subtle.importKey('raw', new Uint8Array(8), 'PBKDF2', false, ['deriveBits', 'deriveKey']);
  const stretch = async (iterations) => subtle.deriveBits(
    { name: 'PBKDF2', hash: 'SHA-256', salt: new Uint8Array(8), iterations }, await password(), 256);
)js";

// A client that goes away while its request is computing.
void AskAndLeave(TestBench& bench, std::string path) {
  auto call = bench.Start({.path = std::move(path)});
  for (int i = 0; i < 100; ++i) bench.loop().RunOnce();
  EXPECT_FALSE(call->done());
  call->invocation.reset();
}

std::shared_ptr<WorkerCode> Code(std::string_view body) {
  return CodeOf(fmt::format("{} export default {{ async fetch(request) {{ {} }} }}", kTools, body));
}

TEST(CryptoInAWorker, MakesAnRsaKeyThatTakesLongerThanTheCpuBudget) {
  auto code = Code("return new Response((await rsa(2048)).privateKey.algorithm.modulusLength);");
  code->limits.cpu_ms = 10;
  TestBench bench(code);
  EXPECT_EQ(bench.Get(), "2048");
}

TEST(CryptoInAWorker, StretchesAPasswordAsOwaspAdvises) {
  auto code = Code("return new Response((await stretch(600000)).byteLength);");
  code->limits.cpu_ms = 20;
  TestBench bench(code);
  EXPECT_EQ(bench.Get(), "32");
  EXPECT_LT(ToMs(bench.worker().cpu_used()), 20) << "on the thread that serves";
}

TEST(CryptoInAWorker, StopsWhatTakesMoreThanAllJobsOfARequestMay) {
  auto code = Code(R"js(
    const errors = [];
    for (const work of [() => stretch(1e9), () => rsa(8192), () => stretch(30000)]) {
      try { await work(); errors.push('done'); } catch (e) { errors.push(e.name + ': ' + e.message); }
    }
    return Response.json(errors);)js");
  code->limits.job_cpu_ms = 100;
  TestBench bench(code);
  const std::string text = bench.Get();
  EXPECT_THAT(text, HasSubstr("OperationError: stopped: it takes more CPU time than"));
  EXPECT_THAT(text, HasSubstr("the request has used up its 100 ms of CPU time"));
  EXPECT_FALSE(bench.worker().condemned());
  EXPECT_EQ(bench.Fetch().status, 200) << "the next request has its own";
}

TEST(CryptoInAWorker, TakesSoManyJobsAndNoMore) {
  TestBench bench(Code(R"js(
    const results = await Promise.allSettled(Array.from({ length: 100 }, () => stretch(20000)));
    const failed = results.filter((r) => r.status === 'rejected');
    return Response.json([failed.length > 0 && failed.length < 100, failed[0].reason.name, failed[0].reason.message]);)js"));
  EXPECT_EQ(bench.Get(), R"([true,"OperationError","more than 64 such computations at once"])");
}

TEST(CryptoInAWorker, ComputesInTheGlobalScopeUnderTheStartUpBudget) {
  auto code = CodeOf(fmt::format(
      "{} const pair = await rsa(1024); const bits = await stretch(30000);\n"
      "export default {{ fetch: () => new Response(pair.publicKey.type + bits.byteLength) }};",
      kTools));
  code->limits.startup_cpu_ms = 2000;
  TestBench bench(code);
  EXPECT_EQ(bench.Get(), "public32");
}

TEST(CryptoInAWorker, DoesNotOutrunTheStartUpBudget) {
  auto code = CodeOf(fmt::format("{} await stretch(1e9); export default {{}};", kTools));
  code->limits.startup_cpu_ms = 50;
  const Duration before = ThreadCpuTime();
  EXPECT_FALSE(CheckCode(TestEngine(), *code).ok());
  EXPECT_LT(ToMs(ThreadCpuTime() - before), 1000);
}

TEST(CryptoInAWorker, DoesNotOutrunTheCpuBudgetWithinATurn) {
  // Digests of 64 MiB: each takes longer than the budget.
  auto code = Code(
      "const d = new Uint8Array(64 << 20); for (;;) try { await subtle.digest('MD5', d); } catch "
      "{}");
  code->limits.cpu_ms = 30;
  TestBench bench(code);
  const Duration before = ThreadCpuTime();
  EXPECT_EQ(bench.Fetch().failure, FailureKind::kCpuLimit);
  EXPECT_LT(ToMs(ThreadCpuTime() - before), 300);
}

TEST(CryptoInAWorker, DoesNotOutrunTheCpuBudgetWithHkdf) {
  // The info is hashed once for each of 255 digests.
  auto code = Code(R"js(
    const key = await subtle.importKey('raw', new Uint8Array(8), 'HKDF', false, ['deriveBits']);
    const info = new Uint8Array(16 << 20);
    try {
      await subtle.deriveBits({ name: 'HKDF', hash: 'SHA-256', salt: new Uint8Array(8), info }, key, 255 * 256);
    } catch {}
    for (;;);)js");
  code->limits.cpu_ms = 30;
  TestBench bench(code);
  const Duration before = ThreadCpuTime();
  EXPECT_EQ(bench.Fetch().failure, FailureKind::kCpuLimit);
  EXPECT_LT(ToMs(ThreadCpuTime() - before), 300);
}

TEST(CryptoInAWorker, HasJobsThatCountAsMemory) {
  auto code = Code(R"js(
    const key = await subtle.importKey('raw', new Uint8Array(4 << 20), 'PBKDF2', false, ['deriveBits']);
    const jobs = async () => {
      const results = await Promise.allSettled(Array.from({ length: 20 }, () => subtle.deriveBits(
        { name: 'PBKDF2', hash: 'SHA-256', salt: new Uint8Array(8), iterations: 100000 }, key, 256)));
      return results.filter((r) => r.status === 'rejected').map((r) => `${r.reason.name}: ${r.reason.message}`);
    };
    const errors = await jobs();
    return Response.json([errors.length > 0, (await jobs()).length <= 13, errors[0]]);)js");
  code->limits.cpu_ms = 0;
  code->limits.heap_bytes = 32 << 20;
  TestBench bench(code);
  // Seven copies of 4 MiB fit at once; the second time too, so that they were given back.
  EXPECT_EQ(
      bench.Get(),
      R"([true,true,"OperationError: 4194344 bytes more than the worker's memory has room for"])");
}

TEST(CryptoInAWorker, EndsItsJobsWithTheRequest) {
  auto code = Code(R"js(
    if (request.url.endsWith('/slow')) { await stretch(4e9); return new Response('never'); }
    return new Response((await stretch(20000)).byteLength);)js");
  code->limits.job_cpu_ms = 3'600'000;
  TestBench bench(code);
  AskAndLeave(bench, "/slow");
  EXPECT_EQ(bench.Get(), "32") << "the queue is not held up";
  EXPECT_EQ(bench.worker().in_flight(), 0u);
}

TEST(CryptoInAWorker, MayGoWhileAJobRuns) {
  auto code = Code("await stretch(4e9); return new Response('never');");
  code->limits.job_cpu_ms = 3'600'000;
  TestBench bench(code);
  AskAndLeave(bench, "/");
  bench.DestroyWorker();
  TestBench other(Code("return new Response((await stretch(20000)).byteLength);"));
  EXPECT_EQ(other.Get(), "32");
}

TEST(CryptoInAWorker, HasKeysThatCountAsMemory) {
  auto code = Code(R"js(
    const keys = [];
    for (;;) keys.push(await subtle.generateKey({ name: 'HMAC', hash: 'SHA-256', length: 1 << 22 }, false, ['sign']));)js");
  code->limits.cpu_ms = 0;
  code->limits.heap_bytes = 32 << 20;
  TestBench bench(code);
  EXPECT_EQ(bench.Fetch().failure, FailureKind::kMemoryLimit);
}

TEST(CryptoInAWorker, GivesTheMemoryOfKeysBack) {
  auto code = Code(R"js(
    for (let i = 0; i < 500; ++i) await subtle.generateKey({ name: 'HMAC', hash: 'SHA-256', length: 1 << 22 }, false, ['sign']);
    return new Response('eight times the heap');)js");
  code->limits.cpu_ms = 0;
  code->limits.heap_bytes = 32 << 20;
  TestBench bench(code);
  EXPECT_EQ(bench.Get(), "eight times the heap");
}

}  // namespace
}  // namespace terrella::runtime
