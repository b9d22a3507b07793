/*
 * Four stations with feedback, as small as an event loop in C can reasonably be.
 *
 * network.py compiles this file and calls network_run(); its run_numba() and run_python() are
 * the same program in the same order of draws, so that all three agree to the last event.
 * Change one, and the comparison in network.py fails until the others are changed too.
 *
 * An event is a moment and a job: the job whose service ends then, or ARRIVAL. Moments are
 * continuous and never equal, so that the heap needs no second key.
 */

#include <math.h>
#include <stdint.h>
#include <stdlib.h>

#define ARRIVAL (-1)
#define NOBODY (-1)

enum { DONE = 0, NO_MEMORY = 1, TOO_MANY_JOBS = 2 };

struct heap {
    double *due;
    int32_t *who;
    int32_t size;
};

/* What a job is: when it came, where it is, and who stands behind it in line. */
struct jobs {
    double *entered;
    int32_t *stage;
    int32_t *behind;
};

struct line {
    int32_t first;
    int32_t last;
    int64_t idle; /* servers without work; above zero only while nobody waits */
};

/* splitmix64: all its state is a counter, and the number drawn is a hash of it. */
static inline double uniform(uint64_t *state)
{
    uint64_t z = (*state += UINT64_C(0x9E3779B97F4A7C15));

    z = (z ^ (z >> 30)) * UINT64_C(0xBF58476D1CE4E5B9);
    z = (z ^ (z >> 27)) * UINT64_C(0x94D049BB133111EB);
    z ^= z >> 31;
    return (double)(z >> 11) * 0x1p-53;
}

static inline double exponential(uint64_t *state)
{
    return -log(1.0 - uniform(state));
}

static inline void push(struct heap *heap, double due, int32_t who)
{
    int32_t at = heap->size++;

    while (at > 0) {
        int32_t parent = (at - 1) / 2;

        if (heap->due[parent] <= due)
            break;
        heap->due[at] = heap->due[parent];
        heap->who[at] = heap->who[parent];
        at = parent;
    }
    heap->due[at] = due;
    heap->who[at] = who;
}

/* Take the first event off; the caller has read it already. */
static inline void pop(struct heap *heap)
{
    int32_t size = --heap->size;
    double due = heap->due[size];
    int32_t who = heap->who[size];
    int32_t at = 0;

    for (;;) {
        int32_t child = 2 * at + 1;

        if (child >= size)
            break;
        if (child + 1 < size && heap->due[child + 1] < heap->due[child])
            child++;
        if (due <= heap->due[child])
            break;
        heap->due[at] = heap->due[child];
        heap->who[at] = heap->who[child];
        at = child;
    }
    heap->due[at] = due;
    heap->who[at] = who;
}

/*
 * Run until so many services have ended.
 *
 * After a service at a stage, one draw u decides: u < on is the next stage (or out, after the
 * last); u < back[stage] is the second stage once more; else out. The results are the moment of
 * the last event, the integral over time of the number of jobs inside, the time inside summed
 * over the jobs that left, and how many left.
 */
int network_run(int64_t transitions, uint64_t seed, int32_t stages, const int64_t *servers,
                double rate, double on, const double *back, int32_t most_jobs, double *result)
{
    int status = NO_MEMORY;
    uint64_t state = seed;
    double now = 0.0, area = 0.0, stayed = 0.0;
    int64_t completions = 0, left = 0;
    int32_t inside = 0, made = 0, unused = NOBODY; /* unused: jobs that left, for the next ones */
    size_t most_events = 1; /* one service per server, and the next arrival */
    struct heap heap = {NULL, NULL, 0};
    struct jobs jobs = {NULL, NULL, NULL};
    struct line *lines = NULL;

    for (int32_t i = 0; i < stages; i++)
        most_events += (size_t)servers[i];
    heap.due = malloc(most_events * sizeof *heap.due);
    heap.who = malloc(most_events * sizeof *heap.who);
    jobs.entered = malloc((size_t)most_jobs * sizeof *jobs.entered);
    jobs.stage = malloc((size_t)most_jobs * sizeof *jobs.stage);
    jobs.behind = malloc((size_t)most_jobs * sizeof *jobs.behind);
    lines = malloc((size_t)stages * sizeof *lines);
    if (!heap.due || !heap.who || !jobs.entered || !jobs.stage || !jobs.behind || !lines)
        goto out;
    for (int32_t i = 0; i < stages; i++)
        lines[i] = (struct line){NOBODY, NOBODY, servers[i]};

    push(&heap, exponential(&state) / rate, ARRIVAL);
    while (completions < transitions) {
        int32_t job = heap.who[0];
        int32_t to = 0;
        struct line *line;

        area += inside * (heap.due[0] - now);
        now = heap.due[0];
        pop(&heap);
        if (job == ARRIVAL) {
            push(&heap, now + exponential(&state) / rate, ARRIVAL);
            if (unused != NOBODY) {
                job = unused;
                unused = jobs.behind[job];
            } else if (made < most_jobs) {
                job = made++;
            } else {
                status = TOO_MANY_JOBS;
                goto out;
            }
            jobs.entered[job] = now;
            inside++;
        } else {
            int32_t stage = jobs.stage[job];
            double u;

            completions++;
            /* First the server takes the next in line: who comes back stands at the end. */
            line = &lines[stage];
            if (line->first != NOBODY) {
                int32_t next = line->first;

                line->first = jobs.behind[next];
                push(&heap, now + exponential(&state), next);
            } else {
                line->idle++;
            }
            u = uniform(&state);
            to = u < on ? stage + 1 : u < back[stage] ? 1 : stages;
            if (to == stages) {
                stayed += now - jobs.entered[job];
                left++;
                inside--;
                jobs.behind[job] = unused;
                unused = job;
                continue;
            }
        }
        jobs.stage[job] = to;
        line = &lines[to];
        if (line->idle > 0) {
            line->idle--;
            push(&heap, now + exponential(&state), job);
        } else {
            jobs.behind[job] = NOBODY;
            if (line->first == NOBODY)
                line->first = job;
            else
                jobs.behind[line->last] = job;
            line->last = job;
        }
    }
    result[0] = now;
    result[1] = area;
    result[2] = stayed;
    result[3] = (double)left;
    result[4] = (double)completions;
    status = DONE;
out:
    free(heap.due);
    free(heap.who);
    free(jobs.entered);
    free(jobs.stage);
    free(jobs.behind);
    free(lines);
    return status;
}
