import Synchronization

/// A network's own predictor: its parameters packed for prediction, made when predictions repeat.
///
/// To make it takes as long as a few predictions of one row. So only a prediction after several with the same parameters
/// makes it: programs that predict once after each training step never pay for one. A change of the parameters frees
/// it. Its results are those of the network bit for bit, so they do not depend on whether it exists.
///
/// Threads: any number may ask for it at once. One of them makes it; meanwhile the others do without. ``drop()``
/// requires exclusive access to the network, as every change of its parameters does, so nobody uses the copy then.
struct PreparedCopy: ~Copyable {
    /// Networks with more parameters have none: their weights come from main memory, packed or not, and a second copy of
    /// so much is no small matter.
    private static var mostParameters: Int { 1 << 26 }

    /// After so many groups of rows predicted with the same parameters, the next prediction makes the copy. It saves the
    /// same time for each group, of one row or of many.
    static var groupsBefore: Int { 16 }

    private let made = Atomic<UnsafeMutableRawPointer?>(nil)
    /// The groups predicted with the present parameters, until they are enough.
    private let groups = Atomic(0)
    private let isTried = Atomic(false)
    private let isForbidden = Atomic(false)

    init() {}

    /// The copy, if there is one.
    var present: Unmanaged<Predictor>? {
        if isForbidden.load(ordering: .relaxed) { return nil }
        return made.load(ordering: .acquiring).map { Unmanaged.fromOpaque($0) }
    }

    /// The copy for a prediction with the network; nil if the prediction has to do without. Makes it if it is time.
    ///
    /// A lack of memory for it is no error, and is not tried again until the parameters change.
    /// - Parameter groups: how many groups of rows to predict.
    /// - Throws: only ``ChainruleError/Code/cancelled``.
    func request(of network: Network, groups: Int) throws(ChainruleError) -> Unmanaged<Predictor>? {
        if let present { return present }
        if self.groups.load(ordering: .relaxed) < PreparedCopy.groupsBefore {
            self.groups.add(min(groups, PreparedCopy.groupsBefore), ordering: .relaxed)
            return nil
        }
        guard !isTried.load(ordering: .relaxed), !isForbidden.load(ordering: .relaxed), PreparedCopy.helps(network),
            !isTried.exchange(true, ordering: .relaxed)
        else { return nil }
        do throws(ChainruleError) {
            let copy = Unmanaged.passRetained(
                try Predictor(
                    network, precision: .float32, level: network.level, foldsNormalization: false))
            made.store(copy.toOpaque(), ordering: .releasing)
            return copy
        } catch {
            guard error.code == .cancelled else { return nil }
            isTried.store(false, ordering: .relaxed)
            throw error
        }
    }

    /// Frees the copy. The next one is made from the parameters as they are then.
    func drop() {
        // Most steps of training follow one another without a prediction.
        guard groups.load(ordering: .relaxed) > 0 else { return }
        groups.store(0, ordering: .relaxed)
        isTried.store(false, ordering: .relaxed)
        guard let predictor = made.load(ordering: .acquiring) else { return }
        made.store(nil, ordering: .relaxed)
        Unmanaged<Predictor>.fromOpaque(predictor).release()
    }

    /// From now on there is no copy. A present one, which others may be using, stays until ``drop()``.
    func forbid() { isForbidden.store(true, ordering: .relaxed) }

    /// Whether packing helps the network. Custom functions get the same rows in each call whether there is a copy or
    /// not, and may do anything with the network: it has none.
    private static func helps(_ network: Network) -> Bool {
        let nodes = network.architecture.nodes
        return network.parameterCount <= mostParameters && nodes.contains { $0.layer.preparable != nil }
            && !nodes.contains { $0.layer.callsCustomFunctions }
    }
}
