/// Workspaces that a network lends to calls without one, so any number of threads can predict at once. Takes no locks.
/// Allocates only while the number of simultaneous calls, or their rows, still grow.
final class WorkspacePool: @unchecked Sendable {
    private let training = LendingPool()
    private let prediction = LendingPool()
    private let gradients = LendingPool()
    private let tangents = LendingPool()

    init() {}

    deinit {
        for idle in [training, prediction, gradients, tangents] {
            while let workspace = idle.take() { Unmanaged<Workspace>.fromOpaque(workspace).release() }
            idle.deallocate()
        }
    }

    private func idle(_ purpose: Workspace.Purpose) -> LendingPool {
        switch purpose {
        case .training: training
        case .inference: preconditionFailure("the network lends none: a caller who reads h has its own")
        case .prediction: prediction
        case .gradients: gradients
        case .tangents: tangents
        }
    }

    /// Runs `body` with a workspace of at least `rows` rows that nobody else uses.
    func withWorkspace(
        plan: Plan, rows: Int, purpose: Workspace.Purpose, _ body: (Workspace) throws(ChainruleError) -> Void
    ) throws(ChainruleError) {
        let idle = idle(purpose)
        let lent = take(from: idle, rows: rows)
        let workspace = if let lent { lent } else { try Workspace(plan: plan, maxRows: rows, purpose: purpose) }
        defer {
            let lent = Unmanaged.passRetained(workspace)
            if !idle.put(lent.toOpaque()) { lent.release() }
        }
        try body(workspace)
    }

    /// Takes a workspace of at least `rows` rows. Frees one that is too small, to make room for a larger one: rows tend
    /// to grow, and small workspaces would be left over.
    private func take(from idle: LendingPool, rows: Int) -> Workspace? {
        guard let lent = idle.take() else { return nil }
        let workspace = Unmanaged<Workspace>.fromOpaque(lent).takeRetainedValue()
        return workspace.maxRows >= rows ? workspace : nil
    }
}
