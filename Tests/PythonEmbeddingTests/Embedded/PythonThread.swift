import Foundation

/// A thread of its own for the interpreter, which has one main thread and wants a deep stack.
final class PythonThread: SerialExecutor, @unchecked Sendable {
    private let condition = NSCondition()
    private var jobs: [UnownedJob] = []

    init() {
        let thread = Thread { self.run() }
        thread.name = "python"
        thread.stackSize = 64 << 20
        thread.start()
    }

    func enqueue(_ job: consuming ExecutorJob) {
        let job = UnownedJob(job)
        condition.withLock {
            jobs.append(job)
            condition.signal()
        }
    }

    private func run() -> Never {
        while true {
            let job = condition.withLock {
                while jobs.isEmpty { condition.wait() }
                return jobs.removeFirst()
            }
            job.runSynchronously(on: asUnownedSerialExecutor())
        }
    }
}

/// What is isolated to this actor runs on the interpreter's thread. The thread keeps the interpreter lock.
@globalActor
actor Python {
    static let shared = Python()

    private let thread = PythonThread()

    nonisolated var unownedExecutor: UnownedSerialExecutor { thread.asUnownedSerialExecutor() }
}
