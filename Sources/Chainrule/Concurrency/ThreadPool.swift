import CMemory
import CPlatform
import Synchronization

/// Work that threads share: all do their parts at the same time.
protocol SharedWork: AnyObject {
    func work(thread: Int, of threads: Int)
}

/// Threads that share work in rounds. In a round every thread does its part; the round ends when all are done.
///
/// Rounds of a training step follow one another closely, so a thread spins for some microseconds before it sleeps. The
/// threads watch the flag of the thread that makes the pool; only that thread polls. The thread that asks for a round
/// is number 0. A child of fork() has no other threads, so it does all parts itself.
final class ThreadPool {
    /// The number of threads, including the caller.
    let count: Int
    private let rounds: Rounds
    private let threads: [pthread_t]
    /// The process that has the threads.
    private let process = platform_process()

    /// - Parameter wanted: the number of threads; the pool has fewer if the system gives no more.
    init(count wanted: Int) {
        let rounds = Rounds()
        var threads: [pthread_t] = []
        while threads.count + 1 < wanted {
            var reserve: UnsafeMutableRawPointer?
            guard reserve_make(&reserve) == 0 else { break }
            let worker = Unmanaged.passRetained(
                Worker(
                    number: threads.count + 1, rounds: rounds, cancellation: Cancellation.watched, reserve: reserve))
            var thread = pthread_t()
            let error = platform_start_thread(
                &thread,
                { worker in
                    Unmanaged<Worker>.fromOpaque(worker!).takeRetainedValue().serve()
                    return nil
                }, worker.toOpaque())
            guard error == 0 else {
                worker.release()
                reserve_discard(reserve)
                break
            }
            threads.append(thread)
        }
        self.rounds = rounds
        self.threads = threads
        count = threads.count + 1
    }

    deinit {
        // In a child of fork() the missing threads hold the rounds for ever, and cannot be ended.
        guard platform_process() == process else { return }
        rounds.begin(nil, threads: count)
        for thread in threads { pthread_join(thread, nil) }
    }

    /// Runs one round.
    func run(_ work: any SharedWork) {
        guard platform_process() == process else {
            for thread in 0..<count { work.work(thread: thread, of: count) }
            return
        }
        rounds.begin(work, threads: count)
        work.work(thread: 0, of: count)
        rounds.finish()
    }
}

/// A thread of a pool, other than the caller's.
private final class Worker {
    private let number: Int
    private let rounds: Rounds
    private let cancellation: Cancellation?
    /// Holds its objects when memory runs out.
    private let reserve: UnsafeMutableRawPointer?

    init(number: Int, rounds: Rounds, cancellation: Cancellation?, reserve: UnsafeMutableRawPointer?) {
        self.number = number
        self.rounds = rounds
        self.cancellation = cancellation
        self.reserve = reserve
    }

    func serve() {
        reserve_adopt(reserve)
        defer { reserve_leave() }
        Cancellation.watch(cancellation, polls: false)
        var round = 0
        while true {
            round = rounds.next(after: round)
            guard rounds.work(thread: number) else { return }
            rounds.working.subtract(1, ordering: .releasing)
        }
    }
}

/// What the threads of a pool share.
private final class Rounds: @unchecked Sendable {
    /// How many times a thread looks before it sleeps: about 50 µs.
    private static let patience = 2000

    /// The workers that have not finished the round.
    let working = Atomic<Int>(0)
    private let round = Atomic<Int>(0)
    private let sleepers = Atomic<Int>(0)
    private let mutex = UnsafeMutablePointer<pthread_mutex_t>.allocate(capacity: 1)
    private let awake = UnsafeMutablePointer<pthread_cond_t>.allocate(capacity: 1)
    /// Written before a round begins and after it ends; read in between. Nil: no more rounds.
    private var shared: (any SharedWork)?
    private var threads = 1

    init() {
        pthread_mutex_init(mutex, nil)
        pthread_cond_init(awake, nil)
    }

    deinit {
        pthread_cond_destroy(awake)
        pthread_mutex_destroy(mutex)
        awake.deallocate()
        mutex.deallocate()
    }

    func begin(_ work: (any SharedWork)?, threads: Int) {
        shared = work
        self.threads = threads
        working.store(threads - 1, ordering: .relaxed)
        // Sequentially consistent with the sleepers' count: this thread sees the sleeper, or the sleeper sees the
        // round.
        round.add(1, ordering: .sequentiallyConsistent)
        if sleepers.load(ordering: .sequentiallyConsistent) > 0 {
            pthread_mutex_lock(mutex)
            pthread_cond_broadcast(awake)
            pthread_mutex_unlock(mutex)
        }
    }

    /// Waits for the round after the given one, and returns its number.
    func next(after last: Int) -> Int {
        for _ in 0..<Rounds.patience {
            let now = round.load(ordering: .acquiring)
            if now != last { return now }
            platform_pause()
        }
        pthread_mutex_lock(mutex)
        sleepers.add(1, ordering: .sequentiallyConsistent)
        while round.load(ordering: .sequentiallyConsistent) == last { pthread_cond_wait(awake, mutex) }
        sleepers.subtract(1, ordering: .relaxed)
        pthread_mutex_unlock(mutex)
        return round.load(ordering: .acquiring)
    }

    /// Does a thread's part of the round. Returns whether there was a round. Never inlined: the work must be released
    /// before the thread reports that it has finished.
    @inline(never)
    func work(thread: Int) -> Bool {
        guard let shared else { return false }
        shared.work(thread: thread, of: threads)
        return true
    }

    /// Waits until all workers have finished.
    func finish() {
        var turns = 0
        while working.load(ordering: .acquiring) > 0 {
            turns += 1
            if turns < Rounds.patience { platform_pause() } else { platform_yield() }
        }
        shared = nil
    }
}
