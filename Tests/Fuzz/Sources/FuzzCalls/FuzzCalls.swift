import CChainrule
import CFuzzer
import ChainruleC
import FuzzSupport
import Glibc

// Reads any bytes as a sequence of calls with any arguments. Pointers are valid or NULL and their buffers large enough for
// whatever the library may touch after its checks; everything else varies. Nothing may crash or leak, and no call may succeed
// with arguments that its description forbids.

@main enum Fuzzer {
    static func main() {
        var count = CommandLine.argc
        var arguments: UnsafeMutablePointer<UnsafeMutablePointer<CChar>?>? = CommandLine.unsafeArgv
        exit(LLVMFuzzerRunDriver(&count, &arguments, fuzzCalls))
    }
}

@_cdecl("LLVMFuzzerTestOneInput")
public func fuzzCalls(_ data: UnsafePointer<UInt8>?, _ count: Int) -> Int32 {
    var session = Session(ByteReader(UnsafeBufferPointer(start: data, count: count)))
    session.run()
    return 0
}

/// One sequence of calls, and the handles that it has made.
struct Session {
    var reader: ByteReader
    private var networks: [UnsafeMutablePointer<crl_network>] = []
    private var workspaces: [UnsafeMutablePointer<crl_workspace>] = []
    private var optimizers: [UnsafeMutablePointer<crl_optimizer>] = []
    private var predictors: [UnsafeMutablePointer<crl_predictor>] = []
    var trainers: [UnsafeMutablePointer<crl_trainer>] = []
    private var publishers: [UnsafeMutablePointer<crl_publisher>] = []
    let memory = Memory()

    /// Begins with a network of 2 → 3 → 2 that is ready for every call, so that short inputs reach far.
    init(_ reader: ByteReader) {
        self.reader = reader
        var network: UnsafeMutablePointer<crl_network>?
        var workspace: UnsafeMutablePointer<crl_workspace>?
        var optimizer: UnsafeMutablePointer<crl_optimizer>?
        check(crlNetworkCreate(2, &network))
        check(crlNetworkAddDense(network, 3, crl_activation(CRL_TANH), nil))
        check(crlNetworkAddDense(network, 2, crl_activation(CRL_SIGMOID), nil))
        check(crlNetworkBuild(network, 1))
        check(crlWorkspaceCreate(network, 4, crl_purpose(CRL_PURPOSE_TRAINING), &workspace))
        check(crlOptimizerCreate(network, nil, &optimizer))
        networks.append(network!)
        workspaces.append(workspace!)
        optimizers.append(optimizer!)
    }

    mutating func run() {
        for _ in 0..<64 where !reader.isEmpty { step() }
        for network in networks { crlNetworkDestroy(network) }
        for workspace in workspaces { crlWorkspaceDestroy(workspace) }
        for optimizer in optimizers { crlOptimizerDestroy(optimizer) }
        for predictor in predictors { crlPredictorDestroy(predictor) }
        for trainer in trainers { crlTrainerDestroy(trainer) }
        for publisher in publishers { crlPublisherDestroy(publisher) }
    }

    private mutating func step() {
        switch reader.byte() % 41 {
        case 0: create()
        case 1, 2: addDense()
        case 3: addActivation()
        case 4: addMany(crlNetworkAddSum)
        case 5: addMany(crlNetworkAddConcatenation)
        case 6: build()
        case 7: look()
        case 8: createWorkspace()
        case 9: createOptimizer()
        case 10: forward()
        case 11: backward()
        case 12: cost()
        case 13: stepOptimizer()
        case 14: predict()
        case 15: valueAndGradient()
        case 16: fit()
        case 17: createPredictor()
        case 18: predictPrepared()
        case 19: evaluate()
        case 20: createTrainer()
        case 21, 22: fitTrainer()
        case 23: fitSource()
        case 24: partialFit()
        case 25: saveAndLoad()
        case 26: createPublisher()
        case 27: publish()
        case 28: minimize()
        case 29: addNoise()
        case 30: setNoise()
        case 31: setLayer()
        case 32: secondOrderProduct()
        case 33: createCascade()
        case 34: jacobianVectorProduct()
        case 35: vectorJacobianProduct()
        case 36: matrix()
        case 37: checkGradient()
        case 38: scheduleRate()
        case 39: plateauRate()
        default: destroy()
        }
    }

    /// A status is one of the known ones, and an error has a message.
    func check(_ status: crl_status) {
        precondition(strcmp(crlStatusName(status), "CRL_UNKNOWN") != 0)
        let length = strlen(crlErrorMessage())
        precondition(status == CRL_OK || (length > 0 && length <= 511))
    }

    // Handles: mostly those made last, now and then NULL or another kind.

    mutating func network() -> UnsafeMutablePointer<crl_network>? {
        let byte = reader.byte()
        if byte >= 252 { return nil }
        if byte >= 248 { return workspaces.last.map { cast($0) } }
        return pick(networks, byte)
    }

    mutating func workspace() -> UnsafeMutablePointer<crl_workspace>? {
        let byte = reader.byte()
        if byte >= 252 { return nil }
        if byte >= 248 { return optimizers.last.map { cast($0) } }
        return pick(workspaces, byte)
    }

    mutating func optimizer() -> UnsafeMutablePointer<crl_optimizer>? {
        let byte = reader.byte()
        if byte >= 252 { return nil }
        if byte >= 248 { return networks.last.map { cast($0) } }
        return pick(optimizers, byte)
    }

    mutating func predictor() -> UnsafeMutablePointer<crl_predictor>? {
        let byte = reader.byte()
        if byte >= 252 { return nil }
        if byte >= 248 { return networks.last.map { cast($0) } }
        return pick(predictors, byte)
    }

    mutating func trainer() -> UnsafeMutablePointer<crl_trainer>? {
        let byte = reader.byte()
        if byte >= 252 { return nil }
        if byte >= 248 { return optimizers.last.map { cast($0) } }
        return pick(trainers, byte)
    }

    mutating func publisher() -> UnsafeMutablePointer<crl_publisher>? {
        let byte = reader.byte()
        if byte >= 252 { return nil }
        if byte >= 248 { return predictors.last.map { cast($0) } }
        return pick(publishers, byte)
    }

    private func pick<Handle>(_ handles: [Handle], _ byte: UInt8) -> Handle? {
        handles.dropLast(byte < 192 ? 0 : Int(byte) % max(handles.count, 1)).last
    }

    private func cast<From, To>(_ pointer: UnsafeMutablePointer<From>) -> UnsafeMutablePointer<To> {
        UnsafeMutableRawPointer(pointer).assumingMemoryBound(to: To.self)
    }

    private mutating func create() {
        var network: UnsafeMutablePointer<crl_network>?
        let inputs = reader.size()
        check(crlNetworkCreate(inputs, &network))
        guard let network else { return }
        keep(network)
        // Mostly a whole network, which all other calls can then use.
        guard !reader.chance(of: 4) else { return }
        for _ in 0...reader.byte() % 3 { addDense() }
        build()
    }

    mutating func keep(_ network: UnsafeMutablePointer<crl_network>) {
        networks.append(network)
        if networks.count > 4 { crlNetworkDestroy(networks.removeFirst()) }
    }

    /// What memory has room for may be allocated; the fuzzer's memory is no matter of the library's.
    func notJustTooMany(_ rows: UInt) -> UInt { rows >= 1 << 31 && rows <= 1 << 33 ? 1 << 50 : rows }

    private mutating func createWorkspace() {
        var workspace: UnsafeMutablePointer<crl_workspace>?
        let rows = notJustTooMany(reader.size())
        check(crlWorkspaceCreate(network(), rows, reader.enumerator() % 3, &workspace))
        guard let workspace else { return }
        workspaces.append(workspace)
        if workspaces.count > 4 { crlWorkspaceDestroy(workspaces.removeFirst()) }
    }

    private mutating func createOptimizer() {
        var optimizer: UnsafeMutablePointer<crl_optimizer>?
        var options = begun(crlOptimizerOptionsInit, crl_optimizer_options())
        options.method = reader.enumerator() % 13
        options.regularize_biases = reader.enumerator() % 2
        let hyperparameters: [WritableKeyPath<crl_optimizer_options, Float>] = [
            \.learning_rate, \.momentum, \.beta1, \.beta2, \.epsilon, \.growth, \.shrink, \.min_step, \.max_step,
            \.weight_decay, \.l1, \.l2, \.max_norm, \.clip_norm, \.clip_value,
        ]
        // What the method does not take is refused.
        for hyperparameter in hyperparameters where reader.chance(of: 4) {
            options[keyPath: hyperparameter] = reader.float()
        }
        if reader.chance(of: 32) { options.reserved = 1 }
        if reader.chance(of: 32) { options.size = Int(bitPattern: reader.size()) }
        check(crlOptimizerCreate(network(), &options, &optimizer))
        guard let optimizer else { return }
        optimizers.append(optimizer)
        if optimizers.count > 4 { crlOptimizerDestroy(optimizers.removeFirst()) }
    }

    private mutating func createPredictor() {
        var predictor: UnsafeMutablePointer<crl_predictor>?
        check(crlPredictorCreate(network(), reader.enumerator() % 4, &predictor))
        guard let predictor else { return }
        predictors.append(predictor)
        if predictors.count > 4 { crlPredictorDestroy(predictors.removeFirst()) }
    }

    private mutating func createPublisher() {
        var publisher: UnsafeMutablePointer<crl_publisher>?
        let network = network()
        // Predictions later find out the widths no other way.
        guard isNarrow(network) else { return }
        check(crlPublisherCreate(network, reader.enumerator() % 4, &publisher))
        guard let publisher else { return }
        publishers.append(publisher)
        if publishers.count > 4 { crlPublisherDestroy(publishers.removeFirst()) }
    }

    private mutating func destroy() {
        switch reader.byte() % 7 {
        case 0 where !networks.isEmpty: crlNetworkDestroy(networks.removeLast())
        case 1 where !workspaces.isEmpty: crlWorkspaceDestroy(workspaces.removeLast())
        case 2 where !optimizers.isEmpty: crlOptimizerDestroy(optimizers.removeLast())
        case 3 where !predictors.isEmpty: crlPredictorDestroy(predictors.removeLast())
        case 4 where !trainers.isEmpty: crlTrainerDestroy(trainers.removeLast())
        case 5 where !publishers.isEmpty: crlPublisherDestroy(publishers.removeLast())
        default: crlNetworkDestroy(nil)
        }
    }
}
