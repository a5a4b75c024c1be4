// The yardstick of docs/performance.md: the workload of benches/scenarios written by hand around a
// std::priority_queue, with a fast generator and no metrics, files or profiles.
//
//   g++ -O3 -march=native -std=c++20 -o queue queue.cpp
//   ./queue WORKLOAD EVENTS [SEED]     WORKLOAD is calm, overloaded or wide
//
// Rules: N events arrive as a Poisson process. Each is dispatched at once; with a free slot it runs for an exponential
// time, else it is throttled and tried again after 1, 2, 4, … s (at most 300 s), each wait × U(0.9, 1.1). A wait that
// would end more than 21 600 s after the arrival is not begun: the event is dropped. A failed event is run again after
// 60 s, then 120 s (× U(0.9, 1.1)); after its third failed run it goes to the dead-letter queue. A freed slot wakes
// nobody. The mean and the 99th percentile of the sojourn times are taken from all of them at the end.
#include <algorithm>
#include <chrono>
#include <cmath>
#include <cstdint>
#include <cstdio>
#include <cstdlib>
#include <cstring>
#include <queue>
#include <string>
#include <vector>

// xoshiro256+ (Blackman, Vigna, https://prng.di.unimi.it), seeded by SplitMix64.
struct Generator {
  uint64_t s[4];
  explicit Generator(uint64_t seed) {
    for (auto& word : s) {
      seed += 0x9e3779b97f4a7c15;
      uint64_t z = seed;
      z = (z ^ (z >> 30)) * 0xbf58476d1ce4e5b9;
      z = (z ^ (z >> 27)) * 0x94d049bb133111eb;
      word = z ^ (z >> 31);
    }
  }
  uint64_t word() {
    const uint64_t result = s[0] + s[3], t = s[1] << 17;
    s[2] ^= s[0]; s[3] ^= s[1]; s[1] ^= s[2]; s[0] ^= s[3]; s[2] ^= t;
    s[3] = (s[3] << 45) | (s[3] >> 19);
    return result;
  }
  double uniform() { return double((word() >> 11) + 1) * 0x1.0p-53; }
  double exponential(double mean) { return -mean * std::log(uniform()); }
  double jittered(double wait) { return wait * (0.9 + 0.2 * uniform()); }
};

struct Setting { double rate, mean; uint32_t slots; double failure; };

enum class Kind : uint8_t { arrival, dispatch, end };

struct Notice {
  double at;
  uint64_t order;  // of scheduling: the tie-break
  uint32_t event;
  Kind kind;
  bool operator<(const Notice& other) const {  // priority_queue is a max-heap
    return at > other.at || (at == other.at && order > other.order);
  }
};

struct Event { double arrived; uint16_t streak; uint8_t failed_runs; };

int main(int argc, char** argv) {
  const std::string workload = argc > 1 ? argv[1] : "calm";
  const uint64_t events = argc > 2 ? std::strtoull(argv[2], nullptr, 10) : 1000000;
  Generator draw(argc > 3 ? std::strtoull(argv[3], nullptr, 10) : 1);
  Setting set;
  if (workload == "calm") set = {100, 0.5, 100, 0.05};
  else if (workload == "overloaded") set = {250, 0.5, 100, 0.2};
  else if (workload == "wide") set = {20000, 0.2, 6000, 0.9};
  else { std::fprintf(stderr, "unknown workload %s\n", workload.c_str()); return 2; }

  const auto started = std::chrono::steady_clock::now();
  std::priority_queue<Notice> calendar;
  std::vector<Event> table;
  std::vector<uint32_t> free_slots;
  std::vector<double> sojourns;
  uint64_t order = 0, arrivals = 0, succeeded = 0, dead = 0, dropped = 0, throttles = 0, runs = 0, pending = 0, peak = 0;
  uint32_t running = 0;
  double now = 0;
  const auto schedule = [&](double at, uint32_t event, Kind kind) { calendar.push({at, order++, event, kind}); };
  const auto leave = [&](uint32_t event) {
    sojourns.push_back(now - table[event].arrived);
    free_slots.push_back(event);
    --pending;
  };
  const auto dispatch = [&](uint32_t id) {
    Event& event = table[id];
    if (running < set.slots) {
      ++running; ++runs;
      event.streak = 0;
      schedule(now + draw.exponential(set.mean), id, Kind::end);
      return;
    }
    ++throttles;
    const double nominal = std::min(300.0, std::ldexp(1.0, std::min<int>(event.streak, 16)));
    ++event.streak;
    const double due = now + draw.jittered(nominal);
    if (due - event.arrived > 21600) { ++dropped; leave(id); } else schedule(due, id, Kind::dispatch);
  };
  if (events > 0) schedule(draw.exponential(1 / set.rate), 0, Kind::arrival);
  while (!calendar.empty()) {
    const Notice notice = calendar.top();
    calendar.pop();
    now = notice.at;
    switch (notice.kind) {
      case Kind::arrival: {
        uint32_t id;
        if (free_slots.empty()) { id = uint32_t(table.size()); table.push_back({}); }
        else { id = free_slots.back(); free_slots.pop_back(); }
        table[id] = {now, 0, 0};
        peak = std::max(peak, ++pending);
        if (++arrivals < events) schedule(now + draw.exponential(1 / set.rate), 0, Kind::arrival);
        dispatch(id);
        break;
      }
      case Kind::dispatch: dispatch(notice.event); break;
      case Kind::end: {
        --running;
        Event& event = table[notice.event];
        if (draw.uniform() > set.failure) { ++succeeded; leave(notice.event); break; }
        if (++event.failed_runs == 3) { ++dead; leave(notice.event); break; }
        const double due = now + draw.jittered(60.0 * event.failed_runs);
        if (due - event.arrived > 21600) { ++dropped; leave(notice.event); }
        else schedule(due, notice.event, Kind::dispatch);
        break;
      }
    }
  }
  double sum = 0;
  for (double sojourn : sojourns) sum += sojourn;
  double p99 = 0;
  if (!sojourns.empty()) {
    const size_t rank = (sojourns.size() * 99 + 99) / 100 - 1;
    std::nth_element(sojourns.begin(), sojourns.begin() + rank, sojourns.end());
    p99 = sojourns[rank];
  }
  const auto nanos = std::chrono::duration_cast<std::chrono::nanoseconds>(std::chrono::steady_clock::now() - started).count();
  std::printf("%lld arrivals=%llu succeeded=%llu dead_lettered=%llu dropped=%llu throttles=%llu runs=%llu "
              "peak_pending=%llu mean_s=%.6f p99_s=%.6f\n",
              (long long)nanos / (long long)std::max<uint64_t>(1, arrivals), (unsigned long long)arrivals,
              (unsigned long long)succeeded, (unsigned long long)dead, (unsigned long long)dropped,
              (unsigned long long)throttles, (unsigned long long)runs, (unsigned long long)peak,
              arrivals ? sum / double(sojourns.size()) : 0.0, p99);
}
