#include "pool.h"

#include <cstdlib>

namespace fillwright {

Pool* Pool::open(int32_t threads) {
    Pool* pool = static_cast<Pool*>(std::calloc(1, sizeof(Pool)));
    if (!pool) return nullptr;
    const int32_t wanted = threads > 1 ? threads - 1 : 0;
    pool->list_ =
        static_cast<Helper*>(std::calloc(static_cast<size_t>(wanted) + 1, sizeof(Helper)));
    if (!pool->list_) {
        std::free(pool);
        return nullptr;
    }
    pthread_mutex_init(&pool->turn_, nullptr);
    pthread_mutex_init(&pool->lock_, nullptr);
    pthread_cond_init(&pool->begun_, nullptr);
    pthread_cond_init(&pool->ended_, nullptr);
    for (int32_t i = 0; i < wanted; i++) {
        Helper& helper = pool->list_[i];
        helper.pool = pool;
        helper.worker = i + 1;
        if (pthread_create(&helper.thread, nullptr, sleep_and_help, &helper)) break;
        pool->helpers_++;
    }
    if (pool->helpers_ == wanted) return pool;
    close(pool);
    return nullptr;
}

void Pool::close(Pool* pool) {
    if (!pool) return;
    pthread_mutex_lock(&pool->lock_);
    pool->closing_ = true;
    pthread_cond_broadcast(&pool->begun_);
    pthread_mutex_unlock(&pool->lock_);
    for (int32_t i = 0; i < pool->helpers_; i++) pthread_join(pool->list_[i].thread, nullptr);
    pthread_cond_destroy(&pool->ended_);
    pthread_cond_destroy(&pool->begun_);
    pthread_mutex_destroy(&pool->lock_);
    pthread_mutex_destroy(&pool->turn_);
    std::free(pool->list_);
    std::free(pool);
}

void Pool::run(int32_t parts, void (*work)(void*, int32_t, int32_t), void* data) {
    pthread_mutex_lock(&turn_);
    pthread_mutex_lock(&lock_);
    work_ = work;
    data_ = data;
    parts_ = parts;
    next_ = 0;
    job_++;
    busy_ = 1;
    pthread_cond_broadcast(&begun_);
    take_parts(0);
    // a helper that did not wake in time finds no part left, and is not waited for
    while (busy_) pthread_cond_wait(&ended_, &lock_);
    pthread_mutex_unlock(&lock_);
    pthread_mutex_unlock(&turn_);
}

// With lock_ held before and after, and this thread counted in busy_.
void Pool::take_parts(int32_t worker) {
    while (next_ < parts_) {
        const int32_t part = next_++;
        pthread_mutex_unlock(&lock_);
        work_(data_, part, worker);
        pthread_mutex_lock(&lock_);
    }
    if (--busy_ == 0) pthread_cond_signal(&ended_);
}

void* Pool::sleep_and_help(void* argument) {
    const Helper* helper = static_cast<Helper*>(argument);
    Pool* pool = helper->pool;
    uint32_t done = 0;
    pthread_mutex_lock(&pool->lock_);
    while (!pool->closing_) {
        if (done == pool->job_) {
            pthread_cond_wait(&pool->begun_, &pool->lock_);
            continue;
        }
        done = pool->job_;
        if (pool->next_ == pool->parts_) continue;
        pool->busy_++;
        pool->take_parts(helper->worker);
    }
    pthread_mutex_unlock(&pool->lock_);
    return nullptr;
}

}  // namespace fillwright
