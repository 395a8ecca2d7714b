// Three callers give work to one pool at the same time, and pools open and close; for a sanitizer
// to watch. Says how many results were wrong.
#include "pool.h"

#include <cstdio>
#include <thread>
#include <vector>

using fillwright::Pool;

constexpr int PARTS = 37, ROUNDS = 2000;

static void add(void* data, int32_t part, int32_t) { static_cast<int*>(data)[part] += part; }

static int call_often(Pool* pool) {
    std::vector<int> sums(PARTS);
    for (int i = 0; i < ROUNDS; i++) pool->run(PARTS, add, sums.data());
    int wrong = 0;
    for (int part = 0; part < PARTS; part++) wrong += sums[part] != ROUNDS * part;
    return wrong;
}

int main() {
    int wrong[3] = {};
    Pool* pool = Pool::open(4);
    std::vector<std::thread> callers;
    for (int& mine : wrong) callers.emplace_back([pool, &mine] { mine = call_often(pool); });
    for (std::thread& caller : callers) caller.join();
    Pool::close(pool);
    for (int i = 0; i < 100; i++) {
        int sums[3] = {};
        Pool* brief = Pool::open(5);
        brief->run(3, add, sums);
        Pool::close(brief);
        wrong[0] += sums[2] != 2;
    }
    std::printf("%d wrong\n", wrong[0] + wrong[1] + wrong[2]);
}
