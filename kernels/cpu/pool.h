// Threads that sleep until there is work. Parts of it are taken one at a time, so that a thread
// which a busy neighbour holds up does less of it and the others more.
#pragma once
#include <pthread.h>

#include <cstdint>

namespace fillwright {

class Pool {
public:
    // With `threads` in all, the caller's among them. Null where the system gives none.
    static Pool* open(int32_t threads);
    static void close(Pool*);

    int32_t threads() const { return helpers_ + 1; }
    // Calls work(data, part, worker) once for each part in [0, parts); worker < threads().
    void run(int32_t parts, void (*work)(void*, int32_t, int32_t), void* data);

private:
    struct Helper {
        Pool* pool;
        int32_t worker;
        pthread_t thread;
    };
    static void* sleep_and_help(void* helper);
    void take_parts(int32_t worker);

    // `turn_` keeps a second caller out while one has the helpers
    pthread_mutex_t turn_, lock_;
    pthread_cond_t begun_, ended_;
    Helper* list_;
    int32_t helpers_, busy_;
    uint32_t job_;
    bool closing_;
    void (*work_)(void*, int32_t, int32_t);
    void* data_;
    int32_t parts_, next_;
};

}  // namespace fillwright
