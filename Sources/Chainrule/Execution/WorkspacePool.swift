/// The workspaces that a network lends to calls that bring none, so that any number of threads can predict at once.
///
/// After as many calls as run at the same time, lending allocates nothing.
final class WorkspacePool: @unchecked Sendable {
    /// More are freed on return: threads come and go, memory should not stay for all that ever were.
    private static let capacity = 16

    private let lock = Lock()
    private var idle: [Workspace] = []

    init() { idle.reserveCapacity(WorkspacePool.capacity) }

    /// Runs `body` with a workspace of at least `rows` rows that nobody else uses.
    func withWorkspace(
        plan: Plan, rows: Int, purpose: Workspace.Purpose, _ body: (Workspace) throws(NetworkError) -> Void
    ) throws(NetworkError) {
        let lent = lock.withLock { () -> Workspace? in
            var tooSmall: Int?
            for index in idle.indices where idle[index].purpose == purpose {
                if idle[index].maxRows >= rows { return idle.remove(at: index) }
                tooSmall = index
            }
            // One that is too small makes room for the larger one: rows tend to grow, and the small ones would be left over.
            return tooSmall.map { idle.remove(at: $0) }
        }
        let workspace: Workspace
        if let lent, lent.maxRows >= rows {
            workspace = lent
        } else {
            workspace = try Workspace(plan: plan, maxRows: rows, purpose: purpose)
        }
        defer {
            lock.withLock {
                if idle.count == WorkspacePool.capacity { idle.removeFirst() }
                idle.append(workspace)
            }
        }
        try body(workspace)
    }
}
